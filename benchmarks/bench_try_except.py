"""Exceptions: try blocks that pass, raise and catch, catch in a caller, and finally."""

COUNT = 410_000


def checked(value: int) -> int:
    if value % 5 == 0:
        raise ValueError("multiple of five")
    return value


def catch_from_callee(n: int) -> int:
    total = 0
    for i in range(n):
        try:
            total += checked(i)
        except ValueError:
            total -= 1
    return total


def nested_handlers(n: int) -> int:
    total = 0
    for i in range(n):
        try:
            try:
                if i % 3 == 0:
                    raise KeyError("three")
                if i % 7 == 0:
                    raise ValueError("seven")
                total += 1
            except KeyError:
                total += 2
            finally:
                total += 3
        except ValueError:
            total += 5
    return total


def missing_keys(n: int) -> int:
    table = {i: i * i for i in range(0, 100, 2)}
    total = 0
    for i in range(n):
        try:
            total += table[i % 100]
        except KeyError:
            total += 1
    return total


def main() -> None:
    print(catch_from_callee(COUNT), nested_handlers(COUNT), missing_keys(COUNT))


if __name__ == "__main__":
    main()
