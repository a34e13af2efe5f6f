"""Enumerations: values, aliases, flags, methods, iteration, lookups."""

from enum import Enum, Flag, IntEnum, auto


class Color(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1

    @property
    def is_warm(self) -> bool:
        return self is Color.RED


class Level(IntEnum):
    LOW = 10
    HIGH = 20


class Access(Flag):
    READ = auto()
    WRITE = auto()
    BOTH = READ | WRITE


def main() -> None:
    print(list(Color), Color(2), Color["RED"], Color.CRIMSON is Color.RED, Color.RED.is_warm)
    print(
        Level.LOW < Level.HIGH,
        Level.LOW + 5,
        sorted([Level.HIGH, Level.LOW])[0].name,
        Level(20).name,
    )
    print(Access.READ | Access.WRITE == Access.BOTH, Access.READ in Access.BOTH, ~Access.READ)
    print(Color.RED == 1, {Color.RED: "r"}[Color(1)], Color.GREEN.name, Color.GREEN.value)
    try:
        Color(9)
    except ValueError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
