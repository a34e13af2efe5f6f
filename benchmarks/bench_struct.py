"""Binary records through the struct module: pack, pack_into, unpack_from, iter_unpack."""

import struct

RECORDS = 2_000
ROUNDS = 70
RECORD = struct.Struct("<IhBxd8s")
HEADER = struct.Struct(">HHI")


def encode(count: int, seed: int) -> bytearray:
    buffer = bytearray(RECORD.size * count)
    for i in range(count):
        key = (i * 2654435761 + seed) & 0xFFFFFFFF
        name = b"item%04d" % (i % 10_000)
        RECORD.pack_into(buffer, i * RECORD.size, key, i % 2000 - 1000, i & 0xFF, i * 0.5, name)
    return buffer


def decode(buffer: bytearray) -> int:
    checksum = 0
    for offset in range(0, len(buffer), RECORD.size):
        key, delta, flags, weight, name = RECORD.unpack_from(buffer, offset)
        checksum += (key & 0xFFFF) + delta * flags + int(weight * 2.0) + len(name)
    return checksum


def headers(count: int) -> int:
    packed = b"".join([HEADER.pack(i & 0xFFFF, 7, i * 3) for i in range(count)])
    checksum = 0
    for kind, version, length in HEADER.iter_unpack(packed):
        checksum += kind * version + length
    return checksum


def main() -> None:
    checksum = 0
    for round_index in range(ROUNDS):
        checksum += decode(encode(RECORDS, round_index))
        checksum += headers(RECORDS)
    print(checksum)


if __name__ == "__main__":
    main()
