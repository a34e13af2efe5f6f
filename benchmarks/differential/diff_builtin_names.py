"""Names of builtins that a module or a function takes for its own, and gives back."""


def before() -> int:
    return len([1, 2])


def abs(value):
    return f"own abs {value}"


max = lambda *values: "own max"
kept_sum = sum
sum = 5
del sum

if False:
    sorted = "never bound"


def local_names():
    list, dict, type, id, input = 1, 2, 3, 4, 5
    return list + dict + type + id + input


def as_parameters(len, str="text", *, range=None, **print):
    return len, str, range, print


def deleted_local():
    int = 5
    del int
    try:
        return int
    except NameError:
        return "deleted, and not the builtin"


class Body:
    int = int("5")
    values = [int] * 2

    def set(self, dict):
        return dict

    def len(self) -> str:
        return f"method {len('abc')}"

    open = 3
    opened = open + 1


def nested():
    range = "outer"

    def inner():
        return range

    return inner()


def shadow_later(flag: bool):
    if flag:
        min = "local"
    return min


def main():
    global len
    print(before(), abs(-5), max(1, 2), sum([1, 2]), kept_sum is sum, sorted([2, 1]))
    print(local_names(), as_parameters(1, print=2), as_parameters(1, 2, range=3), deleted_local())
    print(Body.int, Body.values, Body().set(7), Body().len(), Body.opened, nested())
    try:
        print(shadow_later(True), shadow_later(False))
    except UnboundLocalError:
        print("not the builtin either")
    real = len
    len = lambda value: "global len"
    print(before(), Body().len(), len(""))
    del len
    print(before(), real is len, [filter for filter in "ab"], (lambda map: map)(3))
    print({zip: all for zip, all in [(1, 2)]}, [*filter(None, [0, 1])])
    for set in range(2):
        pass
    try:
        raise ValueError
    except ValueError as bool:
        pass
    print(set, __name__ != "", __doc__[:5], "len" in globals(), "abs" in globals())
    True_ = None_ = 1
    print(True_, None_, NotImplemented is not None, ... is Ellipsis, __debug__)


if __name__ == "__main__":
    main()
