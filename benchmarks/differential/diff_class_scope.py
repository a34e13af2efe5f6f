"""The body of a class as code: conditions, loops, deleted names, names of outer scopes."""

from contextlib import nullcontext

x = "global x"


def function():
    x = "local x"

    class Reads:
        seen = x

    class Assigns:
        try:
            before = x
        except NameError:
            before = "not bound"
        x = "class x"
        after = x
        get = lambda self: x

    return Reads.seen, Assigns.before, Assigns.after, Assigns().get()


class Body:
    total = 0
    names = []
    for number in range(4):
        if number == 2:
            continue
        total += number
        names.append(f"n{number}")
    else:
        names.append("else")
    del number
    while total < 10:
        total *= 2
    try:
        missing
    except NameError:
        missing = "caught"
    with nullcontext("entered") as entered:
        pass
    x, (y, *z) = 1, "abc"

    def helper(value):
        return value * 2

    doubled = helper(21)

    def method(self):
        return self.doubled, x

    if total > 5:

        def chosen(self):
            return "big"
    else:

        def chosen(self):
            return "small"

    class Nested:
        outer_x = x

        def read(self):
            return x

    locals_seen = sorted(name for name in locals() if name in ("total", "names", "helper"))


class Redefined:
    def method(self):
        return "first"

    first = method

    def method(self):
        return "second"

    method.note = "kept"


def main():
    print(function())
    print(Body.total, Body.names, hasattr(Body, "number"), Body.missing, Body.entered, Body.x)
    print(Body.y, Body.z)
    print(Body.doubled, Body().method(), Body().chosen(), Body.Nested.outer_x, Body.Nested().read())
    print(Body.locals_seen)
    print(Redefined().first(), Redefined().method(), Redefined.method.note, Body.__name__)
    print(Body.Nested.__qualname__)


if __name__ == "__main__":
    main()
