"""Typed indexes: negative, at the ends, beyond them, huge, and boolean."""


def at(items: list[int], index: int) -> int:
    return items[index]


def letter(text: str, index: int) -> str:
    return text[index]


def from_tuple(items: tuple[int, ...], index: int) -> int:
    return items[index]


def put(items: list[int], index: int, value: int) -> None:
    items[index] = value


def rotated(items: list[int], by: int) -> list[int]:
    return [items[(index + by) % len(items)] for index in range(len(items))]


def outcome(function, *args):
    try:
        return function(*args)
    except (IndexError, TypeError) as error:
        return type(error).__name__


def main() -> None:
    items, text, fixed = [10, 20, 30], "xyz", (7, 8, 9)
    for index in (0, 2, 3, -1, -3, -4, 2**31, -(2**31) - 1, 2**63, -(2**64), True, False):
        print(index, outcome(at, items, index), outcome(letter, text, index))
        print(outcome(from_tuple, fixed, index))
    for index in (-1, 1, 3, -4, 2**70, True):
        print(outcome(put, items, index, index % 7), items, end="; ")
    print(outcome(at, [], 0), outcome(letter, "", -1), outcome(from_tuple, (), 0))
    print(rotated([1, 2, 3, 4], -1), rotated([1, 2, 3, 4], 6), [items[-i] for i in range(3)])
    print([items[~i] for i in range(3)])
    window = [items[i - 1] + items[i] for i in range(len(items))]
    text_back = "".join(text[len(text) - i - 1] for i in range(len(text)))
    print(window, text_back, [items[i : i + 2] for i in range(-1, 4)], text[-2:], text[:-5])
    print(text[5:], text[-5:2])
    place = 0
    items[place], place = 5, 2
    items[place] += items[place - 3] * 2
    items[-place] -= 1
    print(items, place, items[0 if place > 5 else -1], [[1, 2], [3]][-1][-1])


if __name__ == "__main__":
    main()
