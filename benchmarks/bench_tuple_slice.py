"""Slicing tuples: sliding windows, head and tail, strides, and reversal."""

SIZE = 400
ROUNDS = 450


def windows(values: tuple[int, ...], width: int) -> int:
    total = 0
    for start in range(len(values) - width):
        window = values[start : start + width]
        total += window[0] - window[-1]
    return total


def head_and_tail(values: tuple[int, ...]) -> int:
    total = 0
    while values:
        total += values[0] * len(values)
        values = values[1:]
    return total


def records(rows: list[tuple[int, int, int, int, int]]) -> int:
    total = 0
    for row in rows:
        key = row[:2]
        value = row[2:]
        total += key[1] * value[0] + row[::2][1] - row[::-1][0] + len(row[1:-1])
    return total


def main() -> None:
    values = tuple(i * 13 % 97 for i in range(SIZE))
    rows = [(i, i + 1, i + 2, i + 3, i + 4) for i in range(SIZE)]
    checksum = 0
    for round_index in range(ROUNDS):
        checksum += windows(values, 3 + round_index % 5) + windows(values, 40)
        checksum += head_and_tail(values[round_index % 100 :])
        checksum += records(rows)
    print(checksum)


if __name__ == "__main__":
    main()
