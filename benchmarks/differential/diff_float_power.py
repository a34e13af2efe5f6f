"""Powers of floats: zero and one, infinities, roots of negative numbers, what overflows."""

import math


def power(base: float, exponent: float):
    return base**exponent


def outcome(action):
    try:
        return action()
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        return type(error).__name__


def main() -> None:
    nan, inf = math.nan, math.inf
    for base in (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, inf, -inf, nan):
        print(base)
        print([outcome(lambda: power(base, e)) for e in (0.0, 1.0, -1.0, 2.0, 3.0, inf, -inf, nan)])
    root = outcome(lambda: power(-8.0, 1 / 3))
    print(type(root).__name__, f"{root:.6f}", type(power(4.0, 0.5)).__name__, power(4.0, 0.5))
    print(outcome(lambda: power(10.0, 400.0)), power(10.0, -400.0))
    print(outcome(lambda: math.pow(-8, 1 / 3)))
    print(outcome(lambda: math.pow(0.0, -1.0)), math.pow(2, 3), type(pow(2, 3)).__name__)
    print(math.pow(1, nan))
    print(2**-1, 2.0**-1, (-2) ** -3, 4**0.5, (-4) ** 2.0, type((-4) ** 0.5).__name__, 0**0.0)
    print(10**-2)
    print(outcome(lambda: 0.0**-2), outcome(lambda: math.sqrt(-1.0)), outcome(lambda: 2.0**2000))
    print(outcome(lambda: math.exp(1000.0)), outcome(lambda: math.log(0.0)), math.exp(-1000.0))


if __name__ == "__main__":
    main()
