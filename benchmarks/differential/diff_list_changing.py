"""Lists that change while they are iterated, and loops whose bounds and variables change."""


def grow(items: list[int]) -> list[int]:
    for item in items:
        if len(items) < 8:
            items.append(item * 2)
    return items


def shrink(items: list[int]) -> tuple[list[int], list[int]]:
    seen = []
    for item in items:
        seen.append(item)
        items.remove(item)
    return seen, items


def replaced(items: list[int]) -> list[int]:
    seen = []
    for item in items:
        seen.append(item)
        items = [99]
    return seen + items


def cleared(items: list[int]) -> int:
    count = 0
    for _ in items:
        count += 1
        items.clear()
    return count


def overwritten(items: list[int]) -> list[int]:
    for index, item in enumerate(items):
        items[-index - 1] = item
    return items


def bounds(n: int) -> list[int]:
    seen = []
    for i in range(n):
        n = 0
        seen.append(i)
        i = 100
    return [*seen, i, n]


def by_while(items: list[int]) -> list[int]:
    index = 0
    while index < len(items):
        if items[index] % 2:
            del items[index]
        else:
            index += 1
    return items


def main():
    print(grow([1, 2]), shrink([1, 2, 3, 4, 5]), replaced([1, 2, 3]), cleared([1, 2, 3]))
    print(overwritten([1, 2, 3, 4]), bounds(3), by_while([1, 3, 4, 5, 6]))
    items = [1, 2, 3]
    iterator = iter(items)
    print(next(iterator), next(iterator), items.clear(), list(iterator), items.append(4))
    print(list(iterator))
    backwards = [1, 2, 3, 4]
    for item in reversed(backwards):
        backwards.remove(item)
    pairs = [1, 2, 3, 4]
    for a, b in zip(pairs, pairs[1:]):
        pairs[0] += b
    print(backwards, pairs, [items.append(n) or len(items) for n in range(3)], items)
    for n in (numbers := [3, 1, 2]):
        numbers.sort()
        print(n, end=" ")
    for row in (table := [[1], [2]]):
        row.append(len(table))
        table = table + [row] if len(table) < 3 else table
    print(numbers, table)
    keep = [n for n in range(10)]
    keep[:] = [n for n in keep if n % 3]
    for n in keep[:]:
        keep.remove(n) if n > 5 else keep.append(n)
    print(keep, sum(keep), keep.index(1, 1))


if __name__ == "__main__":
    main()
