"""str.split: by one character, by a longer separator, by white space, and with a limit."""

LINES = 300
FIELDS = 20
ROUNDS = 440


def make_lines(count: int, fields: int, separator: str) -> list[str]:
    return [
        separator.join([f"f{(i * 31 + j * 7) % 1000}" for j in range(fields)]) for i in range(count)
    ]


def split_lines(lines: list[str], separator: str) -> int:
    total = 0
    for line in lines:
        fields = line.split(separator)
        total += len(fields) * len(fields[3])
    return total


def split_words(lines: list[str]) -> int:
    total = 0
    for line in lines:
        words = line.split()
        total += len(words) + len(words[-1])
    return total


def split_first(lines: list[str]) -> int:
    total = 0
    for line in lines:
        total += len(line.split(",", 2)[2])
    return total


def main() -> None:
    by_comma = make_lines(LINES, FIELDS, ",")
    by_arrow = make_lines(LINES, FIELDS, " => ")
    by_space = make_lines(LINES, FIELDS, "  ")
    total = 0
    for _ in range(ROUNDS):
        total += split_lines(by_comma, ",")
        total += split_lines(by_arrow, " => ")
        total += split_words(by_space)
        total += split_first(by_comma)
    print(total)


if __name__ == "__main__":
    main()
