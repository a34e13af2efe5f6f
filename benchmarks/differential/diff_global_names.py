"""Globals that come and go: through functions, class bodies, globals(), conditions and imports."""

import math as renamed
from os import path as join_path
from os import sep

counter = 0
table = {"n": 0}


def count() -> int:
    global counter
    counter += 1
    return counter


def define(name: str):
    global made
    made = f"made by {name}"

    def inner():
        global made, made_inside
        made += "+inner"
        made_inside = True
        return made

    return inner


def undefine() -> None:
    global made
    del made


def reads():
    return later + 1


def unpacked() -> None:
    global first, rest, loop_variable, caught, entered
    first, *rest = "abc"
    for loop_variable in range(3):
        pass
    try:
        raise KeyError("k")
    except KeyError as caught:
        pass


class Body:
    global from_body
    from_body = "by the class body"
    count_seen = count()

    def method(self):
        global from_method
        from_method = self.count_seen
        return from_body


def local_import():
    import json
    from json import dumps as written

    return json.loads(written([1])), "json" in globals()


def main():
    print(count(), count(), counter, Body.count_seen, from_body, "from_body" in vars(Body))
    inner = define("main")
    print(made, inner(), made, made_inside)
    undefine()
    try:
        print(made)
    except NameError:
        print("undefined")
    try:
        print(reads())
    except NameError:
        globals()["later"] = 5
        print(reads())
    globals().update(later=10)
    print(reads(), globals().pop("later"), "later" in globals(), globals()["counter"] is counter)
    print(Body().method(), from_method)
    unpacked()
    print(first, rest, loop_variable, "caught" in globals(), local_import(), renamed.floor(2.5))
    print(join_path is not None, sep in "/\\")
    table["n"] += 1
    globals()["counter"] += 10
    print(count(), table, [count() for _ in range(2)], (lambda: counter)(), eval("counter + 1"))
    print(eval("x + counter", {"x": 1, "counter": 2}))
    namespace: dict = {}
    exec("def f(a, b=2):\n    return a * b\nvalue = f(3)", namespace)
    print(namespace["value"], namespace["f"](4, b=5))
    print(sorted(name for name in namespace if not name.startswith("_")))
    exec("global by_exec\nby_exec = counter", globals())
    print(by_exec == counter, "inner" in locals(), "counter" in locals(), type(globals()).__name__)


if __name__ == "__main__":
    main()
