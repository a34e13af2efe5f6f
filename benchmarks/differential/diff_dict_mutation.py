"""Changes of a dictionary while it is iterated, and methods that change it: order after each."""


def emptied(table: dict[str, int]) -> list[tuple[str, int]]:
    taken = []
    while table:
        taken.append(table.popitem())
    return taken


def incremented(table: dict[str, int]) -> dict[str, int]:
    for key in table:
        table[key] += 1
    return table


def counted(words: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


def added(table: dict[str, int]) -> None:
    for key, value in table.items():
        table[key * 2] = value


def removed(table: dict[str, int]) -> None:
    for key in table.keys():
        del table[key]


def main():
    table = {"a": 1, "b": 2, "c": 3}
    print(incremented(table), counted("to be or not to be".split()), emptied(dict(table)), table)
    for change in (added, removed):
        try:
            change(table)
        except RuntimeError as error:
            print("error:", error, len(table))
    table = {"a": 1, "b": 2, "c": 3}
    print(table.pop("b"), table.pop("z", None), table.setdefault("b", 9), table.setdefault("a", 9))
    print(table)
    table.update([("d", 4), ("a", 0)], e=5)
    table.update({"c": 30})
    print(table, table.popitem(), table.get("z"), table.get("z", 1), table.copy() == table)
    print(table.clear(), table)
    for wrong in (
        lambda: table["x"],
        lambda: table.pop("x"),
        lambda: table.popitem(),
        lambda: table.__delitem__("x"),
    ):
        try:
            wrong()
        except KeyError as error:
            print("error:", error, end=" ")
    first = second = {"k": [1]}
    second["k"].append(2)
    shallow = first.copy()
    shallow["k"].append(3)
    shallow["new"] = 0
    print(first, first is second, shallow)
    numbers = {n: n * n for n in range(8)}
    for n in [n for n in numbers if n % 3 == 0]:
        del numbers[n]
    numbers[0] = 0
    numbers[1] = 100
    print(numbers, 3 in numbers, list(numbers)[-1], sum(numbers), len(numbers))


if __name__ == "__main__":
    main()
