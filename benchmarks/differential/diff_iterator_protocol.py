"""What loops and functions ask of iterators: ends that stay, hints, fallbacks, order of asking."""

LOG: list[str] = []


class Noted:
    def __init__(self, name: str, count: int) -> None:
        self.name, self.left = name, count

    def __iter__(self):
        LOG.append(f"iter {self.name}")
        return self

    def __next__(self):
        LOG.append(f"next {self.name}")
        if self.left == 0:
            raise StopIteration
        self.left -= 1
        return f"{self.name}{self.left}"

    def __length_hint__(self):
        return 1000


class Revived:
    def __init__(self) -> None:
        self.calls = 0

    def __iter__(self):
        return self

    def __next__(self) -> int:
        self.calls += 1
        if self.calls == 2:
            raise StopIteration
        return self.calls


class ByIndex:
    def __getitem__(self, index: int) -> int:
        if index == 3:
            raise StopIteration("also an end")
        return index


class Fails:
    def __iter__(self):
        return 5


class NotIterable:
    __iter__ = None

    def __getitem__(self, index: int) -> int:
        return index


def outcome(action):
    try:
        return action()
    except (TypeError, ValueError, StopIteration) as error:
        return type(error).__name__


def shown(value) -> None:
    print(value, LOG)
    LOG.clear()


def main():
    shown(list(zip(Noted("a", 1), Noted("b", 3))))
    shown(list(zip(Noted("a", 3), Noted("b", 1))))
    shown(list(map(lambda x, y: x + y, Noted("a", 1), Noted("b", 9))))
    shown([any(Noted("a", 2)), all(map("b".__eq__, Noted("b", 3))), "c1" in Noted("c", 3)])
    shown(max(Noted("m", 2)))
    first, *rest = Noted("u", 2)
    shown((first, rest, [*Noted("s", 1)], outcome(lambda: dict(Noted("d", 1)))))
    shown(dict([Noted("d", 2)]))
    for value in Noted("l", 3):
        if value == "l1":
            break
    shown(value)
    revived = Revived()
    print(list(revived), next(revived), list(zip(revived, "ab")), revived.calls, list(ByIndex()))
    print(2 in ByIndex())
    for wrong in (
        lambda: list(Fails()),
        lambda: list(NotIterable()),
        lambda: iter(5),
        lambda: next([]),
        lambda: list(zip([1], 5)),
        lambda: reversed({1}),
        lambda: [*None],
        lambda: sum("ab"),
        lambda: next(iter(())),
    ):
        print(outcome(wrong), end=" ")
    values = iter([1, 2, 3, None, 4])
    print(list(iter(values.__next__, None)), list(values), list(iter(lambda: 1, 1)))
    print(sorted(iter("ba")), tuple(reversed([1, 2])), list(filter(None, [0, 1])))
    once = map(str, [1, 2])
    print(list(once), list(once), list(enumerate(enumerate("a"))))
    print([list(x) for x in zip(*["ab", "cd"])], next(iter({}), "none"), sum([[1], [2]], []))


if __name__ == "__main__":
    main()
