"""Booleans and subclasses of int in arithmetic, and what __index__ and __int__ are good for."""


class Money(int):
    def __add__(self, other):
        return Money(int(self) + int(other))

    def __floordiv__(self, other):
        return "own floor"

    def __repr__(self) -> str:
        return f"Money({int(self)})"


class Position:
    def __init__(self, at: int) -> None:
        self.at = at

    def __index__(self) -> int:
        return self.at


class Whole:
    def __int__(self) -> int:
        return 41


def outcome(action):
    try:
        return action()
    except TypeError as error:
        return type(error).__name__


def main():
    yes, no = True, False
    print(yes + yes, yes - no, -yes, yes * 5, yes / 2, yes // 1, yes % 2, yes**3, +no, abs(yes))
    print(type(yes & no).__name__, type(yes & 1).__name__, yes << 3, yes | 6, yes ^ yes, 3 - yes)
    print([10, 20][yes], "ab"[no], sum([yes, yes, no]), yes == 1.0, yes == 1 == yes, int(yes))
    print(Money(3) + 4, 4 + Money(3), Money(7) // 2, 7 // Money(2), -Money(3), Money(2) * 3)
    print(type(Money(1) + 1).__name__, type(Money(1) - 1).__name__, {Money(5): "five"}[5])
    print(list("abc")[Position(-1)], range(10)[Position(4)], hex(Position(255)), "x" * Position(3))
    print(int(Position(9)), int(Whole()), float(Position(2)), bytes(Position(2)))
    print(outcome(lambda: [1][Whole()]), outcome(lambda: Position(1) + 1))
    print(outcome(lambda: -Whole()))


if __name__ == "__main__":
    main()
