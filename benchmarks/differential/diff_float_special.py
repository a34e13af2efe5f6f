"""Infinities, not-a-number, negative zero, and the ends of the range."""

import math
import sys


def main() -> None:
    inf, nan = float("inf"), float("nan")
    print(inf > 1e308, -inf < inf, nan == nan, nan != nan, math.isnan(inf - inf))
    print(-0.0 == 0.0, math.copysign(1.0, -0.0), str(-0.0), 0.0 * -1.0)
    print(1e308 * 10, -1e308 * 10, 5e-324 / 2, sys.float_info.max, sys.float_info.epsilon)
    for text in ("1e3", " 2.5 ", "-inf", "NaN", "1_000.5", "0x1", ""):
        try:
            print(repr(float(text)))
        except ValueError as error:
            print("error:", error)
    for divisor in (0.0, -0.0):
        try:
            print(1.0 / divisor)
        except ZeroDivisionError:
            print("error: division by", divisor)


if __name__ == "__main__":
    main()
