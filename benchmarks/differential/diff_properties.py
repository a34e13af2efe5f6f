"""Properties: computed, checked, deleted, cached, overridden in a subclass."""

from functools import cached_property


class Celsius:
    def __init__(self, degrees: float) -> None:
        self.degrees = degrees
        self.computed = 0

    @property
    def degrees(self) -> float:
        return self._degrees

    @degrees.setter
    def degrees(self, value: float) -> None:
        if value < -273.15:
            raise ValueError(f"{value} is too cold")
        self._degrees = value

    @degrees.deleter
    def degrees(self) -> None:
        self._degrees = 0.0

    @cached_property
    def fahrenheit(self) -> float:
        self.computed += 1
        return self._degrees * 9 / 5 + 32


class Rounded(Celsius):
    @property
    def degrees(self) -> float:
        return round(self._degrees)

    @degrees.setter
    def degrees(self, value: float) -> None:
        Celsius.degrees.fset(self, value + 0.4)


def main() -> None:
    water = Celsius(100.0)
    print(water.fahrenheit, water.fahrenheit, water.computed, Rounded(20.3).degrees)
    try:
        water.degrees = -300.0
    except ValueError as error:
        print("error:", error)
    del water.degrees
    print(water.degrees, "fahrenheit" in vars(water), isinstance(Celsius.degrees, property))
    try:
        water.fahrenheit = 5.0
        Rounded(1.0).missing
    except AttributeError:
        print("error: no attribute", water.fahrenheit)


if __name__ == "__main__":
    main()
