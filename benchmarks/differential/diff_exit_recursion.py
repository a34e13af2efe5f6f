"""Ends by recursion without end; one that is caught before leaves the program usable."""

import sys


def down(level: int) -> int:
    return down(level + 1) + 1


def bounded(level: int) -> int:
    return 0 if level == 0 else bounded(level - 1) + 1


def main() -> None:
    sys.setrecursionlimit(400)
    try:
        down(0)
    except RecursionError:
        print("caught, and", bounded(50))
    down(0)


if __name__ == "__main__":
    main()
