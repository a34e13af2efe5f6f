"""Dataclasses that inherit: order of fields, new defaults, InitVar, ClassVar, __post_init__."""

from dataclasses import InitVar, dataclass, field, fields, is_dataclass, make_dataclass
from typing import ClassVar


@dataclass
class Base:
    a: int
    b: int = 2
    count: ClassVar[int] = 0
    scale: InitVar[int] = 1

    def __post_init__(self, scale: int) -> None:
        self.a *= scale
        Base.count += 1


@dataclass
class Child(Base):
    c: int = 3
    b: int = 20
    total: int = field(init=False)

    def __post_init__(self, scale: int) -> None:
        super().__post_init__(scale)
        self.total = self.a + self.b + self.c


class Plain(Base):
    extra = "plain"


@dataclass
class FromPlain(Plain):
    d: list[int] = field(default_factory=lambda: [1])
    plain = "no field"


@dataclass
class Defaulted(Base):
    a: int = 5

    def __repr__(self) -> str:
        return f"own {self.a}"


def main():
    print(Base(1), Base(2, scale=10), Child(1), Child(1, 2, 3, 4), Child(a=1, c=0).total)
    print(Base.count)
    print([f.name for f in fields(Child)], [f.name for f in fields(FromPlain)], FromPlain(1))
    print(FromPlain(1).extra, Plain(3), Defaulted(), [f.default for f in fields(Defaulted)])
    print(Base(1) == Child(1), Child(1) == Child(1), Plain(1) == Base(1), Plain(1) == Plain(1))
    print(is_dataclass(Plain), is_dataclass(5), isinstance(Child(1), Base))
    made = make_dataclass(
        "Made",
        ["x", ("y", int), ("z", int, field(default=7))],
        namespace={"sum": lambda self: self.x + self.z},
    )
    print(made(1, 2), made(1, 2).sum(), [f.name for f in fields(made)])
    for wrong in (
        lambda: make_dataclass("Bad", [("x", int, 1), "y"]),
        lambda: Child(),
        lambda: fields(5),
        lambda: Base(1, 2, 3, 4),
    ):
        try:
            print(wrong())
        except TypeError:
            print("refused", end=" ")
    print(hasattr(Base(1), "scale"), Base.scale, Child.b, hasattr(Child, "total"))
    print(Child.__match_args__)


if __name__ == "__main__":
    main()
