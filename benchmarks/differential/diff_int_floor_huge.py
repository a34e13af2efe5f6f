"""Floor division and remainder of huge integers of all signs, as quotient and remainder."""


def floor(a: int, b: int) -> int:
    return a // b


def modulo(a: int, b: int) -> int:
    return a % b


def main() -> None:
    numbers = [2**31, 2**62 - 1, 2**62, 2**63, 2**64 + 1, 10**30 + 7, 3**100]
    divisors = [3, 2**31 - 1, 2**62, 2**63 + 1, 10**15 + 37, 3**99]
    for number in numbers:
        for divisor in divisors:
            for a, b in (
                (number, divisor),
                (-number, divisor),
                (number, -divisor),
                (-number, -divisor),
            ):
                quotient, remainder = divmod(a, b)
                assert quotient * b + remainder == a
                assert (floor(a, b), modulo(a, b)) == (quotient, remainder)
                assert remainder == 0 or (remainder < 0) == (b < 0)
                print(quotient, remainder, end=" ")
        print()
    print(-(2**63) // -1, -(2**62) // -1, (-(2**63)) % -1, -(2**31) // -1, 0 // -5, 0 % -5)


if __name__ == "__main__":
    main()
