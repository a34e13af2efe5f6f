"""Big integers: powers, modular powers, roots, greatest divisors, text and back."""

import math


def main() -> None:
    big = 3**200 + 7
    text = str(big)
    print(text, int(text) == big, len(text), sum(map(int, text)))
    print(pow(7, 10**12, 1_000_003), pow(3, -1, 11))
    print(math.gcd(2**120 - 1, 2**84 - 1), math.lcm(12, 18, 27), math.isqrt(10**41))
    print(big % 10**9, big // 10**80, -big // 10**80, int("-ff", 16), int("z9", 36))
    print(math.factorial(30), math.comb(60, 30), math.perm(9, 4))
    print(int.from_bytes((1000).to_bytes(4, "little"), "big"))


if __name__ == "__main__":
    main()
