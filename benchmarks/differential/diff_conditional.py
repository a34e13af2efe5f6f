"""Conditional expressions, and, or and not: what is evaluated, and the value that comes out."""


class Truth:
    def __init__(self, name: str, value, log: list[str]) -> None:
        self.name, self.value, self.log = name, value, log

    def __bool__(self) -> bool:
        self.log.append(self.name)
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def __repr__(self) -> str:
        return self.name


def sign(n: int) -> str:
    return "negative" if n < 0 else "zero" if n == 0 else "positive"


def typed(flag: bool, a: int, b: float):
    return a if flag else b


def either(a: int | None, b: str | None):
    return a or b or "neither", a and b, not a, a is None or a > 1


def main():
    log: list[str] = []
    t, f = Truth("t", True, log), Truth("f", False, log)
    for value in (
        t and f,
        f and t,
        t or f,
        f or t,
        not t,
        not f,
        t and f or t,
        f or t and f,
        not (t and f),
        t if f else f,
        (f or f) and t,
    ):
        print(value, end=" ")
    print(log)
    log.clear()
    if not t or f and t:
        print("never")
    elif (t and not f) != False:
        print("branch", log)
    log.clear()
    print([sign(n) for n in (-2, 0, 3)], typed(True, 1, 2.5), typed(False, 1, 2.5), typed([], 1, 2))
    print(typed("x", True, 0))
    print(either(0, ""), either(5, None), either(None, "b"), either(2, "c"), 1 and 2 and 3)
    print(0 or [] or {}, None or 0, "" and 1 / 0, 1 or 1 / 0)
    broken = Truth("b", ValueError("no truth"), log)
    for action in (
        lambda: not broken,
        lambda: broken and 1,
        lambda: 1 if broken else 2,
        lambda: [x for x in [1] if broken],
        lambda: bool(broken),
        lambda: any([f, broken]),
    ):
        try:
            print(action())
        except ValueError as error:
            print(error, end=" ")
    print(log)
    x = 5
    print((x > 3) + (x > 4) * 2, (x if x else 1 / 0), "a" if x == 5 else 1 / 0, [1, 2][x > 4])
    print((lambda: x if x > 9 else -x)(), x and not x or x)
    print(not x == 5, not x in [5], not not x, -x if not x < 0 else x, (x or 0) - 5 or "zero")
    print(1 if 0 else 2 if "" else 3, (1, 2) if x else (), *([1] if x else []))
    while x and (x := x - 1) or False:
        if x == 2 and x:
            break
    print(x)


if __name__ == "__main__":
    main()
