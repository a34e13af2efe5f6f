"""Augmented assignment, del, assert, pass, loops with else, nested breaks."""


def main() -> None:
    number, text, items = 7, "ab", [1, 2]
    same = items
    number **= 2
    number //= 5
    number %= 4
    number <<= 3
    number |= 1
    number ^= 0b1010
    text += "c"
    text *= 2
    items += [3]
    items *= 2
    print(number, text, items, same is items)
    del items[0], same[-1]
    print(items, len(same))
    try:
        assert len(items) == 0, f"{len(items)} left"
    except AssertionError as error:
        print("error:", error)
    found = []
    for outer in range(2, 20):
        for divisor in range(2, outer):
            if outer % divisor == 0:
                break
        else:
            found.append(outer)
    print(found)
    while items:
        items.pop()
        if len(items) == 2:
            break
    else:
        print("never")
    table = {"a": 1, "b": 2}
    del table["a"], items[:]
    try:
        del table["a"]
    except KeyError as error:
        print("error:", error, table, items)


if __name__ == "__main__":
    main()
