"""Errors through generators: where they are handled, what is the context, what is seen between."""

import sys


def handling(log: list[str]):
    while True:
        try:
            yield "waiting"
        except ValueError as error:
            log.append(f"value {error} {error.__context__!r}")
            yield "handled"
        except LookupError:
            raise RuntimeError("translated") from None


def current():
    return type(sys.exception()).__name__


def across():
    yield current()
    try:
        raise KeyError("inside")
    except KeyError:
        yield current()
        yield current()
    yield current()


def raising_later():
    try:
        yield 1
    finally:
        raise OSError("in finally")


def main() -> None:
    log: list[str] = []
    running = handling(log)
    print(next(running), running.throw(ValueError("v")), next(running))
    try:
        raise TypeError("outside")
    except TypeError:
        print(running.throw(ValueError("w")), next(running), log)
    try:
        running.throw(IndexError("i"))
    except RuntimeError as error:
        print(error, error.__cause__, error.__suppress_context__, type(error.__context__).__name__)
    print(next(running, "over"))
    print([current()] + list(across()) + [current()])
    try:
        raise ValueError("around")
    except ValueError:
        steps = across()
        print(next(steps), current(), next(steps), current())
    print(next(steps), current(), next(steps), current(), sys.exc_info()[0])
    failing = raising_later()
    next(failing)
    try:
        failing.throw(ValueError("first"))
    except OSError as error:
        print(error, "after", repr(error.__context__))
    try:
        for value in (10 // n for n in (5, 0)):
            print(value)
    except ZeroDivisionError:
        print("out of an expression", current())
    print(current())
    try:
        failing.throw(5)
    except TypeError:
        print("no exception")


if __name__ == "__main__":
    main()
