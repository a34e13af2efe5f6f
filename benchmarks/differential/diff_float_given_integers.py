"""Integers where floats are declared stay integers, and floats where integers are."""


def halved(value: float):
    return value / 2


def floored(value: float):
    return value // 2


def same(value: float):
    return value


def doubled(number: float) -> float:
    result: float = number
    result *= 2
    return result


def rooted(value: float):
    return value**0.5


def default(value: float = 3):
    return value


class Scale:
    factor: float = 2

    def __init__(self, offset: float) -> None:
        self.offset = offset

    def apply(self, value: float):
        return value * self.factor + self.offset


def main() -> None:
    print(halved(3), floored(7), floored(7.0), same(5), same(True), doubled(4), doubled(4.0))
    print(same(2**53 + 1), doubled(2**60 + 1), floored(-(10**30)), default(), default(4))
    print(rooted(4), type(rooted(-4)).__name__, type(rooted(4.0)).__name__)
    print(Scale(1).apply(3), Scale(1.0).apply(3), Scale(0).factor, [same(n) for n in (1, 1.0)])
    values: list[float] = [1, 2.0, 3]
    total: float = 0
    for value in values:
        total += value
    print(values, total, type(values[0]).__name__, f"{same(1)} {same(1)!r} {same(1):.1f}")


if __name__ == "__main__":
    main()
