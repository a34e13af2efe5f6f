"""Subclasses of dict: __missing__, own __getitem__, and which methods ask them."""

from collections import UserDict, defaultdict


class Doubling(dict):
    def __missing__(self, key):
        return key * 2


class Loud(dict):
    def __getitem__(self, key):
        return f"got {key}"

    def __contains__(self, key) -> bool:
        return key == "anything"

    def keys(self):
        return ["own"]


class Lower(UserDict):
    def __setitem__(self, key: str, value: object) -> None:
        super().__setitem__(key.lower(), value)


def show(**kwargs) -> str:
    return str(kwargs)


def main():
    doubling = Doubling(a="x")
    print(doubling["a"], doubling["zz"], doubling.get("zz"), "zz" in doubling, len(doubling))
    print(doubling.pop("q", "none"))
    print("%(a)s %(b)s" % doubling, "{a} {c}".format_map(doubling), {**doubling})
    print(doubling | {"b": 1}, type(doubling | {}).__name__)
    loud = Loud(k=1)
    print(loud["k"], loud.get("k"), "anything" in loud, "k" in loud, list(loud), list(loud.items()))
    print(dict(loud), show(**loud))
    print({**loud}, loud == {"k": 1}, "{k}".format(**loud), "%(k)s" % loud, loud.copy(), repr(loud))
    print(dict(loud.items()))
    groups: defaultdict[str, list[int]] = defaultdict(list)
    groups["a"].append(1)
    groups["a"].append(2)
    groups.get("b")
    print(dict(groups), "b" in groups, groups["b"], sorted(groups), groups.default_factory is list)
    print(groups == {"a": [1, 2], "b": []})
    tree = lambda: defaultdict(tree)
    root = tree()
    root["x"]["y"]["z"] = 1
    print(list(root), list(root["x"]), root["x"]["y"].pop("z"), len(root["q"]), list(root))
    lower = Lower(ABC=1)
    lower["Def"] = 2
    lower.update(GHI=3)
    print(lower, "ABC" in lower, "abc" in lower, lower.setdefault("JKL", 4), sorted(lower))
    print(isinstance(lower, dict))
    try:
        defaultdict()["none"]
    except KeyError as error:
        print("error:", error)
    counting = defaultdict(int)
    for letter in "hello":
        counting[letter] += 1
    print(dict(counting), counting["new"], len(counting), hasattr(dict, "__missing__"))


if __name__ == "__main__":
    main()
