"""Typed counters and sums that pass the ends of machine words within loops."""


def factorial(n: int) -> int:
    result = 1
    for factor in range(2, n + 1):
        result *= factor
    return result


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def collatz(start: int) -> tuple[int, int]:
    steps, highest, number = 0, start, start
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        highest = max(highest, number)
        steps += 1
    return steps, highest


def summed(start: int, step: int, count: int) -> int:
    total: int = start
    for _ in range(count):
        total += step
    return total


def main() -> None:
    print([factorial(n) for n in (12, 13, 20, 21, 33)])
    print([fibonacci(n) for n in (46, 47, 90, 91, 92, 93, 150)])
    print([collatz(n) for n in (27, 837799, 2**61 - 1, 2**70 + 1)])
    print(summed(2**31 - 5, 1, 10), summed(-(2**31), -1, 3), summed(2**62 - 2, 1, 4))
    print(summed(2**63 - 2, 1, 4), summed(-(2**63) + 1, -1, 3), summed(2**64, -(2**62), 9))
    number, seen = 1, []
    while number < 10**20:
        number = number * -7 + 3
        seen.append(number)
        number = abs(number)
    print(seen)


if __name__ == "__main__":
    main()
