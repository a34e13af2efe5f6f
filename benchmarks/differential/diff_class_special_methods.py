"""Special methods are looked up on the type; how truth, length, containment and calls use them."""


class Sized:
    def __init__(self, size) -> None:
        self.size = size

    def __len__(self):
        return self.size


class Truth(Sized):
    def __bool__(self):
        return self.size == "yes"


class Plain:
    pass


class Sequence:
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index):
        if isinstance(index, slice):
            return f"slice {index.indices(3)}"
        if not -3 <= index < 3:
            raise IndexError(index)
        return f"item {index}"


class Callable:
    def __call__(self, *args, **kwargs):
        return args, kwargs


class Everything:
    def __dir__(self):
        return ["z", "a"]

    def __sizeof__(self):
        return 1

    def __hash__(self):
        return -1

    def __length_hint__(self):
        return 10

    def __iter__(self):
        return iter((1, 2))

    def __reversed__(self):
        return "not an iterator"

    def __round__(self, digits=None):
        return f"rounded {digits}"

    def __divmod__(self, other):
        return "divmod"

    def __complex__(self):
        return 1j

    def __abs__(self):
        return "abs"

    def __index__(self):
        return 5


def outcome(action):
    try:
        return action()
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        return type(error).__name__


def main():
    print([bool(one) for one in (Sized(0), Sized(2), Truth("yes"), Truth(0), Plain())])
    print(not Sized(0), Sized(0) or "empty", Truth("yes") and 1)
    print(outcome(lambda: len(Sized(-1))), outcome(lambda: len(Sized("x"))))
    print(outcome(lambda: len(Sized(True))), outcome(lambda: bool(Sized(-1))))
    print(outcome(lambda: len(Plain())))
    plain = Plain()
    plain.__len__ = lambda: 5
    plain.__call__ = lambda: "called"
    print(outcome(lambda: len(plain)), outcome(lambda: plain()), plain.__len__(), callable(plain))
    print(outcome(lambda: plain[0]))
    Plain.__len__ = lambda self: 7
    print(len(plain), bool(plain), plain.__len__())
    sequence = Sequence()
    print(list(sequence), "item 1" in sequence, sequence[-1], sequence[1:])
    print(list(reversed(sequence)), outcome(lambda: sequence[5]), max(sequence), [*sequence][::2])
    print(Callable()(1, k=2), Callable().__call__(), callable(Callable()), [*map(Callable(), "a")])
    print(Callable()(*[1], **{"x": 1}))
    every = Everything()
    print(dir(every), hash(every), list(every), reversed(every), round(every), round(every, 2))
    print(divmod(every, 1), complex(every), abs(every), hex(every), "abcdefg"[every], 5 in every)
    for wrong in (
        lambda: iter(plain),
        lambda: next(sequence),
        lambda: -plain,
        lambda: plain + 1,
        lambda: plain < plain,
        lambda: hash([]),
        lambda: plain @ plain,
        lambda: {}[[]],
    ):
        print(outcome(wrong), end=" ")
    print()


if __name__ == "__main__":
    main()
