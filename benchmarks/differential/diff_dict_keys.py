"""Which keys are the same: numbers of all types, hashes that collide, keys that change."""


class Key:
    compared = 0

    def __init__(self, name: str, code: int) -> None:
        self.name, self.code = name, code

    def __hash__(self) -> int:
        return self.code

    def __eq__(self, other):
        Key.compared += 1
        return isinstance(other, Key) and self.name == other.name

    def __repr__(self) -> str:
        return self.name


class Broken:
    def __hash__(self) -> int:
        raise ArithmeticError("no hash")


class Strange:
    def __hash__(self):
        return "text"


def main():
    table: dict = {
        1: "int",
        True: "bool",
        1.0: "float",
        "1": "text",
        (1,): "tuple",
        1 + 0j: "complex",
    }
    print(table, {True: 1, 1: 2}, {0.0: "a", -0.0: "b", False: "c"}, {None: 0, "": 1, (): 2, 0: 3})
    print({"a": 1, "a": 2})
    a, b, c = Key("a", 7), Key("b", 7), Key("a", 7)
    names = {a: 1, b: 2, c: 3}
    print(names, len(names), names[Key("b", 7)], Key("b", 8) in names, Key.compared > 0, a in [c])
    print(names.get(Key("z", 7)))
    a.name = "changed"
    print(a in names, Key("a", 7) in names, len(names), list(names))
    print([names.get(key) for key in names])
    colliding = {Key(str(n), n % 2): n for n in range(20)}
    print([colliding[Key(str(n), n % 2)] for n in range(0, 20, 3)], len(colliding))
    print(sum(colliding.values()))
    for wrong in (
        lambda: {[]: 1},
        lambda: {}[{}],
        lambda: {Broken(): 1},
        lambda: {(1, []): 2},
        lambda: {Strange(): 1},
        lambda: {1: 2}[set()],
    ):
        try:
            wrong()
        except (TypeError, ArithmeticError) as error:
            print(type(error).__name__, end=" ")
    print({2**64: "big"}[18446744073709551616], {2.0**64: "float"}[2**64], {"ab": 1}["a" + "b"])
    print({b"a": 1}.get("a"), {frozenset("a"): 1}[frozenset(["a"])])
    print({int: "int", str: "str"}[type(5)], {len: 1}[len], {range(2): 1}[range(0, 2)])
    print({"x" * n: n for n in range(3)}, {slice: 0}.get(None))


if __name__ == "__main__":
    main()
