"""Text beyond ASCII: lengths, case, code points, encodings and their errors."""

import unicodedata


def main() -> None:
    words = ["naïve", "Straße", "日本語", "😀 smile", "e\u0301", "ΟΔΟΣ"]
    for word in words:
        print(len(word), ascii(word.upper()), ascii(word.lower()), ascii(word[::-1]))
        print(
            [ord(letter) for letter in word][:4], len(word.encode()), len(word.encode("utf-16-le"))
        )
    print(len(unicodedata.normalize("NFC", words[4])), ascii(sorted(words)))
    print("naïve".encode("ascii", "replace"), "naïve".encode("ascii", "xmlcharrefreplace"))
    print(ascii(b"caf\xe9".decode("latin-1")), ascii(b"caf\xe9".decode("utf-8", "replace")))
    try:
        b"\xff".decode("utf-8")
    except UnicodeDecodeError as error:
        print("error:", error.reason, error.start)


if __name__ == "__main__":
    main()
