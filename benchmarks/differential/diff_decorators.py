"""Decorators: with and without arguments, stacked, on classes, keeping names."""

import functools


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("call", function.__name__, args, kwargs)
        return function(*args, **kwargs)

    return wrapper


def repeat(times: int):
    return lambda function: lambda *args: [function(*args) for _ in range(times)]


def tagged(cls):
    cls.tag = cls.__name__.lower()
    return cls


@repeat(2)
@traced
def add(a: int, b: int = 1) -> int:
    return a + b


@tagged
class Thing:
    @staticmethod
    def plain(x: int) -> int:
        return x * 2

    @classmethod
    def named(cls) -> str:
        return cls.__name__

    @traced
    def method(self, x: int) -> int:
        return x + 1


def main() -> None:
    print(add(1), add(2, 3), Thing.tag, Thing.plain(4), Thing.named(), Thing().named())
    print(traced(len)("abc"), traced(main).__name__, Thing.method.__name__)


if __name__ == "__main__":
    main()
