"""Characters outside the first plane, and lone halves of them: lengths, slices, order."""


def main() -> None:
    text = "a\U0001f600b\U0001d4b3c"
    print(len(text), [hex(ord(c)) for c in text], ascii(text[1]), ascii(text[1:4]))
    print(ascii(text[::-1]), ascii(text[-2:]))
    print(text.index("b"), text.find("\U0001d4b3"), text.count("\U0001f600"), "\ud83d" in text)
    print("\U0001f600" in text)
    pair = "\ud83d\ude00"
    print(len(pair), pair == "\U0001f600", ascii(pair + "x"), ascii(pair[0]))
    print(pair.encode("utf-16-le", "surrogatepass").hex())
    print(ascii(pair.encode("utf-16", "surrogatepass").decode("utf-16")), "\uffff" < "\U00010000")
    print("\ud800" < "\ue000")
    print(
        sorted(["\U0001f600", "\uffee", "z", "\u00e9"]) == ["z", "\u00e9", "\uffee", "\U0001f600"]
    )
    print(max(text) == "\U0001f600")
    print(ascii(text.replace("\U0001f600", "!")), ascii(text.upper()))
    print(ascii(text.center(9, "\U0001f600")), text.isascii())
    print([ascii(part) for part in text.split("\U0001d4b3")], ascii("\U0001f600".join("xy")))
    print(ascii(text.partition("b")[0]))
    print("\U0001d7d8".isdigit(), int("\U0001d7d8\U0001d7da"), "\U00010400".lower() == "\U00010428")
    print(ascii("\U00010428".upper()))
    print(ascii(chr(0x10FFFF)), len(chr(0x10FFFF).encode()), ord("\ud800"), ascii("\ud800"))
    print(chr(0xD800) == "\ud800")
    print(ascii("%s|%.2s|%c" % (text[1], text, 0x1F600)), ascii(f"{text:.3}|{text[1]:*^3}"))
    print(ascii("{:>2}".format(text[3])))


if __name__ == "__main__":
    main()
