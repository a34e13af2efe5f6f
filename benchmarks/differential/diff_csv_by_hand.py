"""A parser of comma-separated text written out as a machine of states, beside the csv module."""

import csv
import io


def parse(text: str, delimiter: str = ",", quote: str = '"') -> list[list[str]]:
    rows: list[list[str]] = []
    row: list[str] = []
    cell = ""
    state = "start"
    position = 0
    while position <= len(text):
        letter = text[position] if position < len(text) else "\n"
        at_end = position == len(text)
        position += 1
        if state == "quoted":
            if at_end:
                raise ValueError("not closed")
            if letter == quote:
                state = "quote in quoted"
            else:
                cell += letter
            continue
        if state == "quote in quoted" and letter == quote:
            cell += quote
            state = "quoted"
            continue
        if letter == quote and state == "start":
            state = "quoted"
        elif letter == delimiter:
            row.append(cell)
            cell, state = "", "start"
        elif letter == "\n":
            if row or cell or state != "start":
                rows.append([*row, cell])
            elif not at_end:
                rows.append([])
            row, cell, state = [], "", "start"
        elif letter != "\r":
            cell += letter
            state = "plain"
    return rows


def format_row(cells: list[str]) -> str:
    out = []
    for cell in cells:
        if any(letter in cell for letter in ',"\n') or cells == [""]:
            cell = '"' + cell.replace('"', '""') + '"'
        out.append(cell)
    return ",".join(out)


def main():
    texts = [
        "",
        "a",
        "a,b\n",
        "a,b\r\nc,d",
        ',\n,"',
        '"a,b",c\n',
        '"say ""hi""",x',
        '"two\nlines",y\n\nz',
        '""',
        '"",""\n',
        "\n\n",
        'a"b,c',
        "x,\n",
        '"a"b,c',
    ]
    for text in texts:
        try:
            mine = parse(text)
        except ValueError as error:
            mine = f"error: {error}"
        theirs = list(csv.reader(io.StringIO(text, newline="")))
        print(repr(text), mine, mine == theirs)
    rows = [["plain", "a,b", 'q"q', "l\nl", ""], [""], ["", ""], ["\u00e9", " x "]]
    text = "\n".join(format_row(row) for row in rows)
    print(ascii(text), parse(text) == rows, parse("1;2;'3;4'", ";", "'"), len(parse("a,b\n" * 200)))


if __name__ == "__main__":
    main()
