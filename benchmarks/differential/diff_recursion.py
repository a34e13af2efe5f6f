"""Recursion: mutual, deep, on trees, with memory, and without end."""

from functools import cache


def is_even(n: int) -> bool:
    return n == 0 or is_odd(n - 1)


def is_odd(n: int) -> bool:
    return n != 0 and is_even(n - 1)


def ackermann(m: int, n: int) -> int:
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))


@cache
def ways(amount: int, coin: int) -> int:
    if amount == 0:
        return 1
    return sum(ways(amount - c, c) for c in (1, 2, 5, 10) if c <= min(amount, coin))


def permutations(items: list[str]) -> list[list[str]]:
    if not items:
        return [[]]
    rests = [(x, permutations(items[:i] + items[i + 1 :])) for i, x in enumerate(items)]
    return [[x, *rest] for x, found in rests for rest in found]


def main() -> None:
    print(is_even(100), is_odd(77), ackermann(2, 6), ways(60, 10))
    print(["".join(found) for found in permutations(list("abc"))])


if __name__ == "__main__":
    main()
