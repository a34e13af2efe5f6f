"""Keywords: kept in order, copied for the callee, with names that other parameters have too."""


def show(**kwargs):
    return list(kwargs.items())


def mixed(self, /, name, *, cls=None, **self_):
    return self, name, cls, self_


def only(*, z, a=1):
    return z, a


def positional_names(a, /, **kwargs):
    return a, kwargs


class Builder:
    def __init__(self, **options) -> None:
        self.__dict__.update(options)
        options.clear()

    def set(self, **options):
        for key, value in options.items():
            setattr(self, key, value)
        return self


def passed(function, *args, **kwargs):
    kwargs["extra"] = len(kwargs)
    return function(*args, **kwargs), kwargs


def main():
    print(show(z=1, a=2, m=3), show(**{"b": 1}, a=2, **{"c": 3}), show())
    print(show(**dict.fromkeys("zyx", 0)))
    print(mixed(1, "n", self=2, self_=3), mixed(1, name="n", cls=4, args=5), only(z=1))
    print(only(a=2, z=3), positional_names(1, a=2))
    options = {"x": 1, "y": 2}
    builder = Builder(**options)
    print(options, vars(builder), vars(builder.set(y=3, z=4).set()), passed(show, k=1))
    print(passed(show))
    table = {"k": 1}
    print(passed(show, **table), table, show(**table, **{"l": 2}))
    print((lambda **kw: kw is not table)(**table))
    print((lambda a, *b, c=0, **d: (a, b, c, d))(1, 2, 3, c=4, e=5), dict(self=1, cls=2))
    print("{self}{a}".format(self=1, a=2))
    order = []
    show(b=order.append("b"), a=order.append("a"), **{str(order.append("star")): 0})
    print(order, sorted(show(b=1, a=2)), max([1, -5], key=abs))
    print(sorted("bA", key=str.lower, reverse=True), int("11", base=2))


if __name__ == "__main__":
    main()
