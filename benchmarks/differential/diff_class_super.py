"""super: along several bases with keywords, in class methods and properties, and by hand."""


class Root:
    def __init__(self, **kwargs) -> None:
        self.left_over = sorted(kwargs)

    def trail(self) -> list[str]:
        return ["Root"]

    @classmethod
    def make(cls, **kwargs):
        return cls(**kwargs)

    @property
    def label(self) -> str:
        return "root"

    @staticmethod
    def fixed() -> str:
        return "root fixed"


class Named(Root):
    def __init__(self, *, name: str = "", **kwargs) -> None:
        super().__init__(**kwargs)
        self.name = name

    def trail(self) -> list[str]:
        return ["Named", *super().trail()]

    @property
    def label(self) -> str:
        return super().label + "+named"


class Sized(Root):
    size_default = 3

    def __init__(self, *, size: int | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.size = self.size_default if size is None else size

    def trail(self) -> list[str]:
        return [f"Sized {self.size}"] + super().trail()

    @classmethod
    def make(cls, **kwargs):
        made = super().make(**kwargs)
        made.made_by = cls.__name__
        return made

    @property
    def label(self) -> str:
        return super().label + "+sized"


class Both(Named, Sized):
    size_default = 9

    def trail(self) -> list[str]:
        steps = [part for part in super().trail()]
        return ["Both", *steps, *super(Sized, self).trail(), Named.fixed()]

    def __getattr__(self, name: str):
        if name.startswith("dynamic"):
            return lambda *args: (name, args)
        return super().__getattribute__(name)

    def __setattr__(self, name, value) -> None:
        super().__setattr__(name, value if name != "name" else f"<{value}>")

    def replaced(self):
        self = Root()
        try:
            return super().trail()
        except TypeError as error:
            return type(error).__name__


def outside(self):
    return super().trail()


def main():
    both = Both.make(name="n", extra=1)
    print(both.trail(), both.name, both.size, both.left_over, both.made_by, both.label)
    print([cls.__name__ for cls in Both.__mro__], super(Both, both).label, super(Named, both).label)
    print(super(Both, Both).fixed(), Both(size=0).size)
    print(both.dynamic_x(1), both.replaced(), super(Both, both).__thisclass__.__name__)
    print(super(Both, both).__self__ is both)
    for wrong in (
        lambda: both.missing,
        lambda: super(Both, Root()).trail(),
        lambda: super().trail(),
        lambda: outside(both),
        lambda: super(Root, both).trail(),
    ):
        try:
            print(wrong())
        except (AttributeError, TypeError, RuntimeError) as error:
            print(type(error).__name__, end=" ")
    print()


if __name__ == "__main__":
    main()
