"""Numbers of 8, 16, 32 and 64 bits with and without a sign, by masks of unbounded integers."""


def unsigned(value: int, bits: int) -> int:
    return value & ((1 << bits) - 1)


def signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def flipped(value: int, bits: int) -> int:
    return value ^ ((1 << bits) - 1)


def main() -> None:
    for bits in (8, 16, 32, 64):
        edge = 1 << (bits - 1)
        for value in (0, 1, -1, edge - 1, edge, -edge, -edge - 1, 2 * edge, 3 * edge + 5):
            print(bits, value, unsigned(value, bits), signed(value, bits), flipped(value, bits))
    print(-1 & 2**70, -1 | 2**70, -1 ^ 2**70, ~(2**70), ~-1, ~0, -(2**64) & (2**64 - 1))
    print(-(2**63) | 1, -(2**63) ^ -1, 2**63 & -(2**63), -6 & -11, -6 | -11, -6 ^ -11, 6 & -11)
    print((2**31) & 0xFFFFFFFF, -(2**31) & 0xFFFFFFFF, 0x80000000, 0xFFFFFFFFFFFFFFFF, -0x80000000)
    lowest = [value & -value for value in (12, -12, 2**65, -(2**65), 0)]
    print(lowest, [bin(value & (value - 1)) for value in (12, 7, 2**65 + 4)])


if __name__ == "__main__":
    main()
