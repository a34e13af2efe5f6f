"""Values of yield within expressions, generators in themselves, recursion, and many at once."""


def expressions():
    total = (yield "a") + (yield "b") * (yield "c")
    items = [(yield total), (yield)]
    text = f"{(yield items)}!"
    if (yield text) and (yield "second"):
        items[(yield "index")] = yield "value"
    return (yield items) or (yield "last")


def reentrant():
    try:
        next(running)
    except ValueError as error:
        yield type(error).__name__
    yield "still fine"


def permutations(items: list[int]):
    if len(items) < 2:
        yield items
    for place, item in enumerate(items if len(items) > 1 else []):
        for rest in permutations(items[:place] + items[place + 1 :]):
            yield [item, *rest]


def inorder(tree):
    if tree:
        left, value, right = tree
        yield from inorder(left)
        yield value
        yield from inorder(right)


def merged(a, b):
    x, y = next(a, None), next(b, None)
    while x is not None or y is not None:
        if y is None or (x is not None and x <= y):
            yield x
            x = next(a, None)
        else:
            yield y
            y = next(b, None)


def sieve():
    number, composites = 2, {}
    while True:
        for prime in composites.pop(number, None) or [(yield number)] and [number]:
            composites.setdefault(number + prime, []).append(prime)
        number += 1


running = reentrant()


def main() -> None:
    machine = expressions()
    print(next(machine))
    print([machine.send(value) for value in (1, 2, 3, "x", "y", 7, True, True, "new", 0)])
    try:
        print(machine.send(None), machine.send("end"))
    except StopIteration as stop:
        print("returned", stop.value)
    print(list(running), list(permutations([1, 2, 3])))
    print(list(inorder(((None, 1, None), 2, (None, 3, (None, 4, None))))))
    print(list(merged(iter([1, 4, 6]), iter([2, 4, 5, 9]))))
    print([prime for prime, _ in zip(sieve(), range(15))])
    a, b = sieve(), sieve()
    print(next(a), next(a), next(b), next(a), next(b), a is iter(a), type(a).__name__)
    yielding = lambda n: [(yield n), (yield n + 1)]
    print(list(yielding(5)), [list(g) for g in [(c for c in w) for w in ("ab", "c")]])


if __name__ == "__main__":
    main()
