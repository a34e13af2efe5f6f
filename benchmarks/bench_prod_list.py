"""Product reduction over a list of integers, modulo a prime so that it stays in a word."""

SIZE = 10_000
ROUNDS = 430
PRIME = 1_000_000_007


def make_values(n: int) -> list[int]:
    return [(i * 7919) % 1009 + 1 for i in range(n)]


def product(values: list[int], start: int, modulus: int) -> int:
    result = start
    for value in values:
        result = result * value % modulus
    return result


def main() -> None:
    values = make_values(SIZE)
    result = 1
    for round_index in range(ROUNDS):
        values[round_index] += 1
        result = product(values, result, PRIME)
    print(result)


if __name__ == "__main__":
    main()
