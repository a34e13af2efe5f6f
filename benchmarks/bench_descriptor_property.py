"""Attribute access through descriptors: property get and set, and a user-defined descriptor."""

from typing import Any

COUNT = 330_000


class Tenths:
    """A data descriptor: stores the value of its owner's slot in tenths."""

    def __get__(self, owner: Any, owner_type: Any = None) -> int:
        tenths: int = owner.tenths
        return tenths // 10

    def __set__(self, owner: Any, value: int) -> None:
        owner.tenths = value * 10


class Gauge:
    tenths: int
    level = Tenths()

    def __init__(self, width: int) -> None:
        self._width = width
        self.tenths = 0

    @property
    def width(self) -> int:
        return self._width

    @width.setter
    def width(self, value: int) -> None:
        self._width = value & 0xFF

    @property
    def area(self) -> int:
        return self.width * self._width


def properties(gauge: Gauge, n: int) -> int:
    total = 0
    for i in range(n):
        gauge.width = gauge.width + i
        total += gauge.area
    return total


def descriptors(gauge: Gauge, n: int) -> int:
    total = 0
    for i in range(n):
        gauge.level = gauge.level + (i & 3)
        total += gauge.level
    return total


def main() -> None:
    gauge = Gauge(3)
    print(properties(gauge, COUNT), descriptors(gauge, COUNT))


if __name__ == "__main__":
    main()
