"""Case of letters that have no simple one: sharp s, ligatures, sigma, dotted i, titles."""


def each_upper(text: str) -> list[str]:
    return [letter.upper() for letter in text]


def each_lower(text: str) -> str:
    result = ""
    for letter in text:
        result += letter.lower()
    return result


def main() -> None:
    words = [
        "stra\u00dfe",
        "\ufb01ne",
        "\u0149a",
        "\u01c6x",
        "\u0130I",
        "\u0131i",
        "\u03a3\u03a3",
        "\u03b1\u03c3",
        "\u1f80",
        "\u00b5",
    ]
    for word in words:
        print(ascii(word.upper()), ascii(word.lower()), ascii(word.title()))
        print(ascii(word.capitalize()))
        print(ascii(word.swapcase()), ascii(word.casefold()), [ascii(c) for c in each_upper(word)])
        print(ascii(each_lower(word)))
    print("\u00df".isupper(), "\u01c5".istitle(), "\u2167".isupper(), "\u2177".upper() == "\u2167")
    print("\u00aa".islower())
    print("\u039f\u03a3".lower() == "\u03bf\u03c2", "\u03a3".lower() == "\u03c3")
    print(ascii("A\u03a3.B\u03a3".lower()))
    print("\u00df".casefold() == "SS".casefold(), "\u00df".lower() == "ss", "\u212a".lower() == "k")
    print(len("\u00df".upper()))
    letter = "\u00df"
    print(letter.upper(), letter.title(), letter.lower() == letter, letter.upper().lower())
    print(len("\u0390".upper()))
    print("they're o'neil 3rd x_y".title(), "ABC dEF".capitalize())
    print("\u01c6A".capitalize() == "\u01c5a", "1a".istitle(), "A1B".istitle())


if __name__ == "__main__":
    main()
