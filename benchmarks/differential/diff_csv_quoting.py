"""csv: what is quoted, doubled and escaped under each mode, and what cannot be written."""

import csv
import io

ROWS = [
    ["plain", "with,comma", 'with "quotes"', "two\nlines", ""],
    [1, -2.5, None, True, "7"],
    [" spaces ", "tab\t", "cr\r", "'single'", "back\\slash"],
]


class Text:
    def __str__(self) -> str:
        return "own, text"


def written(rows, **options) -> str:
    stream = io.StringIO()
    csv.writer(stream, **options).writerows(rows)
    return stream.getvalue()


def main():
    for mode in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
        for row in ROWS:
            print(mode, repr(written([row], quoting=mode)))
    print(repr(written(ROWS[:1], quoting=csv.QUOTE_NONE, escapechar="\\")))
    print(repr(written(ROWS, doublequote=False, escapechar="!")))
    print(repr(written(ROWS[1:2], delimiter=";", quotechar="'", lineterminator="|")))
    print(repr(written([[], ["a"], ["", ""], [Text()], "text", range(3), (x for x in "gen")])))
    print(repr(written([["a"], []], lineterminator="\n")))
    print(repr(written([["#", "\u00e9", 1e16, 0.1, 10**20, b"x"]])).isascii())
    for rows, options in (
        ([["a,b"]], {"quoting": csv.QUOTE_NONE}),
        ([['a"b']], {"doublequote": False}),
        ([5], {}),
        ([["a"]], {"delimiter": "ab"}),
        ([["a"]], {"quoting": 99}),
        ([["a"]], {"delimiter": 5}),
    ):
        try:
            print(repr(written(rows, **options)))
        except (csv.Error, TypeError) as error:
            print(type(error).__name__, end=" ")
    print()
    writer = csv.writer(io.StringIO())
    print(writer.writerow(["ab", "c"]), writer.writerow(["a,b"]), writer.writerow([]))
    for row in ROWS:
        assert next(csv.reader(io.StringIO(written([row]), newline=""))) == [
            "" if cell is None else str(cell) for cell in row
        ]


if __name__ == "__main__":
    main()
