"""Iterators: classes with __iter__ and __next__, iter with a sentinel, __getitem__."""


class Countdown:
    def __init__(self, start: int) -> None:
        self.now = start

    def __iter__(self) -> "Countdown":
        return self

    def __next__(self) -> int:
        if self.now <= 0:
            raise StopIteration
        self.now -= 1
        return self.now + 1


class Squares:
    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> int:
        if index >= 5:
            raise IndexError(index)
        return index * index

    def __contains__(self, value: object) -> bool:
        return value == "anything"


def main() -> None:
    countdown = Countdown(3)
    print(list(countdown), list(countdown), list(Squares()), "anything" in Squares())
    print(list(reversed(Squares())), max(Squares()), [*Squares()][1:3])
    values = iter([1, 2, 0, 3])
    print(list(iter(lambda: next(values), 0)), next(values), next(values, "end"))
    for number in (5, 6):
        if number > 9:
            break
    else:
        print("no break, last", number)


if __name__ == "__main__":
    main()
