"""Sets: algebra, relations, frozen ones as keys, what cannot be a member."""


def main() -> None:
    small, big = {1, 2, 3}, set(range(2, 8))
    print(sorted(small | big), sorted(small & big), sorted(small - big), sorted(small ^ big))
    print(small <= big, {2, 3} < big, small.isdisjoint({9}), {1, 2} == {2, 1}, small >= set())
    small.update([5, 5], (6,))
    small.discard(99)
    small -= {1, 2}
    print(sorted(small), len(small), 5 in small, frozenset(small) == small)
    table = {frozenset({1, 2}): "pair", frozenset(): "none"}
    print(table[frozenset((2, 1))], table[frozenset()])
    for action in (lambda: {[1]}, lambda: small.remove(99), lambda: set().pop()):
        try:
            action()
        except (TypeError, KeyError) as error:
            print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
