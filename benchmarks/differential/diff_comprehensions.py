"""Comprehensions of every kind: nested, filtered, with a scope of their own."""


def main() -> None:
    name = "outer"
    print([name for name in ("a", "b")], name)
    print([(x, y) for x in range(3) for y in range(x) if (x + y) % 2])
    print([[cell * 2 for cell in row] for row in ((1, 2), (3, 4))])
    print({letter: len(word) for word in ("apple", "avocado", "bean") for letter in word[:1]})
    print(sorted({number % 4 for number in range(20)}), sum(x * x for x in range(10)))
    functions = [lambda: index for index in range(3)]
    bound = [lambda kept=index: kept for index in range(3)]
    print([function() for function in functions], [function() for function in bound])
    matrix = [[1, 2, 3], [4, 5, 6]]
    print(
        [list(column) for column in zip(*matrix, strict=True)], [x for row in matrix for x in row]
    )


if __name__ == "__main__":
    main()
