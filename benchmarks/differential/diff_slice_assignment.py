"""Assignment to slices and their deletion: sizes, steps, the list itself, iterators, in place."""


def outcome(action):
    try:
        action()
    except (ValueError, TypeError) as error:
        return type(error).__name__
    return "fine"


def main():
    items = list(range(6))
    items[2:4] = items
    print(items)
    items[1:1] = (n * 10 for n in range(3))
    items[::-1] = items[:]
    print(items, items[4:2], items[99:])
    items[4:2] = ["middle"]
    items[99:] = "ab"
    items[-2:-1] = []
    print(items)
    items[1:3] += ["more"]
    items[:2] *= 2
    items[::5] = items[::5][::-1]
    print(items)
    del items[::-3]
    del items[1:4], items[-1]
    print(items, len(items))
    items[:] = {"x": 1, "y": 2}
    items[len(items) :] = items
    print(items)
    items[0], items[1:], rest = [1, "ab", 3]
    print(items, rest)
    items[:] = []
    print(items, items[:], not items)
    numbers = list(range(5))
    print(outcome(lambda: numbers.__setitem__(slice(None, None, 2), [1, 2])))
    print(outcome(lambda: numbers.__setitem__(slice(0, 1), 5)))
    print(outcome(lambda: numbers.__setitem__(slice(None, None, -1), [])))
    print(outcome(lambda: numbers.__delitem__("a")), numbers)
    numbers[3:0:-1] = "abc"
    numbers[0:0], numbers[-1:] = [-1], [9, 9]
    print(numbers, [numbers[i:j] for i, j in ((0, 1), (1, 3), (-1, None))])
    rows = [[1, 2], [3, 4]]
    rows[0][:], rows[1] = rows[1], rows[0]
    rows[0] += [5]
    print(rows, rows[1][::-1][0])


if __name__ == "__main__":
    main()
