"""Properties in subclasses: parts replaced, super, in place assignment, errors, abstract ones."""

from abc import ABC, abstractmethod

LOG: list[str] = []


class Base:
    def __init__(self) -> None:
        self._value = 1

    @property
    def value(self):
        """The value."""
        LOG.append("get")
        return self._value

    @value.setter
    def value(self, new) -> None:
        LOG.append(f"set {new}")
        self._value = new

    @value.deleter
    def value(self) -> None:
        LOG.append("delete")
        self._value = None

    fixed = property(lambda self: "fixed")


class Doubled(Base):
    @Base.value.getter
    def value(self):
        return self._value * 2


class Logged(Base):
    @property
    def value(self):
        return ("logged", super().value)

    @value.setter
    def value(self, new) -> None:
        super(Logged, type(self)).value.fset(self, new + 100)


class Plain(Base):
    value = "plain"


class Shape(ABC):
    @property
    @abstractmethod
    def area(self) -> float: ...

    @property
    def double(self) -> float:
        return self.area * 2


class Square(Shape):
    area = 9.0


def main():
    base, doubled, logged, plain = Base(), Doubled(), Logged(), Plain()
    base.value += 5
    base.value *= 2
    print(base.value, LOG)
    LOG.clear()
    doubled.value = 4
    doubled.value += 1
    logged.value = 1
    plain.value = "own"
    print(doubled.value, doubled._value, logged.value, plain.value, vars(plain), LOG)
    LOG.clear()
    del base.value, doubled.value
    print(base.value, doubled._value, LOG, Base.value.__doc__, Base.value.fget.__name__)
    print(Doubled.value.fset is Base.value.fset)
    base.__dict__["value"] = "hidden"
    base.__dict__["fixed"] = "hidden"
    print(base.value, base.fixed, sorted(vars(base)))
    for wrong in (
        lambda: setattr(base, "fixed", 1),
        lambda: delattr(base, "fixed"),
        lambda: delattr(logged, "value"),
        lambda: Shape(),
        lambda: Shape.area.fget(5).x,
    ):
        try:
            wrong()
        except (AttributeError, TypeError) as error:
            print(type(error).__name__, end=" ")
    print(Square().double, isinstance(Shape.area, property), Shape.area.__isabstractmethod__)
    setattr(Base, "late", property(lambda self: self._value or "none", doc="late"))
    print(base.late, doubled.late, Base.late.__doc__, (lambda p: (p.fget, p.fset))(property()))


if __name__ == "__main__":
    main()
