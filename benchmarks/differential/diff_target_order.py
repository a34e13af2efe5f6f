"""The order of targets, values, indexes and attributes in assignments of every kind."""

LOG: list[str] = []


def note(name: str, value=None):
    LOG.append(name)
    return value


class Box:
    def __init__(self, name: str) -> None:
        object.__setattr__(self, "name", name)

    def __getattr__(self, name: str):
        LOG.append(f"get {self.name}.{name}")
        return 1

    def __setattr__(self, name: str, value) -> None:
        LOG.append(f"set {self.name}.{name}={value}")

    def __delattr__(self, name: str) -> None:
        LOG.append(f"del {self.name}.{name}")

    def __getitem__(self, key):
        LOG.append(f"get {self.name}[{key}]")
        return 2

    def __setitem__(self, key, value) -> None:
        LOG.append(f"set {self.name}[{key}]={value}")

    def __delitem__(self, key) -> None:
        LOG.append(f"del {self.name}[{key}]")

    def __call__(self, *args, **kwargs):
        LOG.append(f"call {self.name} {args} {kwargs}")
        return self

    def __enter__(self):
        return 5

    def __exit__(self, *details) -> None:
        LOG.append(f"exit {self.name}")


def shown(label: str) -> None:
    print(label, LOG)
    LOG.clear()


def main():
    a, b = Box("a"), Box("b")
    note("box", a)[note("key", 0)] = note("value", 1)
    shown("subscript")
    note("box", a).x = note("value", 2)
    shown("attribute")
    note("box", a)[note("key", 0)] += note("value", 3)
    shown("augmented subscript")
    note("box", a).x -= note("value", 4)
    shown("augmented attribute")
    a.x = b[note("key", 1)] = c = note("value", 5)
    shown("chain")
    a.x, b[note("k", 2)], (a.y, *b.z) = note("v1", 1), note("v2", 2), note("v3", "abc")
    shown("tuple")
    for a[note("index", "i")] in note("iterable", (7, 8)):
        note("body")
    shown("for")
    with note("manager", b) as a[note("target", "t")]:
        note("body")
    shown("with")
    del a[note("key", 0)], note("box", b).x, b[1:2]
    shown("delete")
    a(note("1"), *note("2", ()), k=note("3"))(note("4"))[note("5")].real
    shown("calls")
    a[note("from", 1) : note("to", 2) : note("step", 3)] = b[note("other"), ...]
    shown("slice")
    print((note("left", 1) + note("right", 2)) * note("last", 3))
    print(note("x", 1) < note("y", 0) < note("never", 5))
    shown("operators")
    print([note("first", 1), *note("star", (2,)), note("third", 3)])
    print({note("k1"): note("v1"), **note("double", {}), note("k2", 2): note("v2")})
    shown("displays")
    x: note("annotation of a local is not evaluated") = note("its value is", 1)
    note("made", []).append(note("appended", x))
    shown("annotated")
    f"{note('f1', 1)}{note('f2', 2)!r:{note('width', 3)}}"
    note("if true") if note("condition", True) else note("if false")
    shown("others")


if __name__ == "__main__":
    main()
