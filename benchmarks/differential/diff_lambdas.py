"""Functions as values: lambdas, map, filter, reduce, sorting by them, composition."""

from collections.abc import Callable
from functools import reduce


def compose(*functions: Callable[[int], int]) -> Callable[[int], int]:
    return reduce(lambda f, g: lambda x: g(f(x)), functions, lambda x: x)


def main() -> None:
    print(list(map(lambda x, y: x * y, [1, 2, 3], [4, 5, 6])), list(filter(None, [0, 1, "", "a"])))
    print(compose(lambda x: x + 1, lambda x: x * 10, abs)(-5), compose()(7))
    table = {"add": lambda a, b: a + b, "power": pow, "larger": max}
    print({name: function(2, 5) for name, function in table.items()})
    print((lambda *args, **kwargs: (args, kwargs))(1, k=2), (lambda: None)())
    factorial = lambda n: 1 if n < 2 else n * factorial(n - 1)
    print(factorial(12), sorted([-3, 2, -1], key=lambda x: x * x), callable(len))


if __name__ == "__main__":
    main()
