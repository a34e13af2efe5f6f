"""Several targets at once: swaps through indexes, rotations, chains, dependent targets."""


def gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def swapped(items: list[int], i: int, j: int) -> list[int]:
    items[i], items[j] = items[j], items[i]
    return items


def permuted(items: list[int]) -> list[int]:
    i = len(items) - 2
    while i >= 0 and items[i] >= items[i + 1]:
        i -= 1
    if i >= 0:
        j = len(items) - 1
        while items[j] <= items[i]:
            j -= 1
        items[i], items[j] = items[j], items[i]
    items[i + 1 :] = reversed(items[i + 1 :])
    return items


class Node:
    def __init__(self, name: str, after: "Node | None" = None) -> None:
        self.name, self.after = name, after


def main():
    a, b, c = 1, 2, 3
    a, b, c = c, a, b
    (a, b), c = (b, c), a
    print(a, b, c, gcd(1071, 462), gcd(2**64, 6**30), swapped([1, 2, 3], 0, -1))
    print(swapped([1, 2], 1, 1))
    items = [2, 0, 1]
    items[0], items[items[0]] = items[items[0]], items[0]
    print(items)
    i, numbers = 0, [0, 0, 0]
    i, numbers[i] = 1, 5
    numbers[i], i = i + 7, 2
    i = numbers[i] = 1
    print(numbers, i)
    x = y = z = []
    x.append(1)
    y, z = z + [2], y
    print(x, y, z, x is z)
    order = [1, 2, 3]
    for _ in range(6):
        print(permuted(order), end=" ")
    print()
    head: Node | None = Node("a", Node("b", Node("c")))
    back = None
    while head:
        head.after, back, head = back, head, head.after
    names = []
    while back:
        names.append(back.name)
        back = back.after
    print(names)
    table = {"k": 1}
    table["k"], table["l"] = table.get("l", 0), table["k"]
    (table["m"],), [*table["n"]] = "q", "rs"
    print(table)


if __name__ == "__main__":
    main()
