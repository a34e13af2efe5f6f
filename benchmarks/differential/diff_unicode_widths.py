"""Text of one, two and four bytes a character, joined, searched and compared with one another."""


def widened(text: str, letter: str) -> str:
    return text + letter


def main() -> None:
    narrow, latin, wide, astral = "ab", "a\u00e9", "a\u0394", "a\U0001f600"
    texts = [narrow, latin, wide, astral]
    for one in texts:
        print([ascii(one + other) for other in texts], [one < other for other in texts])
        print([ascii(one.replace("a", other)) for other in texts])
        print([one.find(other[1]) for other in texts])
    joined = "|".join(texts)
    print(ascii(joined), len(joined), ascii(joined[3:5]), joined[:2] == narrow)
    print([ascii(c) for c in joined.split("a")])
    shrunk = joined.replace("\U0001f600", "c").replace("\u0394", "c").replace("\u00e9", "c")
    print(shrunk, shrunk.isascii(), shrunk == "ab|ac|ac|ac", hash(shrunk) == hash("ab|ac|ac|ac"))
    print(shrunk in {"ab|ac|ac|ac"})
    grown = ""
    for letter in ("x", "\u00ff", "\u0100", "\uffff", "\U00010000"):
        grown = widened(grown, letter)
        print(len(grown), ascii(grown), ascii(max(grown)), grown.index(letter))
    print(ascii(grown.translate({0x10000: "y", 0xFFFF: None})), ascii(grown[::2]))
    print(ascii(grown * 2)[-12:], "\u00ff" in grown[1:2])
    print("\u00e9" < "\u0394" < "\uffff" < "\U00010000", sorted(grown) == list(grown))
    print(ascii(grown.rjust(7, "\u0394")))


if __name__ == "__main__":
    main()
