"""Unpacking: starred, nested, swapped, in loops, and with the wrong number."""


def main() -> None:
    first, *middle, last = range(6)
    (a, b), [c, *d] = (1, 2), "xyz"
    print(first, middle, last, a, b, c, d)
    a, b = b, a
    values = [0, 1, 2]
    index = 0
    index, values[index] = 2, 9
    print(a, b, values, index, [*values, *"ab", *{}], (*range(2), 5), {*[1, 1]})
    for number, (left, right) in enumerate([(1, 2), (3, 4)]):
        print(number, left, right)
    *nothing, only = [7]
    print(nothing, only)
    for count in (1, 3):
        try:
            x, y = range(count)
            print(x, y)
        except ValueError as error:
            print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
