"""Bytes by % and as text: formats, repr, hexadecimal there and back."""

import binascii


class Raw:
    def __bytes__(self) -> bytes:
        return b"<raw>"


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, OverflowError) as error:
        return type(error).__name__


def main():
    print(b"%d|%5d|%-5d|%05d|%+d|%x|%#X|%o" % (42, -42, 42, 42, 42, 255, 255, 8))
    print(b"%s|%b|%5s|%-5s|%.2s" % (b"ab", bytearray(b"cd"), b"e", b"f", b"ghi"))
    print(b"%s %b" % (Raw(), memoryview(b"m")))
    print(b"%a|%r|%c|%c|%%" % ("\u00e9", b"x", 65, b"B"), b"%(k)s-%(k)a" % {b"k": b"v"})
    print(b"%f|%.1e|%g" % (1.5, 12345.0, 1e-7))
    print(b"%*d|%-*d|" % (6, 1, 4, 2), bytearray(b"%d") % 5, b"%i %u" % (3.9, True), b"" % ())
    print(b"%s" % b"")
    for wrong in (
        lambda: b"%s" % "text",
        lambda: b"%d" % b"1",
        lambda: b"%s %s" % (b"a",),
        lambda: b"%c" % 256,
        lambda: b"a" % 1,
        lambda: b"%z" % 1,
    ):
        print(outcome(wrong), end=" ")
    print()
    print(bytes.fromhex("00fF 1a\n2B"), bytearray.fromhex(""), b"\x01\xab".hex())
    print(b"\x01\xab\xcd".hex(":"), b"abcdef".hex("_", 4))
    print(outcome(lambda: bytes.fromhex("abc")), outcome(lambda: bytes.fromhex("0x")))
    print(outcome(lambda: bytes.fromhex("\u0661\u0661")))
    print(repr(b"'"), repr(b"\"'"), repr(bytes(range(0, 256, 15))), str(b"ab", "ascii"))
    print(f"{b'x'!r} {bytearray(b'y')}", [b"z"])
    print(binascii.hexlify(b"ab"), binascii.crc32(b"hello"), binascii.b2a_base64(b"\xff\xfe"))
    print(binascii.unhexlify("6162"))


if __name__ == "__main__":
    main()
