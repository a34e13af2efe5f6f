"""Calls that cannot be: nothing of the function runs, yet all arguments are evaluated."""


def positional(a, b, /, c, *, d=4):
    return a, b, c, d


def none() -> str:
    return "none"


def typed(a: int, b: str = "b") -> str:
    print("running")
    return b * a


class Thing:
    def __init__(self, size):
        self.size = size

    def method(self, x):
        return x

    @staticmethod
    def static(x):
        return x

    @classmethod
    def make(cls, size):
        return cls(size)


LOG: list[str] = []


def note(name: str):
    LOG.append(name)
    return name


def main():
    thing = Thing(1)
    calls = (
        lambda: positional(1),
        lambda: positional(1, 2),
        lambda: positional(1, 2, 3, 4),
        lambda: positional(1, b=2, c=3),
        lambda: positional(1, 2, c=3, e=5),
        lambda: positional(1, 2, 3, d=5),
        lambda: none(1),
        lambda: none(**{"x": 1}),
        lambda: typed(),
        lambda: typed(2, c=1),
        lambda: typed(2, "x", "y"),
        lambda: typed(a=2),
        lambda: typed(b="z"),
        lambda: Thing(),
        lambda: Thing(1, 2),
        lambda: thing.method(),
        lambda: thing.method(1, 2),
        lambda: thing.method(x=5),
        lambda: Thing.method(5),
        lambda: Thing.method(thing, x=6),
        lambda: thing.static(),
        lambda: Thing.make(size=3).size,
        lambda: thing.make(),
        lambda: typed(note("a"), note("b"), note("c")),
        lambda: note("function")(note("argument")),
        lambda: thing.size(note("called with")),
        lambda: len(),
        lambda: len([], []),
        lambda: max(),
        lambda: "".join(),
        lambda: [].append(1, 2),
        lambda: int(base=2),
        lambda: sorted([2, 1], None),
        lambda: print("x", end=None, wrong=1),
        lambda: LOG(),
        lambda: thing(),
    )
    for call in calls:
        try:
            print(call(), end=" ")
        except TypeError:
            print("-", end=" ")
    print()
    print(LOG)


if __name__ == "__main__":
    main()
