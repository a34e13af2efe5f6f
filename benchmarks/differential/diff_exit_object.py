"""Ends by SystemExit with an object that is no number: its text goes to standard error."""

import sys


class Reason:
    def __str__(self) -> str:
        return "a reason as an object"

    def __int__(self) -> int:
        return 7


class Leave(SystemExit):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.note = "own class"


def main():
    try:
        raise Leave(Reason())
    except Exception:
        print("never")
    except Leave as error:
        print(error.note, str(error.code), issubclass(Leave, BaseException))
        error.code = ("changed", 1)
        print(error.args[0] is not error.code)
        sys.stdout.flush()
        raise


if __name__ == "__main__":
    main()
