"""What is the context and the cause of an error, after handling, nesting and raising again."""

import sys


def chain(error) -> list[str]:
    found = []
    while error is not None:
        found.append(f"{type(error).__name__}({', '.join(map(repr, error.args))})")
        if error.__cause__ is not None:
            found.append("from")
            error = error.__cause__
        else:
            error = None if error.__suppress_context__ else error.__context__
    return found


def explicit():
    try:
        raise ValueError("low")
    except ValueError as error:
        raise KeyError("high") from error


def implicit():
    try:
        explicit()
    except KeyError:
        [].pop()


def hidden():
    try:
        implicit()
    except IndexError:
        raise RuntimeError("clean") from None


def by_class():
    raise OSError from ValueError


def again():
    try:
        raise ValueError("again")
    except ValueError as error:
        try:
            raise KeyError("between")
        except KeyError:
            raise error


def handled_before():
    try:
        raise ValueError("handled")
    except ValueError:
        pass
    raise TypeError("alone")


def in_function(error):
    raise error


def main():
    for action in (explicit, implicit, hidden, by_class, again, handled_before):
        try:
            action()
        except Exception as error:
            print(action.__name__, chain(error), repr(error.__context__))
    try:
        try:
            raise ValueError("a")
        except ValueError as first:
            in_function(first)
    except ValueError as error:
        print(error.__context__, chain(error))
    print(sys.exc_info() == (None, None, None), sys.exception())
    try:
        raise ValueError("x")
    except ValueError:
        try:
            raise KeyError("y")
        except KeyError:
            print(repr(sys.exception()))
        print(repr(sys.exception()), sys.exc_info()[0].__name__)
    print(sys.exception())
    for cause in (5, "text"):
        try:
            raise ValueError from cause
        except TypeError:
            print("no cause", end=" ")
    error = KeyError("made")
    error.__cause__ = ValueError("set")
    error.__context__ = OSError("other")
    print(chain(error), error.__suppress_context__, error.with_traceback(None) is error)


if __name__ == "__main__":
    main()
