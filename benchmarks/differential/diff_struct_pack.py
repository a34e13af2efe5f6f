"""struct: byte orders, formats, padding, unpacking in a row, ranges."""

import struct


def main() -> None:
    packed = struct.pack("<bHiq", -1, 65535, -2, 2**40)
    print(packed.hex(), len(packed), struct.unpack("<bHiq", packed))
    print(
        struct.pack(">I4s?", 1, b"ab", True).hex(), struct.calcsize(">bhi"), struct.calcsize("<2xH")
    )
    print(
        struct.unpack("<f", struct.pack("<f", 0.1))[0], struct.unpack(">d", bytes(7) + b"\x01")[0]
    )
    header = struct.Struct("!HB")
    stream = b"".join(header.pack(n * 300, n) for n in range(4))
    print(list(header.iter_unpack(stream)), header.size, header.unpack_from(stream, 6))
    buffer = bytearray(8)
    struct.pack_into("<H", buffer, 3, 0xABCD)
    print(bytes(buffer))
    for wrong in (lambda: struct.pack("B", 256), lambda: struct.unpack("<I", b"abc")):
        try:
            print(wrong())
        except struct.error:
            print("error: struct")


if __name__ == "__main__":
    main()
