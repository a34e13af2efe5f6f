"""Names with two underscores: private to the class whose body they are in, and to none else."""


class Base:
    __secret = "base"
    __dunder__ = "not mangled"

    def __init__(self) -> None:
        self.__value = 1
        self.__dict__["__raw"] = 2

    def __hidden(self) -> str:
        return "base hidden"

    def call(self) -> str:
        return self.__hidden() + " " + self.__secret

    def value(self):
        return self.__value

    def nested(self):
        class Inner:
            def read(inner, outer):
                return [
                    name for name in ("_Base__value", "_Inner__value") if hasattr(outer, name)
                ], self._Base__secret

            def own(inner):
                inner.__value = "inner"
                return sorted(vars(inner))

        return Inner

    def local(self, __argument):
        __local = __argument + 1
        function = lambda __inner: __inner + __local
        return function(1), {"__argument": 1}

    def keywords(self, **kwargs):
        return kwargs


class Child(Base):
    __secret = "child"

    def __init__(self) -> None:
        super().__init__()
        self.__value = 10

    def __hidden(self) -> str:
        return "child hidden"

    def both(self):
        return self.__secret, self._Base__secret, self.__hidden(), self._Base__hidden()

    def passes(self):
        return self.keywords(__name=1, **{"__text": 2})

    def by_text(self):
        return getattr(self, "__secret", "not mangled in text")


class _Leading:
    __item = "leading"

    def get(self):
        return self.__item


def main():
    child = Child()
    print(child.call(), child.value(), child.both(), sorted(vars(child)))
    print(child.nested()().read(child), child.nested()().own(), child.local(1), child.passes())
    print(child.by_text())
    print(_Leading().get(), _Leading._Leading__item, hasattr(child, "__secret"), Base.__dunder__)
    child.__free = 5
    print(child.__free, "_Child__free" in vars(child))
    print(sorted(name for name in dir(Base) if "_Base" in name))


if __name__ == "__main__":
    main()
