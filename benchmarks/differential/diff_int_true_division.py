"""True division of integers: rounded once, from numbers that no float holds."""


def ratio(a: int, b: int) -> float:
    return a / b


def outcome(action):
    try:
        return action()
    except (OverflowError, ZeroDivisionError) as error:
        return type(error).__name__


def main():
    pairs = [(1, 3), (-1, 3), (7, 2), (6, 3), (0, 5), (0, -5), (2**53 + 1, 1), (2**53 + 1, 2)]
    pairs += [(10**30, 10**29), (3**200, 3**199), (-(2**64) - 1, 2**64), (10**400, 10**399)]
    pairs += [(2**62 + 1, 2**62), (9007199254740993, 9007199254740992), (1, 10**300), (1, 10**330)]
    for a, b in pairs:
        print(repr(ratio(a, b)), repr(ratio(-a, b)), repr(ratio(a, -b)))
    print(outcome(lambda: 10**400 / 3), outcome(lambda: ratio(1, 0)), outcome(lambda: 0 / 0))
    print(outcome(lambda: float(10**400)), 10**400 // 10**399, -(10**400) // (10**399 + 1))
    value = 10
    value /= 4
    print(value, type(value).__name__, 4 / 2, type(4 / 2).__name__, True / 2, -7 / 2, -7 // 2)


if __name__ == "__main__":
    main()
