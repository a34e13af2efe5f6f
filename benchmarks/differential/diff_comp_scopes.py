"""Where the names of comprehensions live: in class bodies, nested, beside outer names, with :=."""

x = "global"


def inside():
    x = "local"

    class Body:
        x = "class"
        items = [1, 2]
        first = [x for _ in items]
        nested = [[x for _ in range(1)] for _ in range(1)]
        from_items = [item + 1 for item in items]
        lazily = (x for _ in items)
        functions = [lambda: x for _ in items]

    return [
        Body.first,
        Body.nested,
        Body.from_items,
        list(Body.lazily),
        Body.functions[0](),
        Body.x,
    ]


def leaks(values: list[int]):
    total = 0
    running = [total := total + value for value in values]
    last = [(kept := value) for value in values if value % 2]
    any((witness := value) > 2 for value in values)
    return total, running, last, kept, witness


def shadowed(x: int):
    squares = [x * x for x in range(x)]
    return squares, x, {x: y for x, y in enumerate("ab", x)}, [x for x in [x, x + 1]], x


def main():
    print(inside(), x)
    print(leaks([1, 2, 3, 4]), shadowed(3))
    i = "outer"
    print([i for i in range(2)], {i for i in [5]}, {i: i for i in "k"}, list(i for i in "g"), i)
    makers = [lambda: i for i in range(3)]
    kept = [lambda i=i: i for i in range(3)]
    print([make() for make in makers], [make() for make in kept], i)
    table = [[f"{row}{column}" for column in range(row)] for row in range(3)]
    print(table, [y for y in [x for x in "ab"]], [[x for x in y] for y in ["ab", "c"]], x)
    try:
        [later for _ in range(2) for later in unknown]
    except NameError as error:
        print(type(error).__name__)
    try:
        [before for before in [before]]
    except NameError as error:
        print(type(error).__name__)


if __name__ == "__main__":
    main()
