"""Methods of lists at their edges: insertion anywhere, sorting that fails, searching."""


class Odd:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __eq__(self, other):
        self.log.append(f"== {other}")
        return other == 3

    def __lt__(self, other):
        raise ArithmeticError("no order")


def outcome(action):
    try:
        return action()
    except (ValueError, IndexError, TypeError, ArithmeticError) as error:
        return type(error).__name__


def merged(a: list[int], b: list[int]) -> list[int]:
    result, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            result.append(a[i])
            i += 1
        else:
            result.append(b[j])
            j += 1
    return result + a[i:] + b[j:]


def quick(items: list[int]) -> list[int]:
    if len(items) < 2:
        return items
    pivot, *rest = items
    return quick([x for x in rest if x < pivot]) + [pivot] + quick([x for x in rest if x >= pivot])


def main():
    items = [1, 2]
    items.insert(0, "first")
    items.insert(99, "last")
    items.insert(-1, "before last")
    items.insert(-99, "very first")
    print(items, items.pop(), items.pop(0), items.pop(-2), items, items.index(1), items.count(1.0))
    items += "ab"
    items.extend({"k": 1})
    items.extend(items)
    print(items, items.reverse(), items, items.copy() is items, items * 0, [1] * 3 + [2], [[]] * 2)
    for wrong in (
        lambda: [].pop(),
        lambda: [1].pop(5),
        lambda: [1].remove(2),
        lambda: [1].index(1, 1),
        lambda: [1].insert("a", 1),
        lambda: [1] + (2,),
        lambda: [1] * 1.5,
        lambda: [1].extend(5),
        lambda: [3, "a", 1].sort(),
    ):
        print(outcome(wrong), end=" ")
    log: list[str] = []
    odd = Odd(log)
    print([1, 2, 3, 4].index(odd), [odd, 1].count(odd), odd in [1, 3, 5], [5, odd].index(3), log)
    numbers = [5, -3, 2, -8]
    numbers.sort(key=abs, reverse=True)
    stable = sorted(["bb", "a", "cc", "d"], key=len)
    print(numbers, stable, sorted(stable, key=len, reverse=True))
    print(outcome(lambda: [1, odd, 2].sort()), sorted([True, 0, 0.5, -1]))
    print(sorted("b a".split(), key=None))
    broken = [3, 1, 2]
    print(outcome(lambda: broken.sort(key=lambda x: broken.append(x))))
    print(outcome(lambda: broken.sort(key=5)), merged([1, 4, 6], [2, 4, 9]), quick([3, 6, 1, 3, 2]))
    nested = [[1, [2]], [3]]
    shallow = list(nested)
    shallow[0][1].append(4)
    shallow.append(5)
    selfish: list = [1]
    selfish.append(selfish)
    print(nested, selfish, selfish[1][1] is selfish, [1, 2] < [1, 3], [] == [])
    print([0] * 3 == [0, 0, 0], list("ab") == ["a", "b"], [*range(3)][::-1])


if __name__ == "__main__":
    main()
