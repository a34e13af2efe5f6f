"""Methods, classes, modules and builtins that are replaced while the program runs."""

import builtins
import math
import sys


class Service:
    limit = 3

    def name(self) -> str:
        return "service"

    def call(self) -> str:
        return f"{self.name()} {helper(2)} {self.limit}"


class Child(Service):
    pass


def helper(value: int) -> int:
    return value + 1


def uses_builtins(values: list[int]):
    return len(values), abs(-5), sorted(values), isinstance(values, list)


def uses_module() -> float:
    return math.floor(2.7) + math.sqrt(16)


def main():
    service, child = Service(), Child()
    print(service.call(), child.call())
    Service.name = lambda self: "patched"
    service.name = lambda: "on the instance"
    Service.limit = 10
    globals()["helper"] = lambda value: value * 100
    print(service.call(), child.call())
    del service.name
    Child.name = lambda self: "child " + Service.name(self)
    print(service.call(), child.call(), hasattr(Service, "name"))
    original, length, floor = builtins.abs, builtins.len, math.floor
    builtins.abs = lambda value: "patched abs"
    builtins.len = lambda value: -length(value)
    math.floor = lambda value: 1000
    try:
        print(uses_builtins([2, 1]), uses_module(), abs(-1))
    finally:
        builtins.abs, builtins.len, math.floor = original, length, floor
    print(uses_builtins([2, 1]), uses_module(), len("abc"))
    builtins.added_builtin = "from builtins"
    print(added_builtin)
    del builtins.added_builtin
    try:
        print(added_builtin)
    except NameError:
        print("gone again")
    module = sys.modules[Service.__module__]
    module.helper = helper_after = lambda value: "by the module"
    print(service.call(), helper is helper_after, module.Service is Service)
    Service.__str__ = lambda self: "text of it"
    Service.__len__ = lambda self: 4
    Service.__getattr__ = lambda self, name: f"no {name}"
    print(service, len(child), service.anything, bool(child))


if __name__ == "__main__":
    main()
