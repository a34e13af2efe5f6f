"""Sequence patterns: what counts as a sequence, stars in all places, nesting, lengths."""

from array import array
from collections import UserList, deque
from collections.abc import Sequence


class Own(Sequence):
    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index):
        if isinstance(index, slice):
            return f"slice {index}"
        if index >= self.size:
            raise IndexError
        return f"own{index}"


class Alike:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index):
        return index


def shape(value) -> str:
    match value:
        case []:
            return "empty"
        case [[x]]:
            return f"nested {x}"
        case [x, [y, *_], *_] if x == y:
            return f"repeated {x}"
        case [1, *rest]:
            return f"one then {rest}"
        case [*start, 0]:
            return f"{start} then zero"
        case ("a" | "b" as letter, *_, "z"):
            return f"{letter} to z"
        case [x, y]:
            return f"pair {x} {y}"
        case (_, _, third, *_):
            return f"third {third}"
        case [_]:
            return "single"
        case str() | bytes():
            return "text"
    return "none"


def split(values: list[int]):
    match values:
        case [first, *middle, last]:
            return first, middle, last
        case [only]:
            return only
        case _:
            return None


def total(values):
    match values:
        case [head, *tail]:
            return head + total(tail)
        case []:
            return 0


def main():
    values = [
        [],
        (),
        [[5]],
        [3, [3, 4], 9],
        [1, 2, 3],
        (1,),
        [5, 6, 0],
        ["a", 1, "z"],
        ("b", "z"),
        (7, 8),
        (4, 5, 6, 7),
        [9],
    ]
    print([shape(value) for value in values])
    print(
        [
            shape(value)
            for value in (
                "ab",
                b"ab",
                bytearray(b"ab"),
                range(2),
                range(1, 4),
                deque([1, 2]),
                array("i", [7, 8]),
                UserList([5, 6]),
            )
        ]
    )
    print(
        [
            shape(value)
            for value in (
                {1, 2},
                {1: 2},
                iter([1]),
                (x for x in "ab"),
                None,
                Own(2),
                Own(3),
                Own(0),
                Alike(),
                memoryview(b"ab"),
            )
        ]
    )
    print(split([1, 2, 3, 4]), split([1, 2]), split([1]), split([]), total([1, 2, 3]))
    print(total(range(10)))
    match (1, (2, [3, {"k": (4, 5)}])):
        case (a, (b, [c, {"k": (d, *e)}])):
            print(a, b, c, d, e)
    match 1, 2, *[3, 4]:
        case first, *rest:
            print(first, rest, type(rest).__name__)
    match [None]:
        case [x]:
            print(x)


if __name__ == "__main__":
    main()
