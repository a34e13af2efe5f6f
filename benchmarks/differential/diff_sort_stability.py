"""Sorting: stable, by keys, reversed, of mixed numbers, and what has no order."""

from operator import itemgetter


def main() -> None:
    rows = [("pear", 3), ("apple", 1), ("fig", 3), ("kiwi", 1), ("plum", 2)]
    print(sorted(rows, key=itemgetter(1)))
    print(sorted(rows, key=itemgetter(1), reverse=True))
    print(sorted(rows, key=lambda row: (-row[1], row[0])), min(rows), max(rows, key=itemgetter(1)))
    rows.sort(key=lambda row: len(row[0]))
    print(rows, sorted("bAnana", key=str.lower), sorted([3, 1.5, True, -2]))
    print(sorted({"b": 1, "a": 2}), sorted([[2], [1, 9], []]), list(reversed([1, 2])))
    try:
        print(sorted([1, "a"]))
    except TypeError:
        print("error: no order")
    print(min([], default="none"), sorted([("a", 2), ("a", 1)]), [3, 1, 2].sort())


if __name__ == "__main__":
    main()
