"""Ends by sys.exit without a status, which is success; what was registered for the end is run."""

import atexit
import sys


def last(*words: str, end: str = "") -> None:
    print("at exit", *words, end)


def main() -> None:
    atexit.register(last, "registered first")
    atexit.register(last, "registered", "second", end="!")
    atexit.register(print, "removed")
    atexit.unregister(print)
    try:
        print("before")
        sys.exit()
    except SystemExit as error:
        print("code", error.code)
        raise
    finally:
        print("finally")


if __name__ == "__main__":
    main()
