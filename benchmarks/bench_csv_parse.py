"""A CSV parser of our own: quoted fields, doubled quotes, embedded commas and line ends."""

ROWS = 350
ROUNDS = 155


def make_text(rows: int) -> str:
    lines: list[str] = []
    for i in range(rows):
        quoted = f'"said ""{i}"", twice"'
        lines.append(f"{i},name{i % 37},{quoted},{i * 17 % 1000}.{i % 10}")
        if i % 25 == 0:
            lines.append(f'{i},"two\nlines",,0')
    return "\n".join(lines) + "\n"


def parse(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    row: list[str] = []
    field: list[str] = []
    in_quotes = False
    size = len(text)
    i = 0
    while i < size:
        char = text[i]
        if in_quotes:
            if char != '"':
                field.append(char)
            elif i + 1 < size and text[i + 1] == '"':
                field.append(char)
                i += 1
            else:
                in_quotes = False
        elif char == '"':
            in_quotes = True
        elif char == ",":
            row.append("".join(field))
            field.clear()
        elif char == "\n":
            row.append("".join(field))
            field.clear()
            rows.append(row)
            row = []
        else:
            field.append(char)
        i += 1
    return rows


def main() -> None:
    text = make_text(ROWS)
    checksum = 0
    for _ in range(ROUNDS):
        rows = parse(text)
        for row in rows:
            checksum += int(row[0]) + len(row[2]) * len(row)
    print(len(rows), checksum)


if __name__ == "__main__":
    main()
