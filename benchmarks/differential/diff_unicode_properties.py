"""What kind of character it is: digits, numbers, letters, spaces, categories, names, widths."""

import unicodedata


def main() -> None:
    letters = [
        "5",
        "\u0665",
        "\u00b2",
        "\u2460",
        "\u00bd",
        "\u4e09",
        "a",
        "\u00e9",
        "\u4e2d",
        "_",
        "\u200d",
        "\u00a0",
        "\u2028",
        "\x1f",
        "\u0301",
    ]
    for letter in letters:
        tests = (
            letter.isdecimal(),
            letter.isdigit(),
            letter.isnumeric(),
            letter.isalpha(),
            letter.isalnum(),
            letter.isspace(),
            letter.isprintable(),
            letter.isidentifier(),
        )
        print(ascii(letter), "".join("01"[test] for test in tests), unicodedata.category(letter))
        print(unicodedata.combining(letter))
        print(unicodedata.name(letter, "no name"), unicodedata.numeric(letter, None))
        print(unicodedata.decimal(letter, -1), unicodedata.east_asian_width(letter))
    print(ascii(unicodedata.lookup("SNOWMAN")), unicodedata.bidirectional("\u05d0"))
    print(unicodedata.mirrored("("))
    print("".isprintable(), "".isascii(), "".isalpha(), "a\u00e9".isascii(), "a b".isprintable())
    print("\n".isprintable())
    print("\u0665".isdigit() and int("\u0665"), float("\u0661\u0662"), "if".isidentifier())
    print("\u00e9t\u00e9".isidentifier(), "1a".isidentifier())
    print(repr("\u00a0\u200b\ue000x"), ascii("\u00e9\u0378"), [c.isupper() for c in "aA1\u00c9"])
    print("\u00c9".islower())


if __name__ == "__main__":
    main()
