"""io, csv and print: text streams in memory, dialects, separators and ends."""

import csv
import io


def main() -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerows(
        [["name", "note"], ["Ann", 'says "hi", twice'], ["Bo", "two\nlines"], ["", 3.5]]
    )
    print(repr(stream.getvalue()))
    stream.seek(0)
    for row in csv.DictReader(stream):
        print(row)
    print(list(csv.reader(["a;b;'c;d'"], delimiter=";", quotechar="'")))
    text = io.TextIOWrapper(io.BytesIO(b"one\r\ntwo\nthree"), encoding="ascii", newline=None)
    print(text.readline(), text.read().split("\n"), end="|\n")
    out = io.StringIO()
    print("a", 1, None, sep="-", end="!", file=out)
    print(out.getvalue(), out.tell(), *[1, 2], sep=", ")
    binary = io.BytesIO(b"0123456789")
    binary.seek(-3, io.SEEK_END)
    print(binary.read(2), binary.tell(), binary.read(9), binary.read())


if __name__ == "__main__":
    main()
