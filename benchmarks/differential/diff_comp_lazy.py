"""Generator expressions: the first iterable at once, all else when it is asked for."""


def note(log: list[str], name: str, value):
    log.append(name)
    return value


def main():
    log: list[str] = []
    lazy = (
        note(log, f"give {a}{b}", a)
        for a in note(log, "first", "xy")
        for b in note(log, "second", [1])
    )
    log.append("made")
    print(next(lazy), log, list(lazy), log[-2:])
    factor = 2
    scaled = (n * factor for n in range(3))
    factor = 10
    source = [1, 2]
    doubled = (n * 2 for n in source)
    source.append(3)
    source = [9]
    print(list(scaled), list(doubled), source)
    later = (m for n in [1] for m in None)
    try:
        next(later)
    except TypeError:
        print("the second one later", list(later))
    divided = (6 // n for n in (3, 0, 2))
    print(next(divided))
    try:
        next(divided)
    except ZeroDivisionError:
        print("ended by an error", list(divided), next(divided, "none"))
    squares = (n * n for n in range(10))
    print(4 in squares, 16 in squares, next(squares), sum(squares), sum(squares))
    closed = (n for n in range(3))
    next(closed)
    closed.close()
    print(list(closed), any(n > 1 for n in iter(range(9))), all(n < 3 for n in range(3)))
    print("".join(c for c in "abc"))
    shared = iter(range(6))
    evens, rest = (n for n in shared if n % 2 == 0), shared
    print(next(evens), next(rest), next(evens), list(rest), list(evens))
    print(dict((k, k * 2) for k in "ab"))
    nested = ((i + j for j in range(2)) for i in range(2))
    print([list(one) for one in nested], list(zip(*[(n for n in range(4))] * 2)))
    print(max(len(w) for w in ("a", "bbb")))


if __name__ == "__main__":
    main()
