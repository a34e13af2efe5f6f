"""The value of a chain of comparisons: the first false one, and nothing behind it."""


class Number:
    def __init__(self, value: int, log: list[str]) -> None:
        self.value, self.log = value, log

    def __lt__(self, other: "Number"):
        self.log.append(f"{self.value}<{other.value}")
        return Answer(self.value < other.value, self.log)


class Answer:
    def __init__(self, truth: bool, log: list[str]) -> None:
        self.truth, self.log = truth, log

    def __bool__(self) -> bool:
        self.log.append(f"bool {self.truth}")
        return self.truth

    def __repr__(self) -> str:
        return f"Answer({self.truth})"


def main() -> None:
    log: list[str] = []
    one, two, three = (Number(value, log) for value in (1, 2, 3))
    print(one < two < three, log)
    log.clear()
    print(two < one < three, log)
    log.clear()
    print((one < two) and (three < two), log)
    log.clear()
    print(not one < two, "then" if two < three < one else "else", log)
    log.clear()
    steps = iter(range(10))
    print(next(steps) < next(steps) < next(steps) > next(steps) < next(steps), next(steps))
    count = 0
    while 0 <= (count := count + 1) < 4 != 3:
        pass
    print(count, [n for n in range(9) if 2 <= n < 7 != n != 4], 1 < 3 in [3] is not None)
    assert 1 < 2 < 3, "never"
    x = y = None
    print(x is y is None, x is None is not y, 3 > 2 == 1, (3 > 2) == 1, 1 == 1 in [True], 0 < 1 > 0)


if __name__ == "__main__":
    main()
