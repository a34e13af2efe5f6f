"""__new__ and __init__: what is made, when it is initialised, immutable bases, changed classes."""

LOG: list[str] = []


class Single:
    one = None

    def __new__(cls, *args):
        if cls.one is None:
            LOG.append("made")
            cls.one = super().__new__(cls)
        return cls.one

    def __init__(self, *args) -> None:
        LOG.append(f"init {args}")
        self.args = args


class Other:
    def __new__(cls, value):
        if value < 0:
            return "negative"
        return super().__new__(Sub if value > 10 else cls)

    def __init__(self, value) -> None:
        self.value = value


class Sub(Other):
    pass


class Metres(float):
    def __new__(cls, value, unit="m"):
        made = super().__new__(cls, value * {"m": 1, "km": 1000}[unit])
        made.unit = unit
        return made

    def __repr__(self) -> str:
        return f"{float(self)}m"


class Sorted(tuple):
    def __new__(cls, *items):
        return super().__new__(cls, sorted(items))


class Before:
    kind = "before"

    def __init__(self) -> None:
        self.x = 1


class After:
    kind = "after"

    def show(self):
        return self.kind, self.x


def outcome(action):
    try:
        return action()
    except TypeError:
        return "refused"


def main():
    print(Single(1) is Single(2), Single.one.args, LOG)
    print(Other(-1), Other(5).value, type(Other(11)).__name__, Other(11).value, Metres(2, "km"))
    print(Metres(1.5) + 1, Metres(3, "km").unit, type(Metres(1) * 2).__name__)
    print(Sorted(3, 1, 2), Sorted(), Sorted(2, 1) == (1, 2), isinstance(Sorted(1), tuple))
    print(outcome(lambda: Before(1)), outcome(lambda: object(1)), outcome(lambda: Metres()))
    changing = Before()
    changing.__class__ = After
    print(changing.show(), isinstance(changing, Before))
    print(outcome(lambda: setattr(changing, "__class__", int)))
    raw = Before.__new__(Before)
    print(hasattr(raw, "x"), raw.kind, raw.__init__(), raw.x, vars(raw))
    bad = type("Bad", (), {"__init__": lambda self: 5})
    print(outcome(bad), type("Empty", (), {})().__dict__)
    print(outcome(lambda: type("Bool", (bool,), {})), outcome(lambda: type("x", (5,), {})))
    made = type("Made", (Before,), {"y": 2, "get": lambda self, z=3: (self.x, self.y, z)})
    print(made().get(), made.__bases__ == (Before,), made.__name__, issubclass(made, Before))
    print(type(made()) is made, type(made) is type)


if __name__ == "__main__":
    main()
