"""Class and static methods: inherited, overridden, called on instances, replaced, subscripts."""


class Temperature:
    scale = "C"
    made: list[str] = []

    def __init__(self, degrees: float) -> None:
        self.degrees = degrees

    @classmethod
    def parse(cls, text: str) -> "Temperature":
        cls.made.append(cls.__name__)
        return cls(float(text.rstrip(cls.scale)))

    @staticmethod
    def is_valid(text: str) -> bool:
        return text[-1:].isalpha()

    @classmethod
    def describe(cls, *args, **kwargs):
        return f"{cls.__name__} {args} {kwargs}"

    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item}]"

    def copy(self, degrees=None):
        return type(self)(self.degrees if degrees is None else degrees)

    total = staticmethod(lambda *numbers: sum(numbers))
    size = len


class Kelvin(Temperature):
    scale = "K"

    @classmethod
    def parse(cls, text):
        made = super().parse(text)
        made.note = "kelvin"
        return made

    @staticmethod
    def is_valid(text: str) -> bool:
        return Temperature.is_valid(text) and text.endswith("K")

    def __init_subclass__(cls, /, tag="none", **kwargs):
        super().__init_subclass__(**kwargs)
        cls.tag = tag


class Rankine(Kelvin, tag="r"):
    scale = "R"


def main():
    a, b = Temperature.parse("20.5C"), Kelvin.parse("300K")
    print(a.degrees, b.degrees, type(b).__name__, b.note, Temperature.made, b.parse("1K").degrees)
    print(Rankine.parse("5R").scale, Temperature.made)
    print(a.is_valid("5"), Kelvin.is_valid("5K"), Kelvin.is_valid("5C"), b.describe(1, x=2))
    print(Rankine.describe(), Rankine.tag, Kelvin[int, 2] == f"Kelvin[{(int, 2)}]", Rankine["x"])
    print(type(b.copy()).__name__, a.copy(3).degrees, Temperature.total(1, 2), a.total(3, 4))
    print(Temperature.size("four"), type(Temperature.__dict__["parse"]).__name__)
    a.scale = "own"
    Temperature.scale = "changed"
    print(a.scale, Temperature(0).scale, Kelvin.scale, Rankine(1).scale, vars(a))
    print(Temperature.__dict__["scale"])
    del Kelvin.scale
    print(Kelvin.scale, Rankine.scale, hasattr(Kelvin, "scale"), "scale" in vars(Kelvin))
    bound = b.describe
    print(bound("late"), bound.__self__ is Kelvin, Kelvin.describe == b.describe)
    print(b.copy.__func__ is Temperature.copy, Temperature.copy(b).degrees)
    Temperature.added = lambda self, n: self.degrees + n
    Kelvin.parse = classmethod(lambda cls, text: f"patched {cls.__name__} {text}")
    print(b.added(1), Rankine.parse("x"), b.parse("y"))
    for wrong in (
        lambda: Temperature.copy(),
        lambda: Temperature.parse(),
        lambda: a.is_valid(),
        lambda: Kelvin.note,
    ):
        try:
            print(wrong())
        except (TypeError, AttributeError) as error:
            print(type(error).__name__, end=" ")
    print()


if __name__ == "__main__":
    main()
