"""Maximum of a list of integers: by the builtin over windows, and by an explicit loop."""

SIZE = 10_000
WINDOW = 50
ROUNDS = 530


def make_values(n: int, seed: int) -> list[int]:
    values: list[int] = []
    state = seed
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values.append(state % 1_000_003)
    return values


def greatest_by_loop(values: list[int]) -> int:
    best = values[0]
    for value in values:
        if value > best:
            best = value
    return best


def greatest_of_windows(values: list[int], width: int) -> int:
    total = 0
    for start in range(0, len(values), width):
        total += max(values[start : start + width])
    return total


def main() -> None:
    values = make_values(SIZE, 17)
    total = 0
    for round_index in range(ROUNDS):
        values[round_index] ^= round_index
        total += greatest_by_loop(values)
        total += greatest_of_windows(values, WINDOW)
        total += max(values)
    print(total)


if __name__ == "__main__":
    main()
