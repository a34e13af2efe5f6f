"""any, all, sum, min, max, sorted and reduce: what is asked, in which order, and what comes out."""

from functools import reduce


def note(log: list, value):
    log.append(value)
    return value


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


class Size:
    def __init__(self, n: int) -> None:
        self.n = n

    def __gt__(self, other) -> bool:
        return self.n > other.n

    def __add__(self, other):
        return Size(self.n + getattr(other, "n", other))

    __radd__ = __add__


def main():
    log: list = []
    print(any(note(log, n) for n in (0, "", 5, 6)), all(note(log, n) for n in (1, 0, 2)), log)
    print(any([]), all([]), any([[]]), all([[]]), any(x > 2 for x in [1, 3]))
    print(all(c.isdigit() for c in ""), not any([0, None]))
    print(sum([]), sum([1, 2], 10), sum([[1], [2]], []), sum((1.5, 2)), sum([True, True]))
    print(sum([2**62] * 4), sum(x * x for x in range(5)), sum([Size(1), Size(2)]).n)
    print(sum([1], start=5))
    print(min(3, 1, 2), max([3, 1]), min("hello"), max("a", "B", key=str.lower))
    print(min([], default=None), max((1, "a"), (1, "b")), min(1, 1.0), max(1.0, 1))
    print(max([1, 3, -5], key=abs), min({3: 0, 2: 1}))
    print(max(Size(1), Size(5), Size(5)).n, max(["aa", "b", "cc"], key=len))
    print(min(["aa", "b", "c"], key=len), sorted({3, 1, 2}, reverse=True))
    print(sorted([(1, "b"), (1, "a")], key=lambda p: p[0]))
    print(reduce(lambda a, b: f"({a}{b})", "abcd"), reduce(lambda a, b: a + b, [], 0))
    print(reduce(max, [3, 9, 4]), reduce(lambda a, b: {**a, b: len(b)}, ["x", "yy"], {}))
    print(list(map(max, [1, 5], [3, 2])), list(filter(str.isalpha, "a1b")))
    print(list(zip("ab", [1, 2], (3, 4))), dict(enumerate("ab")), list(reversed(range(3))))
    print(divmod(-7, 2), abs(-(2**63)))
    for wrong in (
        lambda: sum("ab", ""),
        lambda: sum(["a"]),
        lambda: min(),
        lambda: min([]),
        lambda: max(5),
        lambda: max([1], key=5),
        lambda: sorted([1, None]),
        lambda: reduce(max, []),
        lambda: min(1, 2, default=3),
        lambda: sum([[1]]),
    ):
        print(outcome(wrong), end=" ")
    print()
    calls: list = []
    print(sorted("cab", key=lambda c: note(calls, c)), calls)
    print(min([3, 1, 2], key=lambda n: note(calls, -n)), calls[3:])
    print(hash((1, "a")) == hash((1, "a")), pow(2, 10, 1000), round(-2.5), len(range(5, 50, 7)))
    print(isinstance(True, (str, int)), callable(print), ord("a"), bin(-5), oct(8), hex(255))
    print(chr(97), ascii("\u00e9"))


if __name__ == "__main__":
    main()
