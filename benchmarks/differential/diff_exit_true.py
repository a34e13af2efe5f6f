"""Ends by sys.exit with a truth value, which is a number; zero and None would be success."""

import sys


def codes():
    found = []
    for code in (None, 0, 1, False, "text", (1, 2), 2.5):
        try:
            sys.exit(code)
        except SystemExit as error:
            found.append((error.code, error.args))
    for raised in (SystemExit, SystemExit(), SystemExit(1, 2)):
        try:
            raise raised
        except SystemExit as error:
            found.append((error.code, error.args))
    return found


def main():
    print(codes())
    sys.exit(1 < 2)


if __name__ == "__main__":
    main()
