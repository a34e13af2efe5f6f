"""Ends by sys.exit with a status; finally and with are run on the way, and nothing behind it."""

import sys
from contextlib import contextmanager


@contextmanager
def noted(name: str):
    print("enter", name)
    try:
        yield
    finally:
        print("leave", name)


def deep(level: int) -> None:
    try:
        if level == 0:
            sys.exit(3)
        deep(level - 1)
    except Exception:
        print("never: it is no Exception")
    finally:
        print("finally", level)


def main() -> None:
    with noted("a"), noted("b"):
        deep(2)
    print("never")


if __name__ == "__main__":
    main()
