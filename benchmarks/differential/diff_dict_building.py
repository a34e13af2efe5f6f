"""Dictionaries from displays, pairs, keywords and other dictionaries: who comes first, who wins."""


def outcome(action):
    try:
        return action()
    except (TypeError, ValueError) as error:
        return type(error).__name__


def inverted(table: dict[str, int]) -> dict[int, list[str]]:
    result: dict[int, list[str]] = {}
    for key, value in table.items():
        result.setdefault(value, []).append(key)
    return result


def main():
    base = {"a": 1, "b": 2}
    print({**base, "a": 3}, {"a": 3, **base}, {"c": 0, **base, **{"b": 9}, "d": 4}, {**{}, **{}})
    print({"b": 0, **base, "b": 5})
    print(dict(base, b=3, c=4), dict([("x", 1), ["y", 2], "zw"]), dict(zip("ab", range(9))))
    print(dict(base.items()), dict(), dict(dict=1))
    print({c: i for i, c in enumerate("hello")}, {v: k for k, v in base.items()})
    print(inverted({"x": 1, "y": 2, "z": 1}), {k: {k: 1} for k in "pq"})
    shared = dict.fromkeys("ab", [])
    shared["a"].append(1)
    print(shared, dict.fromkeys([3, 1, 2, 1]), base | {"z": 0}, {"z": 0} | base, base)
    print(outcome(lambda: base | [("a", 1)]))
    merged = base
    merged |= {"e": 5}
    merged |= [("f", 6)]
    print(base, merged is base, sorted(base.items(), key=lambda item: (-item[1], item[0])))
    print(sorted(base, reverse=True), min(base, key=base.get))
    print(outcome(lambda: dict([1])), outcome(lambda: dict(["abc"])), outcome(lambda: dict(5)))
    print(outcome(lambda: dict(**{1: 2})), outcome(lambda: {**[1]}))
    print({"a": 1, "b": 2} == {"b": 2, "a": 1}, list({"b": 2, "a": 1}), str({1: {2: {3: []}}}))
    print({"k": 1}.items() <= {"k": 1, "l": 2}.items())
    cyclic: dict = {}
    cyclic["self"] = cyclic
    nested = {"x": {"y": [1, {"z": 2}]}}
    print(cyclic, nested["x"]["y"][1]["z"], [*nested], len(nested), {**nested}["x"] is nested["x"])
    print(eval("{1: 2}"))
    many = {n: str(n) for n in range(1000)}
    for n in range(0, 1000, 3):
        del many[n]
    for n in range(0, 1000, 300):
        many[n] = "back"
    print(len(many), list(many)[:4], list(many)[-4:], list(many.values())[-1], sum(many))


if __name__ == "__main__":
    main()
