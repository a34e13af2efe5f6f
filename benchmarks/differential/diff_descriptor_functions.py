"""Functions as descriptors: bound by __get__, callables that are not, partial methods, wrappers."""

import functools


def double(self, by=2):
    return self.value * by


class Callable:
    def __call__(self, *args):
        return f"called with {len(args)}"


class Bound:
    def __init__(self, function) -> None:
        self.function = function
        self.calls = 0

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return functools.partial(self, instance)

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.function(*args, **kwargs)


class Registry:
    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, function):
        self.names.append(function.__name__)
        return function


registry = Registry()


class Thing:
    def __init__(self, value) -> None:
        self.value = value

    twice = double
    callable = Callable()
    builtin = len
    partial = functools.partial(double)
    thrice = functools.partialmethod(double, 3)
    lam = lambda self, x: (self.value, x)
    as_class = int

    @Bound
    def counted(self, plus):
        return self.value + plus

    @registry
    def listed(self):
        return "listed"

    @functools.lru_cache(maxsize=None)
    def cached(self, n):
        return [self.value, n]

    @functools.singledispatchmethod
    def shown(self, arg):
        return f"other {arg}"

    @shown.register
    def _(self, arg: int):
        return f"int {arg + self.value}"

    @shown.register(list)
    def _(self, arg):
        return f"list {len(arg)}"


def main():
    thing, other = Thing(10), Thing(20)
    print(thing.twice(), thing.twice(5), Thing.twice(other), thing.thrice(), thing.lam(1))
    print(thing.callable(1, 2), thing.builtin("four"))
    print(thing.partial(other), thing.as_class("7"), thing.counted(1), other.counted(plus=2))
    print(Thing.counted.calls, Thing.counted(thing, 3), registry.names)
    print(thing.cached(1) is thing.cached(1), thing.cached(1) is other.cached(1), thing.shown(5))
    print(thing.shown([1]), thing.shown("x"), Thing.shown(thing, 1.5))
    bound = double.__get__(other)
    print(bound(), bound.__self__ is other, bound.__func__ is double)
    print(double.__get__(None, Thing) is double, bound == other.twice)
    thing.own = double
    thing.bound = double.__get__(thing)
    print(thing.own(other), thing.bound(), "own" in vars(thing), thing.listed())
    print(Thing.__dict__["twice"] is double, Thing.__dict__["twice"](other, 3))
    try:
        thing.own()
    except TypeError:
        print("not bound")
    other.value = 21
    print(bound(), [method() for method in (thing.twice, other.twice, thing.thrice)])
    print(sorted([other, thing], key=Thing.twice)[0].value)


if __name__ == "__main__":
    main()
