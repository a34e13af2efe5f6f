"""Sums, floor division, remainders and powers of floats, printed exactly."""

import math


def main() -> None:
    print(0.1 + 0.2, 0.1 + 0.7, 0.1 * 3, math.fsum([0.1] * 10), 1e16 + 1 - 1e16)
    for a in (7.5, -7.5):
        for b in (2.0, -2.0):
            print(a, b, a // b, a % b, divmod(a, b), math.fmod(a, b), math.remainder(a, b))
    print(2**0.5, 2.0**-3, (-8) ** 2, 10**-2, 0.0**0, 2**-1)
    print((0.75).as_integer_ratio(), (0.1).hex(), float.fromhex("0x1.8p+1"))
    print(int(2.9), int(-2.9), math.floor(-2.1), math.ceil(-2.9), math.trunc(-2.5))
    print(3 / 2, 4 / 2, 10**20 / 3, 1 == 1.0, hash(1) == hash(1.0), 2**53 == float(2**53 + 1))


if __name__ == "__main__":
    main()
