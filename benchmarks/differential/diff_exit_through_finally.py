"""Ends by an error that passes handlers, finally, with, a generator and a callback."""

import functools


class Manager:
    def __enter__(self) -> "Manager":
        print("enter")
        return self

    def __exit__(self, kind, error, trace) -> None:
        print("leave", kind.__name__)


def numbers():
    try:
        yield 1
        yield 0
    finally:
        print("generator closed")


def divided(number: int) -> float:
    if number == 0:
        raise ArithmeticError("a zero among the numbers")
    return 1 / number


def main() -> None:
    try:
        with Manager():
            try:
                print(functools.reduce(lambda total, n: total + divided(n), numbers(), 0.0))
            except LookupError:
                print("never")
            else:
                print("never")
            finally:
                print("inner finally")
    except (ValueError, TypeError):
        print("never")
    finally:
        print("outer finally")


if __name__ == "__main__":
    main()
