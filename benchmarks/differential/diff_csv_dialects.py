"""csv: dialects of one's own, registered, inherited, changed on the spot, and wrong ones."""

import csv
import io


class Pipes(csv.Dialect):
    delimiter = "|"
    quotechar = "'"
    doublequote = True
    skipinitialspace = True
    lineterminator = "\n"
    quoting = csv.QUOTE_MINIMAL


class Strict(Pipes):
    strict = True
    delimiter = "\t"


class Unfinished(csv.Dialect):
    delimiter = None


def written(row, *args, **options) -> str:
    stream = io.StringIO()
    csv.writer(stream, *args, **options).writerow(row)
    return stream.getvalue()


def main():
    csv.register_dialect("pipes", Pipes)
    csv.register_dialect("dots", delimiter=".", quoting=csv.QUOTE_ALL)
    csv.register_dialect("changed", "pipes", delimiter="!")
    row = ["a|b", "it's", "c d", " x", "1.5"]
    for dialect in (Pipes, Pipes(), "pipes", "dots", "changed", Strict, "excel", "unix"):
        text = written(row, dialect)
        print(repr(text), list(csv.reader([text], dialect)))
    print(repr(written(row, "pipes", delimiter=":", quotechar='"')))
    print(sorted(set(csv.list_dialects()) - {"excel", "excel-tab", "unix"}))
    found = csv.get_dialect("changed")
    print(found.delimiter, found.quotechar, found.skipinitialspace, found.strict)
    print(repr(found.lineterminator), found.escapechar)
    csv.unregister_dialect("dots")
    for wrong in (
        lambda: written(row, "dots"),
        lambda: csv.get_dialect("dots"),
        lambda: csv.unregister_dialect("dots"),
        lambda: written(row, Unfinished),
        lambda: csv.register_dialect(5, Pipes),
        lambda: csv.reader([], quotechar="", quoting=csv.QUOTE_ALL),
        lambda: csv.reader([], wrong=True),
        lambda: csv.reader(),
    ):
        try:
            print(wrong())
        except (csv.Error, TypeError) as error:
            print(type(error).__name__, end=" ")
    print()


if __name__ == "__main__":
    main()
