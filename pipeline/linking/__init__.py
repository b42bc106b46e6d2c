"""From claims to figures: what two claims have in common, and what a later one does to an earlier."""
