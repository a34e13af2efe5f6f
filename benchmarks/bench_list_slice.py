"""List slices: windows, copies, strides, reversal, and assignment to a slice."""

SIZE = 2_000
ROUNDS = 180


def windows(values: list[int], width: int) -> int:
    total = 0
    for start in range(len(values) - width):
        window = values[start : start + width]
        total += window[0] + window[width - 1]
    return total


def halves(values: list[int]) -> int:
    total = 0
    while len(values) > 1:
        middle = len(values) // 2
        total += values[middle:][0] + len(values[::2]) + values[::-1][0]
        values = values[:middle]
    return total


def rotate(values: list[int], amount: int) -> list[int]:
    return values[amount:] + values[:amount]


def overwrite(values: list[int], width: int) -> int:
    for start in range(0, len(values) - 2 * width, width):
        values[start : start + width] = values[start + width : start + 2 * width]
    return values[0]


def main() -> None:
    values = list(range(SIZE))
    checksum = 0
    for round_index in range(ROUNDS):
        checksum += windows(values, 8) + windows(values, 64)
        for shift in range(20):
            checksum += halves(rotate(values, shift))
        checksum += overwrite(values, 10)
        values[round_index] += round_index
    print(checksum)


if __name__ == "__main__":
    main()
