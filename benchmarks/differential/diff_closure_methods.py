"""Classes within functions: what their methods see of the function, the class and the globals."""

label = "global"


def make(label, step):
    class Counter:
        label = "class"
        made = []

        def __init__(self):
            self.count = step
            Counter.made.append(self.count)

        def show(self):
            return label, self.label, self.count, __class__.__name__

        def __iadd__(self, other):
            self.count += other * step
            return self

        class Inner:
            def show(self):
                return label

    return Counter


class Base:
    def greet(self):
        return f"base {self.name}"


def derived(parent):
    class Derived(parent):
        name = "derived"

        def greet(self):
            call = lambda: super(Derived, self).greet()
            return [super().greet(), call(), (lambda: __class__.__name__)()]

    return Derived


class Shadow:
    label = label + "+class"
    global added
    added = label
    if True:
        label = "changed"
    copies = label

    def read(self):
        return label


def main():
    first, second = make("one", 1), make("two", 2)
    a, b = first(), second()
    a += 5
    b += 5
    print(a.show(), b.show(), first.made, second.made, first is second, first.Inner().show())
    print(derived(Base)().greet(), derived(derived(Base))().greet()[2])
    print(Shadow.label, Shadow.copies, added, Shadow().read())
    functions = {}
    for name in ("x", "y"):
        functions[name] = type(name, (), {"get": lambda self: name, "own": name})
    print([(one().get(), one.own, one.__name__) for one in functions.values()])


if __name__ == "__main__":
    main()
