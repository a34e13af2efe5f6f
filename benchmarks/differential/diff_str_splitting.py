"""split, rsplit, splitlines, partition and join: limits, runs, ends, and separators."""


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main():
    text = "  one  two three "
    for limit in (-1, 0, 1, 2, 9):
        print(limit, text.split(None, limit), text.rsplit(None, limit), text.split(" ", limit))
    print("".split(), "".split(","), "   ".split(), ",".split(","), ",,a,".split(","))
    print("a--b---c".split("--"))
    print("a\tb\nc\x0bd\x1ce\x85f\u2003g".split(), "a\u00a0b".split())
    print("a\u200bb".split() == ["a\u200bb"])
    print("a\nb\r\nc\rd\x0be\x0cf\x1cg\x85h\u2028i".splitlines(), "a\n\nb\n".splitlines())
    print("\n".splitlines())
    print("a\r\nb\n".splitlines(keepends=True), "".splitlines(), "x".splitlines())
    print("a\n\r".splitlines(True))
    print("a.b.c".partition("."), "a.b.c".rpartition("."), "abc".partition("."))
    print("abc".rpartition("."))
    print(outcome(lambda: "abc".split("")), outcome(lambda: "abc".partition("")))
    print(outcome(lambda: "a".split(1)))
    print(",".join([]), ",".join(["a"]), ",".join("abc"), "".join(("x", "y")), "ab".join("12"))
    print("-".join({"k": 1}))
    print(outcome(lambda: ",".join(["a", 1])), outcome(lambda: "".join(None)))
    print(", ".join(str(n) for n in range(3)))
    print(" a b ".strip(), "xyaxy".strip("yx"), "aaa".strip("a"), "abc".lstrip("cba"))
    print("a b".rstrip("b "), "abc".strip(""))
    print("www.site.com".lstrip("w."), "test.py".rstrip(".py"), "test.py".removesuffix(".py"))
    print("\u2003x\u3000".strip())


if __name__ == "__main__":
    main()
