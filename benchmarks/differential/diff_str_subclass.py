"""Subclasses of str, and __str__, __repr__ and __format__ of other classes."""


class Loud(str):
    def __str__(self) -> str:
        return super().__str__().upper()

    def __add__(self, other):
        return Loud(str.__add__(self, other) + "!")

    def __getitem__(self, index):
        return "item"

    def __len__(self) -> int:
        return 99

    def __eq__(self, other):
        return "compared"

    __hash__ = str.__hash__


class Both:
    def __repr__(self) -> str:
        return "repr"

    def __str__(self) -> str:
        return "str"


class OnlyRepr:
    def __repr__(self) -> str:
        return "only repr"


class Wrong:
    def __str__(self):
        return 5

    __repr__ = __str__


def main() -> None:
    loud = Loud("abc")
    print(loud, str(loud), repr(loud), f"{loud}", "%s" % loud, "{}".format(loud), loud.upper())
    print(loud + "d")
    print(len(loud), loud[0], list(loud), "".join([loud]), loud == "x", "x" == loud)
    print({"abc": 1}[loud], loud in "abcd")
    print(type(loud + "x").__name__, type("x" + loud).__name__, type(loud.strip()).__name__)
    print(type(loud * 2).__name__)
    print(type(loud[:]).__name__, type(str(loud)).__name__, isinstance(loud, str))
    print(loud.replace("a", "b"))
    for value in (Both(), OnlyRepr(), [Both()], (OnlyRepr(),), {"k": Both()}):
        print(value, str(value), repr(value), f"{value} {value!r} {value!s:>9}")
        print("%s %r" % (value, value))
    for action in (str, repr, lambda value: f"{value}", lambda value: "%r" % value, print):
        try:
            action(Wrong())
        except TypeError as error:
            print(type(error).__name__, end=" ")
    print(str(), str(b"a", "ascii"), str(b"a"), str(object=3), repr(str))


if __name__ == "__main__":
    main()
