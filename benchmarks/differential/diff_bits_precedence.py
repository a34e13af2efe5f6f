"""Precedence of bit operators among one another, and beside arithmetic and comparisons."""


def main() -> None:
    a, b, c = 6, 3, 5
    print(a | b & c, (a | b) & c, a ^ b | c, a ^ (b | c), a & b ^ c, a & (b ^ c))
    print(a << 1 + b, (a << 1) + b, a + b << 1, a << b >> 1, a << (b >> 1), 1 << 2 << 3)
    print(~a + 1, ~(a + 1), -a & 0xF, -(a & 0xF), ~(a**2), (~a) ** 2, -~a, ~-a, ~~a)
    print(-(2**2), 2**-1, 2**~-1, -(2 ** (-(2**1))), 2 + 3 * 4**2 // 5 % 7, 7 // 2 * 2, 7 * 2 // 4)
    print(a & 1 == 0, (a & 1) == 0, a | b == b, (a | b) == b, not a & 1, not (a & 1) == 0)
    print(1 < 2 & 3, (1 < 2) & 3, 1 if a & 8 else 2, a and b | c, a or b & 0, not a | b)
    print(a - b - c, a - (b - c), 64 >> 2 >> 1, 64 >> (2 >> 1), 100 // 7 // 2, 2**3**0, -7 % 3 * 2)
    print([a, b, c][a & b - 2], {a | b: "key"}[7], (lambda x: x ^ x << 1)(5), a ^ b ^ a == b)


if __name__ == "__main__":
    main()
