"""Class patterns: builtin types with a capture, order of bool and int, bases, match arguments."""

from collections import namedtuple
from dataclasses import dataclass

Pair = namedtuple("Pair", "left right")


@dataclass
class Point:
    x: int
    y: int


class Point3(Point):
    def __init__(self, x: int, y: int, z: int) -> None:
        super().__init__(x, y)
        self.z = z


class Positional:
    __match_args__ = ("b", "a")
    a, b = "class a", "class b"


class Computed:
    @property
    def value(self) -> int:
        return 42

    @property
    def failing(self):
        raise AttributeError("hidden")


class Meta(type):
    def __instancecheck__(cls, instance) -> bool:
        return instance == "pretender"


class Pretend(metaclass=Meta):
    pass


def kind(value) -> str:
    match value:
        case Pretend():
            return "pretends"
        case bool(b):
            return f"bool {b}"
        case int(n) if n > 2**62:
            return "big int"
        case int(n) | float(n):
            return f"number {n}"
        case str(text) | bytes(text):
            return f"text {text!r}"
        case Pair(left=0) | (0, 0, 0):
            return "zero on the left"
        case Pair(a, b):
            return f"pair {a} {b}"
        case list([first, *_]) | tuple((first, *_)):
            return f"sequence from {first}"
        case dict({"k": found}):
            return f"found {found}"
        case set(members) | frozenset(members):
            return f"set {sorted(members)}"
        case Point3(z=z, x=0):
            return f"on the axis {z}"
        case Point(x, y=y) if x == y:
            return f"diagonal {x}"
        case Point(0 | 1 as x, _):
            return f"near {x}"
        case Point():
            return "point"
        case Positional(b, a):
            return f"{b} then {a}"
        case Computed(missing=_) | Computed(failing=_):
            return "never"
        case Computed(value=v):
            return f"computed {v}"
        case type(__name__=name):
            return f"type {name}"
        case object(__doc__=None):
            return "without a document"
    return "other"


def main():
    values = [
        "pretender",
        True,
        5,
        2**63,
        2.5,
        "s",
        b"b",
        Pair(0, 1),
        Pair(1, 2),
        (0, 0, 0),
        [9, 8],
        (7,),
        [],
        {"k": 1},
        {2, 1},
        frozenset(),
    ]
    values += [
        Point3(0, 1, 2),
        Point3(1, 1, 5),
        Point(3, 3),
        Point(1, 5),
        Point(5, 1),
        Positional(),
        Computed(),
        int,
        kind,
    ]
    for value in values:
        print(kind(value), end="; ")
    print()
    for wrong in ("too many", "twice", "no class"):
        try:
            match Point(1, 2):
                case Point(1, 2, 3) if wrong == "too many":
                    print("never")
                case Point(1, x=1) if wrong == "twice":
                    print("never")
        except TypeError:
            print("refused", end=" ")
    not_a_class = 5
    try:
        match 5:
            case not_a_class():
                print("never")
    except TypeError:
        print("no class")


if __name__ == "__main__":
    main()
