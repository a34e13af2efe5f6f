"""Inner functions that call themselves and one another, decorators with state, fixed points."""

import functools


def memoized(function):
    known = {}

    @functools.wraps(function)
    def wrapper(*args):
        if args not in known:
            known[args] = function(*args)
        return known[args]

    wrapper.known = known
    return wrapper


def counted(function):
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper


@memoized
@counted
def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def hanoi(count: int) -> list[str]:
    moves: list[str] = []

    def move(n: int, start: str, end: str, spare: str) -> None:
        if n:
            move(n - 1, start, spare, end)
            moves.append(start + end)
            move(n - 1, spare, end, start)

    move(count, "a", "c", "b")
    return moves


def parity(number: int) -> str:
    def even(n: int) -> str:
        return "even" if n == 0 else odd(n - 1)

    def odd(n: int) -> str:
        return "odd" if n == 0 else even(n - 1)

    return even(number)


def walker(tree):
    def walk(node, depth):
        name, *children = node
        yield depth * "." + name
        for child in children:
            yield from walk(child, depth + 1)

    return list(walk(tree, 0))


def main() -> None:
    print(fibonacci(50), len(fibonacci.known), fibonacci.__wrapped__.calls, fibonacci.__name__)
    print(hanoi(3), parity(20), parity(7), walker(("a", ("b", ("c",)), ("d",))))
    fix = lambda f: (lambda x: f(lambda v: x(x)(v)))(lambda x: f(lambda v: x(x)(v)))
    print(fix(lambda self: lambda n: 1 if n == 0 else n * self(n - 1))(10))
    compose = lambda *fs: functools.reduce(lambda f, g: lambda x: g(f(x)), fs)
    print(compose(str, len, lambda n: n + 1)(12345))
    print((lambda f: f(f, 5))(lambda f, n: n and n + f(f, n - 1)))
    curry = lambda f: lambda a: lambda b: lambda c: f(a, b, c)
    print(curry(lambda a, b, c: a + b * c)(1)(2)(3), [*map(curry(max)(1)(5), [2, 9])])


if __name__ == "__main__":
    main()
