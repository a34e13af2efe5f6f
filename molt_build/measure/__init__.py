"""Running programs, timing them, and saying what the times allow to say."""
