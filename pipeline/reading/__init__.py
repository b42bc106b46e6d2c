"""Where documents come from: files, archives, pages and feeds, and what their bytes say."""
