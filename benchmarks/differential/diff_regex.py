"""re: groups, named groups, alternatives, look-around, substitution by function."""

import re

LOG = "2026-02-10 ERROR disk full; 2026-02-11 INFO ok; 2026-02-11 ERROR net down"


def main() -> None:
    entry = re.compile(r"(?P<date>\d{4}-\d\d-\d\d) (?P<level>[A-Z]+) (?P<text>[^;]+)")
    for match in entry.finditer(LOG):
        print(match.groupdict(), match.span("level"))
    print(re.findall(r"\b\w{2}\b", LOG), re.split(r"\s*;\s*", LOG)[2], re.search("xyz", LOG))
    print(re.sub(r"\d+", lambda m: str(int(m[0]) + 1), "a9 b99"), re.subn("o", "0", "foo boo", 3))
    print(
        re.findall(r"(?<=\$)\d+(?!\d|%)", "$15 $20% 30"), re.fullmatch("a+b?", "aaab") is not None
    )
    print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world"), re.findall("(?i)error", "Error ERROR"))
    print(re.match(r"(a)|(b)", "b").groups(), re.escape("a.b*c"), re.findall("a.*?b", "aXbaYb"))
    try:
        re.compile("(unclosed")
    except re.error as error:
        print("error:", error)


if __name__ == "__main__":
    main()
