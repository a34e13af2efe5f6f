"""String methods: case, padding, stripping, partition, split with limits."""


def main() -> None:
    text = "  The quick  brown fox, the LAZY dog.  "
    print([text.strip(), text.lstrip()[:5], text.rstrip()[-5:], "xxabcxx".strip("x")])
    print(text.split(), text.split(" ", 4), text.rsplit(None, 2), "a,b,,c".split(","))
    print("k=v=w".partition("="), "k=v=w".rpartition("="), "kv".partition("="))
    print("title case's".title(), "ABC".swapcase(), "straSSe".casefold(), "hELLO".capitalize())
    print("7".zfill(4), "-7".zfill(4), "mid".center(9, "*"), "left".ljust(8, ".") + "|")
    print("banana".count("an"), "banana".find("na", 3), "banana".rfind("na"), "ban" in "banana")
    print("a-b-c".replace("-", "+", 1), "tab\tx".expandtabs(4), "line\nline\r\nend".splitlines())
    print("prefix-name".removeprefix("prefix-"), "name.py".removesuffix(".py"), "ab" * 3, "b" > "a")
    print(
        "".isalpha(),
        "a1".isalnum(),
        "12".isdigit(),
        " ".isspace(),
        "Ab".istitle(),
        "x_1".isidentifier(),
    )


if __name__ == "__main__":
    main()
