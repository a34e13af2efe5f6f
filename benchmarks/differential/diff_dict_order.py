"""Dictionaries keep the order of insertion: updates, deletions, merges, views."""


def main() -> None:
    table = {"one": 1, "two": 2, "three": 3}
    table["two"] = 22
    del table["one"]
    table["one"] = 11
    print(table, list(reversed(table)), table.popitem(), table.pop("none", "default"))
    table |= {"four": 4, "two": 222}
    print({**table, "five": 5}, {"zero": 0} | table, table.setdefault("six", 6))
    print(list(table.items()), table.keys() & {"two", "six"} == {"two", "six"})
    print(dict.fromkeys("hello"), dict(a=1, b=2), dict([("x", 1), ("x", 2)]))
    print({1: "int", 1.0: "float", True: "bool"}, {} == dict(), table.get("none"))
    try:
        for key in table:
            table[key + "!"] = 0
    except RuntimeError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
