"""Iteration over ranges of many shapes: stepped, descending, nested, empty."""

LIMIT = 900
REPEATS = 5


def ascending(limit: int, step: int) -> int:
    total = 0
    for i in range(0, limit, step):
        total += i
    return total


def descending(limit: int, step: int) -> int:
    total = 0
    for i in range(limit, 0, -step):
        total += i
    return total


def triangle(limit: int) -> int:
    count = 0
    for i in range(limit):
        for j in range(i, limit, 2):
            count += i ^ j
    return count


def many_short(limit: int) -> int:
    total = 0
    for i in range(limit):
        for j in range(i % 4):
            total += j
    return total


def main() -> None:
    total = 0
    for _ in range(REPEATS):
        for step in range(1, 61):
            total += ascending(LIMIT * 40, step)
            total += descending(LIMIT * 40, step)
        total += triangle(LIMIT)
        total += many_short(LIMIT * 200)
    print(total)


if __name__ == "__main__":
    main()
