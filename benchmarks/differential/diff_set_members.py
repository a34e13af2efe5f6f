"""What is the same member: equality and hash of one's own, frozen sets, sets as questions."""


class Word:
    def __init__(self, text: str) -> None:
        self.text = text

    def __hash__(self) -> int:
        return len(self.text)

    def __eq__(self, other):
        return isinstance(other, Word) and self.text.lower() == other.text.lower()


class Unequal:
    __hash__ = None


def outcome(action):
    try:
        return action()
    except (TypeError, AttributeError) as error:
        return type(error).__name__


def unique(items):
    seen = set()
    return [item for item in items if not (item in seen or seen.add(item))]


def main():
    words = {Word("One"), Word("two"), Word("ONE")}
    print(sorted(word.text for word in words), Word("TWO") in words, Word("three") in words)
    print("one" in words)
    nested = {frozenset({1, 2}), frozenset()}
    print({1, 2} in nested, set() in nested, frozenset({2, 1}) in nested, len(nested))
    print({2} in nested)
    nested.discard({1, 2})
    print([sorted(one) for one in nested], outcome(lambda: nested.add({1})), outcome(lambda: {{1}}))
    print(outcome(lambda: hash(frozenset([1, []]))))
    nan = float("nan")
    print(len({nan, nan}), len({nan, float("nan")}), nan in {nan}, len({0, 0.0, -0.0, False}))
    print(len({1, True, 1.0, 1 + 0j}), 2**64 in {2.0**64})
    print(unique([3, 1, 3.0, "3", 1, True, "3"]), unique(list("mississippi")))
    print(outcome(lambda: {Unequal()}), outcome(lambda: [] in {1}))
    print(frozenset("ab") == {"a", "b"}, {frozenset("ab"): 1}[frozenset("ba")])
    print(hash(frozenset((1, 2))) == hash(frozenset((2, 1))), isinstance(frozenset(), set))
    print(type(frozenset([1]) | {2}).__name__, type({2} | frozenset([1])).__name__)
    print(frozenset(frozenset([1])) == {1}, outcome(lambda: frozenset().add))
    print(any(set()), all(set()), bool({0}), max({3, 1}), sum({1, 2, 2}), len(set("hello")))
    print(sorted(set("hello") & set("world")), [*{5}])


if __name__ == "__main__":
    main()
