"""The plan: what the last build looked at and made, and the warm path that needs no more."""
