"""__getattr__, __getattribute__, __setattr__ and __delattr__: which of them is asked for what."""


class Noted:
    kind = "class"

    def __init__(self) -> None:
        object.__setattr__(self, "log", [])
        self.first = 1

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        self.log.append(f"getattr {name}")
        return f"made {name}"

    def __setattr__(self, name: str, value) -> None:
        self.log.append(f"setattr {name}={value}")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self.log.append(f"delattr {name}")
        if name in vars(self):
            super().__delattr__(name)

    @property
    def failing(self):
        raise AttributeError("inside")

    @property
    def wrong(self):
        raise ValueError("not about attributes")


class All:
    value = 5

    def __getattribute__(self, name: str):
        if name == "value":
            return object.__getattribute__(self, name) * 2
        if name.startswith("get_"):
            return lambda: name[4:]
        return super().__getattribute__(name)

    def __len__(self) -> int:
        return 3


class Proxy:
    def __init__(self, target) -> None:
        self.__dict__["target"] = target

    def __getattr__(self, name: str):
        return getattr(self.target, name)

    def __setattr__(self, name: str, value) -> None:
        setattr(self.target, name, value)


def main() -> None:
    noted = Noted()
    noted.first += 1
    noted.second = noted.missing
    del noted.first, noted.never
    noted.kind = "instance"
    print(noted.first, noted.kind, noted.failing, noted.log)
    noted.log.clear()
    print(getattr(noted, "x", "default"), hasattr(noted, "y"), getattr(noted, "_z", "default"))
    print(noted.log, sorted(vars(noted)))
    for action in (lambda: noted._hidden, lambda: noted.wrong):
        try:
            action()
        except (AttributeError, ValueError) as error:
            print(type(error).__name__, error)
    everything = All()
    everything.value = 7
    print(everything.value, everything.get_name(), vars(everything), len(everything))
    print(getattr(everything, "value"), All.value, hasattr(everything, "none"))

    class Target:
        x = 1

        def method(self):
            return self.x

    target = Target()
    proxy = Proxy(target)
    proxy.x = 10
    proxy.x += 5
    print(proxy.x, target.x, proxy.method(), vars(target), list(vars(proxy)), Target.x)
    print(getattr(proxy, "nothing", "none"))


if __name__ == "__main__":
    main()
