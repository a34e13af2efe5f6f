"""bytes: literals, slicing, methods, hexadecimal text, translation, errors."""


def main() -> None:
    data = b"\x00abc\xff" + bytes([65, 66]) + bytes(2)
    print(data, len(data), data[0], data[-3], data[1:4], data[::-1])
    print(data.hex(), data.hex(":", 2), bytes.fromhex("de ad be ef"), list(b"AZ"))
    print(b"a,b,c".split(b","), b"-".join([b"x", b"y"]), b"Hello".swapcase(), b"abc".find(b"c"))
    print(
        b"mississippi".translate(bytes.maketrans(b"is", b"ox"), b"p"), b"ab" < b"abc", 97 in b"abc"
    )
    print(b"%d %s %x" % (5, b"six", 255), b"x" * 3, b"a" + b"b", b"tail\n".rstrip())
    for action in (lambda: bytes([256]), lambda: b"a" + "b", lambda: bytes(-1)):
        try:
            print(action())
        except (ValueError, TypeError) as error:
            print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
