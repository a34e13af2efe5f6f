"""__slots__: no other attributes, inherited, deleted, beside properties and class attributes."""


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x=0, y=0) -> None:
        self.x, self.y = x, y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)


class Named(Point):
    __slots__ = ("name", "__private")

    def __init__(self, name: str) -> None:
        super().__init__(1, 2)
        self.name = name
        self.__private = "p"

    @property
    def private(self) -> str:
        return self.__private


class Open(Point):
    pass


class Single:
    __slots__ = "one"


class WithDict:
    __slots__ = ("a", "__dict__")
    b = "class"


class Shadowing(Point):
    __slots__ = ()
    x = "class attribute"


def outcome(action):
    try:
        return action()
    except (AttributeError, TypeError, ValueError) as error:
        return type(error).__name__


def main():
    point, named = Point(1, 2), Named("n")
    print(point.x, named.name, named.private, point == Named("m"), hasattr(point, "__dict__"))
    print(Point.__slots__, Named.__slots__)
    print(outcome(lambda: setattr(point, "z", 1)), outcome(lambda: vars(point)))
    print(outcome(lambda: setattr(named, "other", 1)), outcome(lambda: point.z))
    del point.x
    print(outcome(lambda: point.x), hasattr(point, "x"), outcome(lambda: delattr(point, "x")))
    print(point.y, outcome(lambda: Single().one))
    point.x = "back"
    opened = Open(3)
    opened.extra = "fine"
    print(point.x, vars(opened), opened.x, type(Point.x).__name__, Point.x.__get__(named))
    print(Point.__dict__["x"].__name__)
    Point.y.__set__(point, 9)
    single, mixed = Single(), WithDict()
    single.one = 1
    mixed.a, mixed.c = 2, 3
    mixed.b = "instance"
    print(point.y, single.one, mixed.a, vars(mixed), WithDict.b)
    print(outcome(lambda: setattr(single, "two", 2)))
    print(Shadowing.x, outcome(lambda: Shadowing()))
    print(outcome(lambda: type("Clash", (), {"__slots__": ("a",), "a": 1})))
    print(outcome(lambda: type("Bad", (), {"__slots__": ("1a",)})))
    print(outcome(lambda: type("Two", (Point, Single), {})), outcome(lambda: hash(point)))
    print(sorted(n for n in dir(named) if "private" in n), outcome(lambda: Point.x.__get__(5)))


if __name__ == "__main__":
    main()
