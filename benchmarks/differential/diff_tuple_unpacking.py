"""What unpacking asks of an iterator: how far it goes, in which order it stores, how it fails."""


def noted(count: int, log: list[str]):
    for number in range(count):
        log.append(f"gave {number}")
        yield number
    log.append("ended")


class Target:
    def __init__(self, log: list[str]) -> None:
        object.__setattr__(self, "log", log)

    def __setattr__(self, name: str, value: object) -> None:
        self.log.append(f"{name}={value}")


def main():
    for count in (1, 2, 3, 4):
        log: list[str] = []
        try:
            a, b = noted(count, log)
            print(a, b, log)
        except ValueError:
            print("wrong number", log)
    log = []
    target = Target(log)
    target.a, (target.b, *target.c), *target.d = noted(1, log), "xyz", 5, 6
    log[0] = "a=generator"
    print(log)
    log.clear()
    try:
        target.x, target.y = 1, *[]
    except ValueError:
        print("nothing stored", log)
    try:
        target.x, (target.y, target.z) = 1, [2]
    except ValueError:
        print("first stored", log)
    first, *rest = {"k": 1, "l": 2}
    *start, (last, [deep]) = [1, 2, ("end", [[3]])]
    [(x, y)], z = {"ab": 0}, *"c"
    print(first, rest, start, last, deep, z) if (x, y) == ("a", "b") else None
    [one, *_, two] = range(10**3)
    a, *b = "q"
    (c,) = [d] = {5}
    print(one, two, len(_), a, b, c, d, [*range(2), *"ab"], (*[], 1), {**{"a": 1}, **{"a": 2}})
    for wrong in (5, None, [1], iter(())):
        try:
            a, b = wrong
        except (TypeError, ValueError) as error:
            print(type(error).__name__, end=" ")
    try:
        a, *b, c = (1,)
    except ValueError:
        print("too few for a star", a, b)
    for a, (b, *c) in [(1, "xyz"), (2, [3])]:
        print(a, b, c, end="; ")
    print([a + b for a, b in [(1, 2), (3, 4)]], {k: v for k, (v, *_) in {"k": "vw"}.items()})


if __name__ == "__main__":
    main()
