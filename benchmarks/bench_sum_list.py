"""Summing the integers of a list: an explicit reduction loop, and one by index."""

SIZE = 10_000
ROUNDS = 350


def make_values(n: int) -> list[int]:
    return [(i * 7919) % 1009 for i in range(n)]


def sum_values(values: list[int]) -> int:
    total = 0
    for value in values:
        total += value
    return total


def sum_by_index(values: list[int]) -> int:
    total = 0
    for i in range(len(values)):
        total += values[i]
    return total


def main() -> None:
    values = make_values(SIZE)
    total = 0
    for round_index in range(ROUNDS):
        values[round_index] += round_index
        total += sum_values(values)
        total += sum_by_index(values)
    print(total)


if __name__ == "__main__":
    main()
