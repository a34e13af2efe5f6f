"""Who answers for an attribute: data descriptor, instance, other descriptor, class, __getattr__."""

LOG: list[str] = []


class Data:
    def __init__(self, name: str) -> None:
        self.label = name

    def __get__(self, instance, owner):
        LOG.append(f"get {self.label} {'class' if instance is None else 'instance'}")
        return f"data {self.label}"

    def __set__(self, instance, value) -> None:
        LOG.append(f"set {self.label}={value}")

    def __delete__(self, instance) -> None:
        LOG.append(f"delete {self.label}")


class Reading:
    def __get__(self, instance, owner):
        return f"reading {owner.__name__}"


class Writing:
    def __set__(self, instance, value) -> None:
        instance.__dict__["written"] = value * 2


class Meta(type):
    shared = Data("of the metaclass")
    only_meta = Reading()


class Thing(metaclass=Meta):
    data = Data("data")
    reading = Reading()
    written = Writing()
    plain = "class"
    shared = "of the class"

    def __init__(self) -> None:
        self.__dict__.update(data="instance", reading="instance", plain="instance")

    def __getattr__(self, name: str) -> str:
        LOG.append(f"getattr {name}")
        return f"default {name}"


class Child(Thing):
    data = "hidden by the child"


def main():
    thing = Thing()
    print(thing.data, thing.reading, thing.plain, thing.missing, LOG)
    LOG.clear()
    print(Thing.data, Thing.reading, Thing.shared, Thing.only_meta, thing.only_meta, LOG)
    LOG.clear()
    thing.data = 5
    thing.reading = "new"
    thing.written = 4
    del thing.data
    print(thing.reading, thing.written, vars(thing), LOG)
    del thing.reading
    print(thing.reading, type(Thing.__dict__["data"]).__name__, Child().data, Child.reading)
    LOG.clear()
    try:
        del thing.reading
    except AttributeError:
        print("nothing to delete", LOG)
    Thing.plain = Data("late")
    print(thing.plain, getattr(thing, "plain"), hasattr(thing, "anything"), LOG)
    Thing.shared = "set"
    Thing.data = "replaced"
    print(thing.data, Thing.data, LOG[-1], object.__getattribute__(thing, "plain"))


if __name__ == "__main__":
    main()
