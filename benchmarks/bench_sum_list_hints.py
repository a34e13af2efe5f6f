"""The work of bench_sum_list with every local annotated, for compilers that use local hints."""

SIZE: int = 10_000
ROUNDS: int = 360


def make_values(n: int) -> list[int]:
    values: list[int] = [(i * 7919) % 1009 for i in range(n)]
    return values


def sum_values(values: list[int]) -> int:
    total: int = 0
    value: int
    for value in values:
        total += value
    return total


def sum_by_index(values: list[int]) -> int:
    size: int = len(values)
    total: int = 0
    i: int
    for i in range(size):
        total += values[i]
    return total


def main() -> None:
    values: list[int] = make_values(SIZE)
    total: int = 0
    round_index: int
    for round_index in range(ROUNDS):
        values[round_index] += round_index
        total += sum_values(values)
        total += sum_by_index(values)
    print(total)


if __name__ == "__main__":
    main()
