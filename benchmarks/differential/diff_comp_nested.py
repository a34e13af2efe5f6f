"""Nested loops and conditions in comprehensions, targets that unpack, and results of every kind."""


def primes(limit: int) -> list[int]:
    return [n for n in range(2, limit) if all(n % d for d in range(2, int(n**0.5) + 1))]


def flattened(tree) -> list:
    return [
        leaf for part in tree for leaf in (flattened(part) if isinstance(part, list) else [part])
    ]


def transposed(rows: list[list[int]]) -> list[list[int]]:
    return [[row[column] for row in rows] for column in range(len(rows[0]))]


def multiplied(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def queens(size: int) -> list[tuple[int, ...]]:
    boards: list[tuple[int, ...]] = [()]
    for row in range(size):
        boards = [
            (*board, column)
            for board in boards
            for column in range(size)
            if all(column != c and row - r != abs(column - c) for r, c in enumerate(board))
        ]
    return boards


def main():
    print(primes(50), flattened([1, [2, [3, [], 4]], [[5]]]), transposed([[1, 2], [3, 4], [5, 6]]))
    print(multiplied([[1, 2], [3, 4]], [[0, 1], [1, 0]]), queens(4), len(queens(6)))
    print(
        [
            (a, b, c)
            for a in range(1, 15)
            for b in range(a, 15)
            for c in range(b, 18)
            if a * a + b * b == c * c
        ]
    )
    print([first for first, *_ in ["abc", "de"]], [(k, v) for k, (v, *_) in {"x": [1, 2]}.items()])
    print([a for (a,) in [(1,)]], [b for [b] in [[2]]])
    print(
        {
            word[0]: {other for other in ["ab", "ac", "b"] if other[0] == word[0]} == {word}
            for word in ["ab", "b"]
        }
    )
    print({(x, y): x * y for x in range(3) for y in range(x) if x != y})
    print(sorted({x + y for x in (1, 2) for y in (10, 20)}))
    target = [0]
    print([target[0] for target[0] in range(3)], target)
    print(["".join(c for c in w if c.isupper()) for w in ("aB", "CD")])
    print([(lambda n: n * k)(3) for k in range(3)], [[] for _ in range(2)], [() for _ in ()])
    print([not n for n in (0, 1)], [n or -1 for n in (0, 2)])
    print([x for x in (y for y in (z for z in range(3)))], [i for i in range(3) for i in range(i)])
    print([f"{n:02}" for n in range(2)])


if __name__ == "__main__":
    main()
