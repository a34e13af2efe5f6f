"""Attributes that change: in place, through aliases, on classes and on instances, by name."""

from contextlib import nullcontext


class Counter:
    count = 0
    items: list[int] = []
    table = {"a": 1}

    def bump(self) -> int:
        self.count += 1
        return self.count

    def add(self, item: int) -> "Counter":
        self.items += [item]
        return self

    @classmethod
    def bump_all(cls) -> int:
        cls.count += 1
        return cls.count


class Node:
    def __init__(self, value) -> None:
        self.value = value
        self.next = None
        self.point = [0, 0]


def length(node) -> int:
    total = 0
    while node is not None:
        node, total = node.next, total + 1
    return total


def main():
    a, b = Counter(), Counter()
    print(a.bump(), a.bump(), b.bump(), Counter.count, Counter.bump_all(), Counter.bump_all())
    print(a.count, Counter().bump())
    print(a.add(1).add(2).items, b.items, Counter.items, "items" in vars(a), "items" in vars(b))
    print(a.items is b.items)
    b.items = b.items + [3]
    b.table["b"] = 2
    print(a.items, b.items, a.table, Counter.table)
    del a.count
    print(a.count, vars(b), hasattr(a, "nothing"), getattr(a, "nothing", None))
    try:
        del a.count
    except AttributeError:
        print("only the class has it")
    node = head = Node(1)
    node.next = node = Node(2)
    node.value, node.next = node.value + 10, Node(node.value)
    print(length(head), head.value, head.next is node, node.value)
    print(node.next.value if node.next else None)
    head.point[0] += 5
    head.point[1], head.value = head.value, head.point[0]
    head.value *= 2
    head.value **= 2
    head.point += [7]
    print(head.point, head.value)
    for name, value in (("x", 1), ("not a name", 2), ("value", 3)):
        setattr(head, name, value)
    print(head.x, getattr(head, "not a name"), head.value, sorted(vars(head)))
    vars(head)["y"] = vars(head).pop("x")
    head.__dict__ = {"only": "this"}
    print(vars(head), hasattr(head, "y"), head.only)
    chain = Node(Node(Node("deep")))
    chain.value.value.value += "er"
    chain.value.value.point[-1] -= 1
    print(chain.value.value.value, chain.value.value.point)
    print([setattr(a, "n", n) or a.n for n in range(2)])
    for a.count in range(3):
        pass
    with nullcontext("as") as b.entered:
        print(a.count, b.entered)


if __name__ == "__main__":
    main()
