"""A CSV parser of our own on wide rows: many short fields, some quoted, turned into columns."""

COLUMNS = 200
ROWS = 60
ROUNDS = 37


def make_text(columns: int, rows: int) -> str:
    lines: list[str] = []
    for i in range(rows):
        fields: list[str] = []
        for j in range(columns):
            number = (i * 31 + j * 17) % 1000
            if j % 10 == 0:
                fields.append(f'"{number},{j}"')
            else:
                fields.append(f"{number}")
        lines.append(",".join(fields))
    return "\n".join(lines)


def parse_line(line: str) -> list[str]:
    fields: list[str] = []
    size = len(line)
    start = 0
    while start <= size:
        if start < size and line[start] == '"':
            end = start + 1
            while line[end] != '"':
                end += 1
            fields.append(line[start + 1 : end])
            start = end + 2
        else:
            end = start
            while end < size and line[end] != ",":
                end += 1
            fields.append(line[start:end])
            start = end + 1
    return fields


def column_sums(lines: list[str], columns: int) -> list[int]:
    sums = [0] * columns
    for line in lines:
        fields = parse_line(line)
        for j in range(columns):
            if j % 10 == 0:
                sums[j] += len(fields[j])
            else:
                sums[j] += int(fields[j])
    return sums


def main() -> None:
    text = make_text(COLUMNS, ROWS)
    checksum = 0
    for _ in range(ROUNDS):
        for total in column_sums(text.split("\n"), COLUMNS):
            checksum = (checksum * 31 + total) & 0xFFFFFFFF
    print(checksum)


if __name__ == "__main__":
    main()
