"""Closures: cells shared between functions, late binding, counters."""

from collections.abc import Callable


def counter(start: int) -> tuple[Callable[[], int], Callable[[int], None]]:
    value = start

    def increment() -> int:
        nonlocal value
        value += 1
        return value

    def reset(to: int) -> None:
        nonlocal value
        value = to

    return increment, reset


def main() -> None:
    increment, reset = counter(10)
    other, _ = counter(0)
    print(increment(), increment(), other(), increment())
    reset(100)
    print(increment(), other())
    adders = []
    for amount in range(3):
        adders.append(lambda number, fixed=amount: number + fixed + amount)
    print([adder(10) for adder in adders])
    late = "before"
    show = lambda: late
    late = "after"
    print(show())


if __name__ == "__main__":
    main()
