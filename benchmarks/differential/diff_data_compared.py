"""Equality and order of dataclasses: nested ones, other classes, own methods, recursion."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import total_ordering


@dataclass
class Leaf:
    value: object


@dataclass(order=True)
class Card:
    rank: int
    suit: str = field(compare=False)


@dataclass
class Tree:
    name: str
    parts: list[Tree] = field(default_factory=list)
    parent: Tree | None = field(default=None, repr=False, compare=False)

    def add(self, name: str) -> Tree:
        part = Tree(name, parent=self)
        self.parts.append(part)
        return part

    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth() + 1


@total_ordering
@dataclass(eq=False)
class Loose:
    text: str

    def __eq__(self, other):
        return self.text.lower() == getattr(other, "text", other).lower()

    def __lt__(self, other):
        return len(self.text) < len(other.text)


def main():
    nan = float("nan")
    print(Leaf(1) == Leaf(1.0), Leaf(nan) == Leaf(1.0), Leaf([1, Leaf(2)]) == Leaf([1, Leaf(2)]))
    print(Leaf(1) == 1, Leaf(1) != Leaf("1"))
    cards = [Card(3, "h"), Card(1, "s"), Card(3, "c"), Card(2, "d")]
    print(sorted(cards), min(cards), max(cards), Card(3, "x") in cards, cards.index(Card(3, "y")))
    print(sorted(cards, reverse=True)[0].suit)
    root = Tree("root")
    leaf = root.add("branch").add("leaf")
    root.parts.append(root)
    print(root, leaf.depth(), leaf == Tree("leaf"), leaf.parent.parent is root)
    root.parts.pop()
    other = Tree("root")
    other.add("branch").add("leaf")
    print(root == other, root != other, Tree("a") == Tree("a", [Tree("b")]))
    print(Loose("AB") == Loose("ab"), Loose("x") == "X", Loose("abc") > Loose("d"))
    print(Loose("aa") <= Loose("bb"), Loose("a") >= Loose("A"))
    for wrong in (
        lambda: Leaf(1) < Leaf(2),
        lambda: Card(1, "a") < 2,
        lambda: {Leaf(1)},
        lambda: Loose("x") == 5,
    ):
        try:
            print(wrong())
        except (TypeError, AttributeError):
            print("refused", end=" ")
    print(eval(repr(Card(1, "s"))) == Card(1, "q"), Card.__eq__(Card(1, "a"), 1))
    print(Leaf(Leaf(Leaf(None))))


if __name__ == "__main__":
    main()
