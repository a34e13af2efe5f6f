"""Comparison of lists, tuples, text and bytes: element by element, by identity first."""


class Odd:
    def __eq__(self, other):
        return False


def main():
    nan, odd = float("nan"), Odd()
    print([nan] == [nan], [nan] == [float("nan")], (odd,) == (odd,), odd == odd, [odd] != [odd])
    print([1, 2] < [1, 2, 0], [1, 3] > [1, 2, 9], [] < [0], () == [], (1,) < (1, 0), [2] > [1, "a"])
    print("abc" < "abd", "Z" < "a", "a" < "aa", "" < "a", "\u00e9" > "z", "10" < "9", "a" == "A")
    print(b"a" < b"b", b"\xff" > b"a", b"a" == bytearray(b"a"), b"a" == "a", bytearray(b"b") > b"a")
    print([[1], [2]] < [[1], [2, 0]], ((1, 2), 3) < ((1, 3), 0), [(1, "b")] > [(1, "a")])
    print({1: 2} == {1: 2.0}, {1: [nan]} == {1: [nan]}, {1, 2} == frozenset({2, 1}), range(0) == [])
    print(range(3) == range(0, 3, 1), range(0, 5, 2) == range(0, 6, 2), range(0) == range(5, 1))
    for wrong in (lambda: [1] < ["a"], lambda: (1, None) < (1, None, 2), lambda: [1j] < [1j, 1]):
        try:
            print(wrong())
        except TypeError:
            print("no order")
    for wrong in (lambda: [1, "a"] < [1, 2], lambda: [1] < (1, 2), lambda: "a" < b"b"):
        try:
            print(wrong())
        except TypeError:
            print("no order")
    print([nan].index(nan), [1, nan].count(nan), nan in [nan], nan in [1.5], odd in (odd,))


if __name__ == "__main__":
    main()
