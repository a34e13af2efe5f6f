"""Views of dictionaries: live, compared and combined as sets, in both directions."""

from types import MappingProxyType


def outcome(action):
    try:
        return action()
    except (TypeError, RuntimeError, KeyError, AttributeError) as error:
        return type(error).__name__


def main():
    table = {"a": 1, "b": 2}
    keys, values, items = table.keys(), table.values(), table.items()
    table["c"] = 3
    del table["a"]
    print(keys, values, items, len(keys), list(reversed(items)), list(reversed(table)))
    print(list(reversed(values)))
    print(sorted(keys & {"b", "z"}), sorted(keys | ["y"]), sorted(keys - {"b"}))
    print(sorted(keys ^ {"b", "x"}), keys == {"b", "c"}, keys >= {"b"})
    print(("b", 2) in items, ("b", 3) in items, "b" in keys, 2 in values)
    print(sorted(items & {("b", 2)}), keys.isdisjoint("xy"), items == {("c", 3), ("b", 2)})
    print(keys == table.keys(), values == table.values(), {"x": [1]}.items() == {"x": [1]}.items())
    print(keys < {"a", "b", "c"}, {"b"} <= keys)
    print(keys.mapping["b"], outcome(lambda: keys.mapping.__setitem__))
    print(outcome(lambda: {"x": []}.items() | set()), outcome(lambda: keys[0]))
    proxy = MappingProxyType(table)
    table["d"] = 4
    print(proxy["d"], len(proxy), list(proxy), outcome(lambda: proxy.__setitem__))
    print(outcome(lambda: proxy["z"]), proxy | {"e": 5}, proxy.get("q", 0))
    iterator = iter(table)
    print(next(iterator), table.update(b=20), list(iterator), list(iterator))
    print(type(keys & set()).__name__, [*keys], {*keys} == set(table), max(values))
    print(sum(table.values()), dict(items))
    for key, value in sorted(table.items(), key=lambda pair: -pair[1]):
        print(key, value, end="; ")
    print(outcome(lambda: [table.pop(key) for key in table]), len(table))
    print([table.pop(key) for key in list(table)], keys, values)


if __name__ == "__main__":
    main()
