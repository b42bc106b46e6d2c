"""Accuracy and speed beside other extractors, in one run: `make bench`."""
