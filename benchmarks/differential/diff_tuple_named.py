"""namedtuple and NamedTuple: fields, defaults, copies, subclasses, and that they are tuples."""

from collections import namedtuple
from typing import NamedTuple

Pair = namedtuple("Pair", "left right", defaults=["r"])
Renamed = namedtuple("Renamed", ["ok", "class", "ok"], rename=True)


class Point(NamedTuple):
    x: int
    y: int = 0

    def moved(self, dx: int) -> "Point":
        return self._replace(x=self.x + dx)

    @property
    def total(self) -> int:
        return self.x + self.y


class Labelled(Point):
    def __str__(self) -> str:
        return f"<{self.x},{self.y}>"


def outcome(action):
    try:
        return action()
    except (TypeError, AttributeError, ValueError) as error:
        return type(error).__name__


def main():
    point = Point(3)
    print(point, point.x, point[1], point.moved(2), point.total, Point._fields)
    print(Point._field_defaults, point._asdict())
    x, y = point
    print(x, y, point == (3, 0), point < (3, 1), hash(point) == hash((3, 0)), {point: 1}[(3, 0)])
    print(len(point), list(point))
    print(Pair("l"), Pair("l", 2), Pair(right=1, left=2), Pair._make([1, 2]))
    print(Pair(1)._replace(right=None), Renamed._fields)
    print(Labelled(1, 2), repr(Labelled(1, 2)), str([Labelled(1, 2)]))
    print(type(Labelled(1).moved(1)).__name__, isinstance(point, tuple))
    print(point + (5,), point * 2, point[::-1], type(point[:]).__name__, 3 in point, point.index(3))
    print(sorted([Point(2), Point(1, 5)]))
    match point:
        case Point(x=0):
            print("zero")
        case Point(a, b):
            print("point", a, b)
    print(outcome(lambda: setattr(point, "x", 1)), outcome(lambda: Point()))
    print(outcome(lambda: Point(1, 2, 3)), outcome(lambda: point.z))
    print(outcome(lambda: Pair._make([1])), outcome(lambda: namedtuple("Bad", "a a")))
    print("%s %s" % point, "{0.x} {0[1]}".format(point), f"{point.y:02d}")
    print(max(Point(1, 9), Point(2, 0)), Point(*[1, 2]), Point(**{"x": 5}))


if __name__ == "__main__":
    main()
