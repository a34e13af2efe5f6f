"""csv: rows as dictionaries: missing and further cells, headers, what is ignored or refused."""

import csv
import io


def written(names, rows, **options) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n", **options)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def totals(text: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for row in csv.DictReader(io.StringIO(text)):
        sums[row["name"]] = sums.get(row["name"], 0) + float(row["amount"] or 0)
    return sums


def main():
    print(list(csv.DictReader(["a,b", "1,2", "", "3", "4,5,6,7"])))
    print(list(csv.DictReader(["1,2", "3"], fieldnames=["x", "y"], restval="-")))
    print(list(csv.DictReader(["a,a", "1,2"])), list(csv.DictReader([])))
    reader = csv.DictReader(["\u00e9 a;b", "1;2;3"], delimiter=";", restkey="more")
    print([ascii(name) for name in reader.fieldnames], [list(row.values()) for row in reader])
    print(reader.line_num, csv.DictReader([]).fieldnames)
    print(repr(written(["a", "b"], [{"a": 1, "b": 2}, {"b": "x,y"}, {}])))
    print(repr(written(["b"], [{"a": 1, "b": 2}], extrasaction="ignore")))
    print(repr(written("ab", [{"a": None}], restval="?")))
    for wrong in (
        lambda: written(["a"], [{"z": 1}]),
        lambda: written(["a"], [], extrasaction="maybe"),
        lambda: written(["a"], [["a"]]),
    ):
        try:
            print(wrong())
        except (ValueError, AttributeError) as error:
            print(type(error).__name__, end=" ")
    print()
    text = 'name,amount\nann,1.5\n"bo, jr",2\nann,-0.25\n"bo, jr",\n'
    print(totals(text), totals("name,amount\n"))
    stream = io.StringIO(text)
    next(stream)
    print(sorted(csv.reader(stream), key=lambda row: (row[0], row[-1]), reverse=True)[0])
    rows = [dict(zip(("k", "v"), pair)) for pair in (("a", "1"), ("b", ""), ("", '"'))]
    assert list(csv.DictReader(io.StringIO(written(["k", "v"], rows)))) == rows
    table = {row["k"]: row for row in rows}
    print(table[""]["v"], [*table], {**rows[0]} is not rows[0])


if __name__ == "__main__":
    main()
