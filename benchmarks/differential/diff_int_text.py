"""Integers from text and back: bases, underscores, spaces, other digits, and what is no number."""


def parsed(text, *base):
    try:
        return int(text, *base)
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main() -> None:
    for text in ("42", " -42\n", "+7", "1_000", "_1", "1_", "1__0", "", "-", "0x1f", "1.0", "007"):
        print(repr(text), parsed(text), end="; ")
    print()
    for text in ("0x1f", "0b101", "0o17", "017", "0", "00", "-0xFF", "0x_f", "0b2", "0x"):
        print(text, parsed(text, 0), end="; ")
    print()
    print(parsed("zz", 36), parsed("101", 2), parsed("0b101", 2), parsed("19", 8), parsed("1", 37))
    print(parsed("1", 1), parsed(10, 10), parsed(None), parsed("\u0663\u0664"), parsed(b"12"))
    print(parsed(bytearray(b"-9")), parsed("\u00b2"), parsed("1\x00"), parsed("\u20095\u2009"))
    for number in (0, -1, 10**18, -(2**63), 2**64, 10**40):
        assert int(str(number)) == number and int(hex(number), 16) == number
        print(number, hex(number), oct(number), bin(number)[-9:], f"{number:,}", f"{number:_x}")
    print(int("9" * 50) + 1, len(str(7**700)), str(-(10**25)), repr(True), str(False))


if __name__ == "__main__":
    main()
