"""Chained comparisons: each operand once, left to right, and no further than needed."""


def seen(value: int, log: list[int]) -> int:
    log.append(value)
    return value


def main() -> None:
    for triple in ((1, 2, 3), (3, 2, 1), (1, 1, 2), (2, 3, 1)):
        log: list[int] = []
        a, b, c = triple
        print(seen(a, log) < seen(b, log) < seen(c, log), log)
        log.clear()
        print(seen(a, log) <= seen(b, log) != seen(c, log) > 0, log)
    value = 5
    print(1 < value < 10 == 10, 1 < value in (5, 6), value is value is not None)
    print([1, 2] < [1, 3] < [2], (1, "b") > (1, "a") > (0, "z"), {1} < {1, 2} <= {1, 2})


if __name__ == "__main__":
    main()
