"""Actions and their keys: one stage applied to one program, and what it may read."""
