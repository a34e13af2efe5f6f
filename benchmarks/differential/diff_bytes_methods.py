"""Methods of bytes and bytearray: what they take, what they return, where they differ from text."""


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, IndexError) as error:
        return type(error).__name__


def main():
    for data in (b"one,two,,three", bytearray(b"one,two,,three")):
        print(data.split(b",", 1), data.rsplit(b",", 1), data.partition(b","))
        print(data.rpartition(b";"))
        print(data.find(b"o"), data.find(111, 1), data.rfind(b""), data.count(b"t"), data.count(44))
        print(data.index(b"w"))
        print(data.replace(b",", b"", 2), data.upper(), data.title(), data[0], data[:3], data[::-4])
        print(data[-1:])
        print(data.startswith((b"x", b"one")), data.endswith(b"ee"), data.strip(b"eo"))
        print(data.center(18, b"*"))
        print(type(data + b"").__name__, type(b"" + data).__name__, type(data * 2).__name__)
        print(type(data[:2]).__name__)
    print(b" a\tb\n".split(), b"a\r\nb\rc\n".splitlines(), b"\x85x".split(), b"7".zfill(3))
    print(b"-7".zfill(4), b"\tx".expandtabs(4))
    print(b"aB1".swapcase(), b"\xe9".upper(), b"\xe9".isalpha(), b"12".isdigit(), b"a1".isalnum())
    print(b"".isspace(), b"\x80".isascii())
    print(b"".join([b"a", bytearray(b"b"), memoryview(b"c")]), bytearray(b"-").join((b"1", b"2")))
    print(b"ab".hex("-"), b"abcde".hex(" ", -2))
    print(b"prefix.x".removeprefix(b"prefix"), b"x.py".removesuffix(b".py"))
    print(b"abc".translate(None, b"b"), b"\x00" < b"\x01")
    print(outcome(lambda: b"a".find(256)), outcome(lambda: b"a".find("a")))
    print(outcome(lambda: b"a".split("a")), outcome(lambda: b"".join(["a"])))
    print(outcome(lambda: b"abc"[3]), outcome(lambda: b"a" + "b"), outcome(lambda: bytes("a")))
    print(outcome(lambda: bytes([-1])), outcome(lambda: bytes(3.0)))
    print(bytes("h\u00e9", "utf-8"), bytes(range(3)), bytes(3), bytes((n * 2 for n in range(3))))
    print(bytes(b"x"), bytes(), bytes([True]))


if __name__ == "__main__":
    main()
