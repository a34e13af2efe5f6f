"""Default values: evaluated once, when the function is made, in order, and shared."""

LOG: list[str] = []


def note(name: str, value=None):
    LOG.append(name)
    return value


def decorate(name):
    LOG.append(f"decorator {name}")
    return lambda function: LOG.append(f"applied {name}") or function


@decorate("outer")
@decorate("inner")
def made(a=note("a", 1), *, k=note("k", 2), b=note("b", 3)):
    return (a, k, b)


def gather(item, into=[], seen={}):
    into.append(item)
    seen[item] = len(into)
    return into, seen


limit = 10


def limited(value, maximum=limit, *, twice=limit * 2):
    return min(value, maximum, twice), limit


def shared(step=iter(range(100))):
    return next(step)


class Counter:
    start = 5

    def count(self, by=start, label="n" * start):
        return by, label

    start = 99


def main():
    global limit
    print(LOG, made(), made(5, b=0))
    print(gather("x"), gather("y"), gather("z", []), gather("w", seen={}))
    limit = 1000
    print(limited(50), limited(50, 40), limited(50, 60, twice=70), shared(), shared())
    print(shared(iter("s")))
    print(Counter().count(), Counter().count(Counter.start), Counter.start)
    functions = []
    for n in range(3):

        def remembered(n=n, squares=[n * n]):
            squares.append(n)
            return squares

        functions.append(remembered)
    print([f() for f in functions], [f() for f in functions], functions[0](9, []))
    print((lambda a, b=limit: a + b)(1), (lambda *, k=note("lambda", 4): k)(), LOG[-1])
    nothing = object()
    given = lambda value=nothing: "none" if value is nothing else value
    print(given(), given(None), given(0))


if __name__ == "__main__":
    main()
