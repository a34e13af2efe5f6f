"""Generators: a plain one, a pipeline of three, recursion by yield from, generator expressions."""

from collections.abc import Iterable, Iterator

COUNT = 50_000
DEPTH = 12
ROUNDS = 10


def count_up(n: int) -> Iterator[int]:
    value = 0
    while value < n:
        yield value
        value += 1


def odd_only(values: Iterable[int]) -> Iterator[int]:
    for value in values:
        if value & 1:
            yield value


def running_total(values: Iterable[int]) -> Iterator[int]:
    total = 0
    for value in values:
        total += value
        yield total


def walk(depth: int, label: int) -> Iterator[int]:
    if depth > 0:
        yield from walk(depth - 1, label * 2)
        yield label
        yield from walk(depth - 1, label * 2 + 1)


def consume(values: Iterable[int]) -> int:
    checksum = 0
    for value in values:
        checksum = (checksum * 31 + value) & 0xFFFFFF
    return checksum


def main() -> None:
    checksum = 0
    for round_index in range(ROUNDS):
        checksum += consume(count_up(COUNT + round_index))
        checksum += consume(running_total(odd_only(count_up(COUNT))))
        checksum += consume(value * value for value in count_up(COUNT))
        checksum += consume(walk(DEPTH, 1))
    print(checksum)


if __name__ == "__main__":
    main()
