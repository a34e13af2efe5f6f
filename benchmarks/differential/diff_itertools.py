"""itertools: combinatorics, grouping, accumulation, slicing of endless streams."""

import itertools as it
from operator import mul


def main() -> None:
    print(list(it.permutations("abc", 2)), list(it.combinations(range(4), 2)))
    print(list(it.product("ab", repeat=2)), list(it.combinations_with_replacement("ab", 2)))
    print([(key, len(list(group))) for key, group in it.groupby("aaabbc")])
    print(list(it.accumulate([1, 2, 3, 4], mul, initial=1)), list(it.chain("ab", [1], ())))
    print(list(it.islice(it.count(5, 3), 2, 8, 2)), list(it.islice(it.cycle("xy"), 5)))
    print(list(it.takewhile(lambda x: x < 3, range(9))), list(it.dropwhile(str.isalpha, "ab1c")))
    print(list(it.zip_longest("abc", "d", fillvalue="-")), list(it.pairwise("abcd")))
    print(list(it.compress("abcd", [1, 0, 1, 0])), list(it.starmap(pow, [(2, 3), (3, 2)])))
    first, second = it.tee(iter(range(3)))
    print(next(first), list(second), list(first), list(it.repeat("r", 2)))
    print(
        list(it.filterfalse(lambda x: x % 2, range(6))), list(it.chain.from_iterable(["ab", "c"]))
    )


if __name__ == "__main__":
    main()
