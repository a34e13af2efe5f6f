"""Options of dataclasses: order, frozen, keyword-only, slots, hashes, representation, matching."""

from dataclasses import KW_ONLY, FrozenInstanceError, dataclass, field


@dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    label: str = field(default="", compare=False, repr=False)


@dataclass(kw_only=True)
class Options:
    name: str
    size: int = 1


@dataclass
class Partly:
    a: int
    _: KW_ONLY
    b: int = 2
    c: int = field(default=3, kw_only=False)


@dataclass(slots=True)
class Slotted:
    x: int
    y: int = 5


@dataclass(eq=False)
class Identity:
    value: int


@dataclass(unsafe_hash=True)
class Hashed:
    value: int
    extra: list = field(default_factory=list, hash=False)


@dataclass(repr=False, init=False)
class Own:
    value: int

    def __init__(self) -> None:
        self.value = 42


def outcome(action):
    try:
        return action()
    except (TypeError, AttributeError) as error:
        return type(error).__name__


def main():
    a, b = Version(1, 2, "x"), Version(1, 10)
    print(a, a < b, a == Version(1, 2, "other"), sorted([b, a]), max(a, b), len({a, Version(1, 2)}))
    print(a >= a, outcome(lambda: a < (1, 3)))
    print(outcome(lambda: setattr(a, "major", 2)), outcome(lambda: delattr(a, "minor")))
    print(issubclass(FrozenInstanceError, AttributeError), a.label)
    print(Options(name="n"), outcome(lambda: Options("n")), Partly(1, 9), Partly(1, b=5, c=7))
    print(outcome(lambda: Partly(1, 2, 3)), Partly.__match_args__)
    slotted = Slotted(1)
    print(slotted, outcome(lambda: setattr(slotted, "z", 1)), hasattr(slotted, "__dict__"))
    print(Slotted.__slots__, slotted == Slotted(1, 5))
    one = Identity(1)
    print(one == Identity(1), one == one, len({one, Identity(1)}))
    print(outcome(lambda: hash(Options(name="x"))), hash(Hashed(1)) == hash(Hashed(1, [2])))
    print(Hashed(1) == Hashed(1, [2]))
    print(Own().value, "Own" in repr(Own()), Own() == Own(), outcome(lambda: Own(1)))
    print(outcome(lambda: Version()), outcome(lambda: Version(1, wrong=2)))
    match b:
        case Version(1, minor) if minor > 5:
            print("matched", minor)


if __name__ == "__main__":
    main()
