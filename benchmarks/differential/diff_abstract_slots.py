"""Abstract classes, __slots__, __init_subclass__, class registries, metaclasses."""

from abc import ABC, abstractmethod


class Shape(ABC):
    registry: dict[str, type] = {}

    def __init_subclass__(cls, *, label: str = "", **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        Shape.registry[label or cls.__name__] = cls

    @abstractmethod
    def area(self) -> int: ...

    def describe(self) -> str:
        return f"{type(self).__name__} of {self.area()}"


class Square(Shape, label="sq"):
    def __init__(self, side: int) -> None:
        self.side = side

    def area(self) -> int:
        return self.side**2


class Unfinished(Shape):
    pass


class Counted(type):
    def __call__(cls, *args: object) -> object:
        cls.made = getattr(cls, "made", 0) + 1
        return super().__call__(*args)


class Slotted(metaclass=Counted):
    __slots__ = ("a", "b")

    def __init__(self, a: int) -> None:
        self.a = a


def main() -> None:
    print(Shape.registry["sq"](3).describe(), sorted(Shape.registry))
    slotted = Slotted(1)
    for action in (lambda: Unfinished(), lambda: slotted.b, lambda: setattr(slotted, "c", 1)):
        try:
            action()
        except (TypeError, AttributeError) as error:
            print("error:", type(error).__name__)
    print(Slotted(2).a, Slotted.made, hasattr(slotted, "__dict__"))


if __name__ == "__main__":
    main()
