"""in and not in: text, bytes, ranges, mappings, generators, and what classes offer."""


class Contains:
    def __contains__(self, value):
        return value if isinstance(value, list) else []


class Iterates:
    def __iter__(self):
        for number in (1, 2, 3):
            print("at", number, end=" ")
            yield number


class Indexed:
    def __getitem__(self, index: int) -> int:
        if index > 4:
            raise IndexError
        return index * 10


class Refuses:
    __contains__ = None

    def __iter__(self):
        return iter([1])


def main():
    print("" in "", "" in "abc", "bc" in "abc", "ac" in "abc", "\n" not in "a\nb", "ab" in ["abc"])
    print(97 in b"abc", b"bc" in b"abc", b"" in b"", 300 in [300], 1.0 in (1,), True in {1: 0})
    print(5 in range(0, 10, 5), 5.0 in range(10), 5.5 in range(10), 10**30 in range(10**31))
    print(-1 in range(3))
    print("a" in {"a": 1}, 1 in {"a": 1}.values(), ("a", 1) in {"a": 1}.items(), None in [None])
    print([1] in Contains(), 0 in Contains(), [] not in Contains(), 2 in Iterates())
    print(9 in Iterates())
    print(30 in Indexed(), 35 in Indexed(), 3 in (x for x in range(5)), [] in [[]], {} in [[]])
    numbers = iter(range(6))
    print(3 in numbers, list(numbers), 3 in numbers)
    for wrong in (
        lambda: 1 in "abc",
        lambda: "a" in b"abc",
        lambda: 1 in 5,
        lambda: 1 in Refuses(),
    ):
        try:
            print(wrong())
        except TypeError:
            print("error: cannot contain")
    for wrong in (lambda: 256 in b"abc", lambda: [] in {1}):
        try:
            print(wrong())
        except (ValueError, TypeError) as error:
            print("error:", type(error).__name__)
    print(not 1 in [1], not (1 in [2]) == True, 1 in [1] == True)


if __name__ == "__main__":
    main()
