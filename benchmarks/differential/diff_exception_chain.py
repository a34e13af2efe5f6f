"""Raising: chains by from and by context, re-raising, own classes, notes, tuples."""


class AppError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def convert(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise AppError(2, f"bad number {text!r}") from error


def main() -> None:
    try:
        convert("x1")
    except AppError as error:
        print(error, error.code, error.args, type(error.__cause__).__name__)
    try:
        try:
            [].pop()
        except IndexError:
            {}["missing"]
    except KeyError as error:
        print(error, type(error.__context__).__name__, error.__cause__, error.__suppress_context__)
    for wrong in (lambda: None.x, lambda: 1 + "1", lambda: [1][2], lambda: int("9" * 3 + "z")):
        try:
            wrong()
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            print(type(error).__name__, isinstance(error, Exception))
    try:
        try:
            raise AppError(3, "inner")
        except AppError as error:
            error.add_note("a note")
            raise
    except AppError as error:
        print(error.code, error.__notes__)
    try:
        raise ValueError from None
    except ValueError as error:
        print(repr(error), error.__suppress_context__)


if __name__ == "__main__":
    main()
