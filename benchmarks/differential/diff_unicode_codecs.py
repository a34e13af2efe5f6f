"""Encodings there and back: byte order marks, error handlers, surrogates, pieces of characters."""

import codecs


def outcome(action):
    try:
        return ascii(action())
    except UnicodeError as error:
        return f"{type(error).__name__}"


def main():
    text = "a\u00e9\u20ac\U0001f600"
    for name in (
        "utf-8",
        "utf-16-le",
        "utf-16-be",
        "utf-32-le",
        "utf-8-sig",
        "utf-7",
        "unicode-escape",
    ):
        data = text.encode(name)
        print(name, data.hex(), data.decode(name) == text, len(data))
    print(b"\xff\xfea\x00".decode("utf-16"), b"\xfe\xff\x00a".decode("utf-16"))
    print(ascii(b"\xef\xbb\xbfa".decode()))
    for handler in (
        "strict",
        "ignore",
        "replace",
        "backslashreplace",
        "xmlcharrefreplace",
        "namereplace",
    ):
        print(handler, outcome(lambda: text.encode("ascii", handler)))
        print(outcome(lambda: text.encode("latin-1", handler)))
    for data in (
        b"a\xffb",
        b"\xe2\x82",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x9f\x98",
    ):
        print(outcome(lambda: data.decode()), end=" ")
        print(outcome(lambda: data.decode(errors="replace")), end=" ")
        print(outcome(lambda: data.decode(errors="surrogateescape")))
        print(outcome(lambda: data.decode(errors="backslashreplace")))
    lone = "\ud83d"
    print(outcome(lambda: lone.encode()), lone.encode("utf-8", "surrogatepass"))
    print(lone.encode("utf-16-le", "surrogatepass"))
    escaped = b"x\xe9y".decode("ascii", "surrogateescape")
    print(ascii(escaped), escaped.encode("ascii", "surrogateescape"))
    print(outcome(lambda: escaped.encode()))
    decoder = codecs.getincrementaldecoder("utf-8")()
    print([ascii(decoder.decode(bytes([byte]))) for byte in text.encode()])
    print(outcome(lambda: decoder.decode(b"\xe2", True)))
    codecs.register_error("stars", lambda error: ("*" * (error.end - error.start), error.end))
    print("a\u00e9\u00e8b".encode("ascii", "stars"), b"a\xff\xfeb".decode("ascii", "stars"))
    try:
        "ab\u20ac".encode("latin-1")
    except UnicodeEncodeError as error:
        print(error.encoding, error.start, error.end, ascii(error.object), error.reason)


if __name__ == "__main__":
    main()
