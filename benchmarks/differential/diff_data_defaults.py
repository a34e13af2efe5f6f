"""Defaults and copies of dataclasses: factories, mutable ones, replace, asdict, astuple."""

from copy import copy, deepcopy
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from itertools import count

NUMBERS = count(1)


@dataclass
class Item:
    name: str
    tags: list[str] = field(default_factory=list)
    number: int = field(default_factory=NUMBERS.__next__, compare=False)
    meta: dict[str, int] = field(default_factory=dict, repr=False, metadata={"unit": "kg"})


@dataclass
class Box:
    items: list[Item]
    best: Item | None = None
    sizes: tuple[int, ...] = (1, 2)
    table: dict[str, Item] = field(default_factory=dict)
    computed: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.computed = len(self.items)


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main():
    a, b = Item("a"), Item("b", ["t"])
    a.tags.append("x")
    print(a, b, Item("a", ["x"]) == a, Item("c").tags, a.number, fields(Item)[3].metadata["unit"])
    print(fields(Item)[0].name)
    box = Box([a, b], best=b, table={"k": a})
    print(asdict(box)["items"][0], astuple(box)[:3], asdict(box)["table"], box.computed)
    copied = asdict(box)
    copied["items"][0]["tags"].append("only in the copy")
    print(a.tags, replace(a, name="z", number=0), replace(box, items=[]).computed)
    print(outcome(lambda: replace(a, wrong=1)))
    shallow, deep = copy(box), deepcopy(box)
    shallow.items.append(Item("d"))
    deep.items[0].name = "deep"
    print(len(box.items), box.computed, a.name, shallow == box, deep == box)
    print(deep.best is deep.items[1], shallow.best is b)

    def bad_list():
        @dataclass
        class Bad:
            values: list = []

    def bad_order():
        @dataclass
        class Bad:
            a: int = 1
            b: int

    print(outcome(bad_list), outcome(bad_order), asdict(box, dict_factory=lambda pairs: len(pairs)))
    print(astuple(a, tuple_factory=list)[:2])
    print(box.sizes is Box([]).sizes, Box.sizes, hasattr(Item, "tags"))
    print(asdict(Item("q", number=1)) == {"name": "q", "tags": [], "number": 1, "meta": {}})


if __name__ == "__main__":
    main()
