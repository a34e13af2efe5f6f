"""The array module: ranges of its types, slices, bytes of either order, mixing."""

from array import array


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        return type(error).__name__


def running(values: array) -> array:
    result = array("q")
    total = 0
    for value in values:
        total += value
        result.append(total)
    return result


def main():
    small = array("b", [-128, 127, 0])
    print(small, small.itemsize, small[0], small[-1], small[::-1], small + array("b", [1]))
    print(small * 2, len(small))
    for code, value in (
        ("b", 128),
        ("B", -1),
        ("h", 2**15),
        ("H", 2**16),
        ("i", 2**31),
        ("q", 2**63),
        ("Q", -1),
        ("f", "x"),
    ):
        print(code, outcome(lambda: array(code, [value])), end="; ")
    print(array("i", [2**31 - 1])[0] + 1, array("q", [-(2**63)])[0] - 1, array("f", [0.1])[0])
    print(array("d", [0.1])[0])
    numbers = array("H", [1, 256, 65535])
    numbers.byteswap()
    print(numbers, outcome(lambda: numbers.append(-1)), numbers.count(256), numbers.index(1))
    print(256 in numbers)
    numbers[1:2] = array("H", [7, 8, 9])
    numbers.extend([3, 4])
    del numbers[::2]
    numbers.insert(1, 99)
    numbers.reverse()
    print(numbers, numbers.pop(), numbers.tolist(), numbers == array("i", numbers.tolist()))
    print(numbers < array("H", [9]))
    print(running(array("i", [2**31 - 1, 1, -5])), type(small[0]).__name__)
    print(outcome(lambda: numbers.__setitem__(slice(0, 1), [1])), outcome(lambda: numbers + small))
    print(outcome(lambda: array("z")))
    data = array("q", [1, -1]).tobytes()
    back = array("q")
    back.frombytes(data)
    print(len(data), back, outcome(lambda: back.frombytes(b"abc")), memoryview(back)[1])
    print(bytes(array("B", b"raw")), sum(back))
    print([value for value in array("d", [1, 2.5])])
    print(array("d", [float("nan")]) == array("d", [float("nan")]), array("i") == array("i"))


if __name__ == "__main__":
    main()
