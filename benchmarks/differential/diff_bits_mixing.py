"""Hashes and generators of fixed width: rotations, products and sums that wrap by masks."""

MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF


def rotate(value: int, count: int) -> int:
    return ((value << count) | (value >> (32 - count))) & MASK32


def fnv(data: bytes) -> int:
    state = 0xCBF29CE484222325
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & MASK64
    return state


def xorshift(state: int) -> int:
    state ^= (state << 13) & MASK64
    state ^= state >> 7
    return state ^ (state << 17) & MASK64


def crc(data: bytes) -> int:
    state = MASK32
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0xEDB88320 & -(state & 1))
    return state ^ MASK32


def main() -> None:
    print([rotate(0x80000001, count) for count in (1, 4, 16, 31)], fnv(b""), fnv(b"molt"))
    print(f"{crc(b'123456789'):08x}", crc(b""), crc(bytes(range(256))))
    state, seen = 88172645463325252, []
    for _ in range(8):
        state = xorshift(state)
        seen.append(state)
    print(seen)
    seed = 12345
    values = []
    for _ in range(6):
        seed = (seed * 1103515245 + 12345) % 2**31
        values.append(seed >> 16 & 0x7FFF)
    print(values, sum(value.bit_count() for value in seen), seed)


if __name__ == "__main__":
    main()
