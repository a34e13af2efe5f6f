"""A module of the project that every program may import."""

LIMIT = 2000


def clamp(n):
    if n > LIMIT:
        return LIMIT
    return n
