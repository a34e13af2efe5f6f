"""Metaclasses: __prepare__, __new__, __init__, __call__, keywords, lookups, entries of bases."""

LOG: list[str] = []


class Namespace(dict):
    def __setitem__(self, key, value) -> None:
        if not key.startswith("__"):
            LOG.append(f"set {key}")
        super().__setitem__(key, value)


class Meta(type):
    @classmethod
    def __prepare__(cls, name, bases, **options):
        LOG.append(f"prepare {name} {sorted(options)}")
        return Namespace()

    def __new__(cls, name, bases, namespace, **options):
        LOG.append(f"new {name}")
        made = super().__new__(cls, name, bases, dict(namespace))
        made.options = options
        return made

    def __init__(self, name, bases, namespace, **options) -> None:
        LOG.append(f"init {name}")
        super().__init__(name, bases, namespace)

    def __call__(self, *args):
        LOG.append(f"call {self.__name__}")
        return super().__call__(*args)

    def __getattr__(self, name: str) -> str:
        return f"meta {name}"

    def __len__(self) -> int:
        return 42

    def __contains__(self, value) -> bool:
        return value == "member"

    def __iter__(self):
        return iter("abc")

    @property
    def label(self) -> str:
        return f"label of {self.__name__}"

    def __instancecheck__(self, instance) -> bool:
        return instance == "instance"


class Base(metaclass=Meta, flag=True):
    a = 1

    def method(self):
        return "method"

    b = a + 1


class Child(Base, other=2):
    c = 3


class Entry:
    def __mro_entries__(self, bases):
        return (dict,)


class FromEntry(Entry(), object):
    pass


def main():
    print(LOG)
    LOG.clear()
    print(Base().method(), LOG, Base.options, Child.options, type(Child).__name__)
    print(Base.missing, Child.label, len(Base), "member" in Base, list(Child))
    print(isinstance("instance", Base), isinstance(Base(), Base))
    for wrong in (lambda: Base().missing, lambda: Base().label, lambda: len(Base())):
        try:
            print(wrong())
        except (AttributeError, TypeError) as error:
            print(type(error).__name__, end=" ")
    made = Meta("Made", (Base,), {"d": 4}, extra=1)
    print(made.d, made.options, FromEntry.__mro__[1].__name__, FromEntry(k=1))
    print(len(FromEntry.__orig_bases__))
    try:
        type("Conflict", (Base, int), {}, flag=1)

        class Mixed(Base, metaclass=type("Other", (type,), {})):
            pass
    except TypeError:
        print("conflict")


if __name__ == "__main__":
    main()
