"""Inheritance: super along the method resolution order of a diamond."""


class Base:
    def __init__(self) -> None:
        self.trail = ["Base"]

    def who(self) -> str:
        return "Base"


class Left(Base):
    def __init__(self) -> None:
        super().__init__()
        self.trail.append("Left")

    def who(self) -> str:
        return "Left>" + super().who()


class Right(Base):
    def __init__(self) -> None:
        super().__init__()
        self.trail.append("Right")

    def who(self) -> str:
        return "Right>" + super().who()


class Both(Left, Right):
    def __init__(self) -> None:
        super().__init__()
        self.trail.append("Both")

    def who(self) -> str:
        return "Both>" + super().who()


def main() -> None:
    both = Both()
    print(both.who(), both.trail, [cls.__name__ for cls in Both.__mro__])
    print(issubclass(Both, Right), isinstance(both, Base), super(Left, both).who(), Left.who(both))
    try:
        type("Broken", (Base, Left), {})
    except TypeError:
        print("error: no consistent order")
    print(type("Made", (Right,), {"who": lambda self: "Made"})().who(), Both.__bases__[1].__name__)


if __name__ == "__main__":
    main()
