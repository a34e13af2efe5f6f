"""Functions as objects: names, documents, defaults, attributes, methods of instances."""

import functools


def plain(a, b=2, *args, c=3, **kwargs):
    """Says what it does."""
    return a, b, c


def outer():
    def inner():
        return "inner"

    class Local:
        def method(self):
            return "method"

    return inner, Local


class Thing:
    def method(self):
        """Of the thing."""
        return self

    @classmethod
    def made(cls):
        return cls

    @staticmethod
    def apart():
        return "apart"


def main():
    inner, local = outer()
    print(plain.__name__, plain.__qualname__, plain.__doc__, inner.__qualname__)
    print(local.method.__qualname__, Thing.method.__qualname__)
    print(plain.__defaults__, plain.__kwdefaults__, inner.__doc__, Thing.method.__doc__)
    print((lambda: 0).__name__, inner.__defaults__)
    plain.calls = 1
    plain.calls += 1
    plain.__name__ = "renamed"
    print(plain.calls, plain.__name__, vars(plain), hasattr(plain, "missing"), callable(plain))
    print(plain(1))
    plain.__defaults__ = (20,)
    plain.__kwdefaults__ = {"c": 30}
    print(plain(1), plain(1, 2, c=3))
    del plain.calls
    print(hasattr(plain, "calls"), plain == plain, plain is not inner, len({plain, inner, plain}))
    print(bool(plain))
    thing = Thing()
    method = thing.method
    print(method() is thing, method.__self__ is thing, method == thing.method)
    print(method is not thing.method, method.__func__ is Thing.method)
    print(method.__name__, method.__doc__, Thing.made.__self__ is Thing, Thing.apart is thing.apart)
    print(Thing.__dict__["apart"].__func__())
    thing.method = lambda: "own"
    print(thing.method(), Thing.method(thing) is thing, "method" in vars(thing))
    print(hash(method) == hash(Thing.__dict__["method"].__get__(thing)))
    wrapped = functools.wraps(plain)(lambda *args: "wrapped")
    print(wrapped.__name__, wrapped.__doc__, wrapped.__wrapped__ is plain, wrapped())
    print(functools.partial(plain, 1, c=9)(5))
    for wrong in (
        lambda: plain.missing,
        lambda: setattr(method, "x", 1),
        lambda: plain.__setattr__("__name__", 5),
    ):
        try:
            wrong()
        except (AttributeError, TypeError) as error:
            print(type(error).__name__, end=" ")
    print()


if __name__ == "__main__":
    main()
