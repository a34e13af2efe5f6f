"""Scalar integer accumulation over a counting loop, without any container."""

N = 1_500_000
MASK = 0xFFFFFFFF


def sum_to(n: int) -> int:
    total = 0
    for value in range(n):
        total += value
    return total


def sum_mixed(n: int) -> int:
    total = 1
    for value in range(n):
        total = (total * 3 + value) & MASK
    return total


def main() -> None:
    print(sum_to(N), sum_mixed(N))


if __name__ == "__main__":
    main()
