"""functools: partial, lru_cache, singledispatch, total_ordering, reduce."""

from functools import lru_cache, partial, reduce, singledispatch, total_ordering


@lru_cache(maxsize=2)
def square(n: int) -> int:
    return n * n


@singledispatch
def describe(value: object) -> str:
    return "something"


@describe.register(int)
def _(value: object) -> str:
    return f"integer {value}"


@describe.register(list)
def _(value: list) -> str:
    return f"list of {len(value)}"


@total_ordering
class Size:
    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.n == other.n

    def __lt__(self, other: "Size") -> bool:
        return self.n < other.n


def main() -> None:
    print([square(n) for n in (1, 2, 1, 3, 2)], square.cache_info())
    print(describe(5), describe([1, 2]), describe("x"), describe(True))
    print(Size(1) <= Size(2), Size(3) >= Size(3), max(Size(4), Size(9)).n)
    base_two = partial(int, base=2)
    print(base_two("1011"), base_two.keywords, partial(print, "a", sep="-")("b", "c"))
    print(reduce(lambda a, b: a * 10 + b, [1, 2, 3], 0), reduce(max, [3, 9, 2]))


if __name__ == "__main__":
    main()
