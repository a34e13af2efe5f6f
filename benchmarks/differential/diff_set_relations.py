"""Subsets and supersets, which are no total order, with sets and with other iterables."""


class Tagged(set):
    def __repr__(self) -> str:
        return f"Tagged({sorted(self)})"

    def __sub__(self, other):
        return "own difference"


def outcome(action):
    try:
        return action()
    except TypeError as error:
        return type(error).__name__


def main():
    sets = [set(), {1}, {1, 2}, {2, 3}, {1, 2, 3}]
    for one in sets:
        print(
            "".join(
                "<" if one < other else ">" if one > other else "=" if one == other else "|"
                for other in sets
            ),
            end=" ",
        )
        print([one <= other for other in sets], [one.isdisjoint(other) for other in sets])
    print({1} < {2}, {1} > {2}, {1} == {2}, {1} <= {1} < {1, 2} <= {1, 2} < {1, 2, 3})
    print(not {1} <= {2}, {1, 2} != {2, 1})
    print({1}.issubset([1, 2]), {1, 2}.issuperset((2,)), {1}.isdisjoint("ab"))
    print({1}.union("a") == {1, "a"}, {1, 2}.intersection([2, 2], {2}), set().issubset([]))
    print(outcome(lambda: {1} <= [1]), outcome(lambda: {1} < 5), {1} == [1])
    print(outcome(lambda: {1}.issubset(5)), outcome(lambda: {1} & (1,)), frozenset([1]) < {1, 2})
    tagged = Tagged([2, 1])
    print(tagged, tagged - {1}, {1, 5} - tagged, type(tagged | {3}).__name__)
    print(type({3} | tagged).__name__, type(tagged.copy()).__name__, tagged.union([9]) == {1, 2, 9})
    tagged -= {1}
    print(tagged, {1, 2} == Tagged([1, 2]), len(Tagged("aab")), sorted({1, 2} ^ {2, 3} ^ {3, 1}))
    print(sorted({*range(3), *"a"}, key=str))
    letters = {c for word in ("apple", "pear") for c in word if c not in "aeiou"}
    print(sorted(letters), sorted({(x, y) for x in range(3) for y in range(x)}))
    print({frozenset(p) for p in [(1, 2), (2, 1)]} == {frozenset((1, 2))})


if __name__ == "__main__":
    main()
