"""Slices as objects: what __getitem__ is given, indices, __index__, and several dimensions."""


class Shown:
    def __getitem__(self, key):
        return key

    def __setitem__(self, key, value) -> None:
        print("set", key, value)

    def __delitem__(self, key) -> None:
        print("delete", key)


class At:
    def __init__(self, place: int) -> None:
        self.place = place

    def __index__(self) -> int:
        return self.place


def main():
    shown = Shown()
    print(shown[1], shown[1:2], shown[:], shown[::], shown[:2], shown[1::3], shown[::-1])
    print(shown[None:None:None])
    print(shown[1, 2], shown[1:2, ::3], shown[...], shown[..., 1], shown[()], shown[(1,)])
    print(shown["a":"b"], shown[1.5:])
    print(shown[1:2,], shown[-1], shown[lambda: 0 :].start(), shown[*[1, 2]], shown[*[], 3:4])
    print(shown[x := 5], x)
    shown[1:2] = 3
    shown[::2, 0] = 4
    del shown[1:], shown["k"]
    shown[1:2] = shown[3:4]
    for piece in (
        slice(5),
        slice(1, None, 2),
        slice(None, None, -1),
        slice(-3, -1),
        slice(9, 2, -3),
        slice(-99, 99),
    ):
        start, stop, step = piece.indices(7)
        print((start, stop, step), list(range(start, stop, step)) == list(range(7))[piece])
        print(piece.start, piece.step)
    text = "abcdefg"
    print(text[At(1) : At(-1)], list(text)[At(-2)], text[True:3], text[: -(2**80)], text[2**80 :])
    print(text[-(2**80) : 2**80 : 2])
    print(slice(1, 2) == slice(1, 2), slice(1) == slice(0, 1), slice(1, 2) < slice(1, 3))
    print(repr(slice(1, "a")), [1, 2, 3][slice(0, 2)])
    for wrong in (
        lambda: text["a":],
        lambda: text[1.0],
        lambda: text[::0],
        lambda: list(text)[1, 2],
        lambda: slice(1).indices(-1),
    ):
        try:
            print(wrong())
        except (TypeError, ValueError) as error:
            print(type(error).__name__, end=" ")
    print()


if __name__ == "__main__":
    main()
