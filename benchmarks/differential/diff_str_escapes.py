"""Literals: escapes, raw text, joined and continued ones, quotes, and what repr makes of them."""


def main() -> None:
    # fmt: off
    texts = ["a", "it's", 'say "x"', "both ' and \"", "tab\t", "nul\0", "\a\b\f\v", "\x7f", "\\"]
    texts += ["\x41\u0042\U00000043\N{DIGIT FOUR}", "\101\60", "a\
b", r"raw\n\x41", R"c:\dir" "\\", "\u00e9\u20ac", "\U0001f600", "\ud800", "\u200b", "\xad", "\r\n"]
    for text in texts:
        print(len(text), ascii(text), ascii(repr(text)))
    print("one" "two" 'three', """a
  b'"c""", '''x"y''', "" "" "", ("a" "b" "c").upper(), len("""
"""), "%s" "%s" % (1, 2), f"{1}" "{2}" f"{3}", "a" r"\b" "c")
    print(b"\x00\xff\n'\"\\", b'it\'s', rb"\x00", b"a" b"b", b"\101", bytes(range(30, 40)), b"\t")
    print("\1\12\123\0123", len("\0\00\000"), "\N{GREEK SMALL LETTER ALPHA}" == "\u03b1", "\\n")
    print("tab|\t|", "no newline at the end", sep="\n", end="\\n\n")


if __name__ == "__main__":
    main()
