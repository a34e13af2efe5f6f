"""What comprehensions evaluate, in which order, and what is left when they fail."""


def note(log, name, value):
    log.append(name)
    return value


def failing(numbers, log):
    return [log.append(number) or 10 // number for number in numbers]


def main():
    log: list = []
    print({note(log, f"k{n}", n): note(log, f"v{n}", n) for n in note(log, "source", [1, 2])}, log)
    log.clear()
    print(
        [
            note(log, f"{x}{y}", x)
            for x in note(log, "outer", "ab")
            if note(log, f"if {x}", x) == "a"
            for y in note(log, "inner", [1, 2])
        ]
    )
    print(log)
    log.clear()
    numbers = iter([5, 2, 0, 1])
    try:
        failing(numbers, log)
    except ZeroDivisionError:
        print("failed", log, list(numbers))
    found = []
    kept = [found.append(n) for n in range(3)]
    print(found, kept, [n for n in range(9) if n % 2 if n % 3])
    print([n if n % 2 else -n for n in range(4)])
    items = [1, 2, 3]
    print([items.pop() for _ in range(2)], items)
    print([item for item in items if len(items) < 4 and not items.append(0)])
    growing = [0]
    print([growing.append(n + 1) or n for n in growing if n < 4], growing)
    source = iter(range(6))
    print([(a, next(source)) for a in source], [a + b for a, b in zip(source, source)])
    stops = iter(range(3))
    try:
        print([next(stops) for _ in range(5)])
    except StopIteration:
        print("stopped")
    print(list(next(iter([n])) for n in range(2)), sum(1 for _ in "abc"))
    print(max((n for n in []), default="none"), [*(n for n in "xy")])


if __name__ == "__main__":
    main()
