"""Building and unpacking tuples: multiple returns, swaps, tuples in a list, tuples as keys."""

COUNT = 40_000
ROUNDS = 8


def divide(value: int, by: int) -> tuple[int, int]:
    return value // by, value % by


def multiple_returns(n: int) -> int:
    total = 0
    for i in range(n):
        quotient, remainder = divide(i, 7)
        total += quotient ^ remainder
    return total


def rotate_three(n: int) -> int:
    a, b, c = 1, 2, 3
    for i in range(n):
        a, b, c = b, (c + i) & 0xFFFF, a
    return a + b * 3 + c * 5


def pack_rows(n: int) -> list[tuple[int, int, int]]:
    return [(i, i & 15, i * 5) for i in range(n)]


def unpack_rows(rows: list[tuple[int, int, int]]) -> int:
    total = 0
    for key, group, value in rows:
        total += key + group * value
    return total


def group_rows(rows: list[tuple[int, int, int]]) -> int:
    groups: dict[tuple[int, int], int] = {}
    for key, group, value in rows:
        pair = (key & 31, group)
        groups[pair] = groups.get(pair, 0) + value
    return len(groups) + groups[(17, 1)]


def main() -> None:
    checksum = 0
    for round_index in range(ROUNDS):
        rows = pack_rows(COUNT + round_index)
        checksum += multiple_returns(COUNT) + rotate_three(COUNT)
        checksum += unpack_rows(rows) + group_rows(rows)
    print(checksum)


if __name__ == "__main__":
    main()
