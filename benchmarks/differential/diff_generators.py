"""Generators: lazy, delegating with yield from, returning a value, closed early."""

from collections.abc import Generator, Iterator


def naturals(log: list[str]) -> Iterator[int]:
    number = 0
    try:
        while True:
            yield number
            number += 1
    finally:
        log.append(f"closed at {number}")


def inner() -> Generator[int, None, str]:
    yield 1
    yield 2
    return "inner result"


def outer() -> Generator[object, None, None]:
    result = yield from inner()
    yield result
    yield from "ab"


def main() -> None:
    log: list[str] = []
    source = naturals(log)
    print(next(source), [next(source) for _ in range(4)], log)
    source.close()
    print(log, list(source), list(outer()))
    lazy = (number * 10 for number in range(3))
    print(next(lazy), list(lazy), list(lazy), sum(x for x in range(5)))
    finished = inner()
    try:
        while True:
            next(finished)
    except StopIteration as stop:
        print("returned", stop.value)


if __name__ == "__main__":
    main()
