"""OrderedDict beside dict: order in comparison, moves to either end, popping, copies."""

from collections import OrderedDict


class Recent:
    """The most recently used few."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: OrderedDict[str, int] = OrderedDict()

    def get(self, key: str) -> int | None:
        if key not in self.kept:
            return None
        self.kept.move_to_end(key)
        return self.kept[key]

    def put(self, key: str, value: int) -> None:
        self.kept[key] = value
        self.kept.move_to_end(key)
        if len(self.kept) > self.size:
            self.kept.popitem(last=False)


def main():
    one, other = OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)
    print(one == other, one == dict(other), dict(one) == dict(other))
    print(list(one) == list(reversed(other)))
    one["c"] = 3
    one.move_to_end("a")
    one.move_to_end("c", last=False)
    print(list(one.items()), one.popitem(), one.popitem(last=False), list(one))
    print(list(reversed(one.items())))
    one["b"] = 20
    one["a"] = 10
    one |= {"z": 0}
    print(dict(one), type(one | {}).__name__, one.copy() == one, one.setdefault("q", 7))
    print(one.pop("none", None), list(one.keys()))
    for wrong in (
        lambda: one.move_to_end("none"),
        lambda: OrderedDict().popitem(),
        lambda: one.pop("none"),
    ):
        try:
            wrong()
        except KeyError as error:
            print("error:", error, end=" ")
    print()
    recent = Recent(2)
    recent.put("x", 1)
    recent.put("y", 2)
    print(recent.get("x"), recent.get("none"))
    recent.put("z", 3)
    print(list(recent.kept), recent.get("y"), recent.get("z"), list(recent.kept.values()))
    try:
        for key in one:
            one[key + "+"] = 1
    except RuntimeError:
        print("error: changed")


if __name__ == "__main__":
    main()
