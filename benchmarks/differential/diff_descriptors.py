"""Descriptors: data and other, __set_name__, precedence over instances."""


class Positive:
    def __set_name__(self, owner: type, name: str) -> None:
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name)

    def __set__(self, instance, value) -> None:
        if value <= 0:
            raise ValueError(f"{self.name[1:]} must be positive")
        setattr(instance, self.name, value)


class Lazy:
    def __init__(self, compute) -> None:
        self.compute = compute

    def __get__(self, instance, owner=None):
        value = instance.__dict__["area"] = self.compute(instance)
        return value


class Box:
    width, height = Positive(), Positive()

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height

    area = Lazy(lambda self: self.width * self.height)


def main() -> None:
    box = Box(3, 4)
    print("area" in vars(box), box.area, "area" in vars(box), box.area)
    box.width = 10
    box.__dict__["width"] = 99
    print(box.width, box.area, type(Box.width).__name__, sorted(vars(box)))
    try:
        box.height = 0
    except ValueError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
