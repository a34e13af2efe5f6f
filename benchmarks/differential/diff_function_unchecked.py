"""Annotations are remarks: nothing is converted, and nothing is refused because of them."""


def add(a: int, b: int) -> int:
    return a + b


def first(items: list) -> object:
    return items[0]


def name_of(value: str) -> str:
    return value


def count(table: dict, key: str) -> int:
    return len(table) + len(key)


def truth(value: bool):
    return value


def raw(data: bytes):
    return data[0]


def pair(value: tuple) -> tuple:
    a, b = value
    return [a, b]


def local() -> object:
    number: int = "text"
    items: list[int] = (1, 2)
    items, number = number, items
    return number, items


class Record:
    size: int = "unset"

    def __init__(self, size: "no such name" = None) -> None:
        if size is not None:
            self.size: float = size


class Numbers(list):
    def __getitem__(self, index):
        return "own item"


class Table(dict):
    def __len__(self) -> int:
        return 100


def call(function, *args):
    try:
        return function(*args)
    except TypeError as error:
        return type(error).__name__


def main():
    print(call(add, 1.5, 2), call(add, "a", "b"), call(add, [1], [2]), call(add, True, False))
    print(call(add, 2**70, 1))
    print(call(first, (7, 8)), call(first, "text"), call(first, {0: "zero"}))
    print(call(first, Numbers([1])), call(first, [None]))
    print(call(name_of, None), call(name_of, 5), call(name_of, b"x"), call(count, Table(), "ab"))
    print(call(count, [1], (1, 2, 3)))
    print(call(truth, "yes"), call(truth, 0), call(truth, None), call(raw, bytearray(b"a")))
    print(call(raw, "text"), call(raw, [3]))
    print(call(pair, "xy"), call(pair, {1: 2, 3: 4}), call(local), Record().size, Record(1).size)
    print(Record("s").size)
    print(call(add, None, 1), call(first, 5), call(count, None, ""))


if __name__ == "__main__":
    main()
