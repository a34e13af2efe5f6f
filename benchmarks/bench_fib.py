"""Recursive Fibonacci: function calls, small integer compare and add."""

N = 30
ROUNDS = 2


def fib(n: int) -> int:
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main() -> None:
    total = 0
    for round_index in range(ROUNDS):
        total += fib(N - round_index)
    print(total)


if __name__ == "__main__":
    main()
