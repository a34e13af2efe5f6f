"""Powers of integers: negative exponents and bases, three arguments, and what is refused."""


def power(base: int, exponent: int):
    return base**exponent


def outcome(action):
    try:
        return action()
    except (ValueError, ZeroDivisionError, TypeError) as error:
        return type(error).__name__


def main():
    for base in (-3, -2, -1, 0, 1, 2, 10):
        print(base, [power(base, exponent) for exponent in range(6)])
    print([power(base, -2) for base in (-4, -1, 1, 2)], power(2, -1), type(power(2, 0)).__name__)
    print(-(2**2), (-2) ** 2, 2**3**2, -(2**-1), 2**-(-3), (-1) ** 101)
    print(power(2, 62), power(2, 63), power(-2, 63), power(3, 41), power(7, 90))
    print(pow(3, 200, 1000), pow(3, 200, -1000), pow(-3, 5, 7), pow(3, -1, 7), pow(38, -2, 97))
    print(pow(5, 0, 1), pow(0, 0), pow(0, 0, 7), pow(2**70, 2**20, 2**61 - 1), pow(10, 3, 2**90))
    print(outcome(lambda: pow(2, -1, 4)), outcome(lambda: pow(2, 5, 0)), outcome(lambda: 0**-1))
    print(outcome(lambda: pow(2, 2, 2.0)), outcome(lambda: pow(2.0, 2, 5)))
    total = 1
    for exponent in range(8):
        total **= exponent or 1
        total += exponent
        print(total % 10**12, end=" ")
    print()


if __name__ == "__main__":
    main()
