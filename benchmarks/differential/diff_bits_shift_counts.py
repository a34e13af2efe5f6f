"""Shifts by counts of every size, by none, and by negative ones."""


def left(value: int, count: int) -> int:
    return value << count


def right(value: int, count: int) -> int:
    return value >> count


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main():
    counts = (0, 1, 14, 15, 29, 30, 31, 32, 59, 60, 61, 62, 63, 64, 65, 127, 128, 200)
    for value in (1, -1, 5, -5, 2**31, -(2**31) - 1, 2**62, -(2**63)):
        print(value, [left(value, count) for count in counts if count < 70])
        print(value, [right(value, count) for count in counts])
        assert all(right(left(value, count), count) == value for count in counts)
        assert all(right(value, count) == value // 2**count for count in counts)
    print(1 << 31, 1 << 32, 1 << 63, 1 << 64, -1 << 63, -1 >> 100, 1 >> 100, 0 << 1000, 3 << 0)
    print(1 >> 2**70, -1 >> 2**70, 0 << 2**70, True << 2, True >> True, False << 9)
    print(outcome(lambda: left(1, -1)), outcome(lambda: right(1, -1)), outcome(lambda: 0 << -1))
    print(outcome(lambda: 1 << 1.0), outcome(lambda: 1.0 >> 1), outcome(lambda: left(-1, -(2**70))))


if __name__ == "__main__":
    main()
