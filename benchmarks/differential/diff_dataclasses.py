"""dataclasses: defaults, order, frozen ones, fields, replace, inheritance."""

from dataclasses import asdict, dataclass, field, fields, replace


@dataclass(order=True)
class Version:
    major: int
    minor: int = 0
    tags: list[str] = field(default_factory=list, compare=False)


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0

    @property
    def norm(self) -> int:
        return abs(self.x) + abs(self.y)


@dataclass
class Named(Version):
    name: str = "unnamed"
    size: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.size = len(self.name)


def main() -> None:
    old, new = Version(1, 2), Version(1, 10, ["beta"])
    old.tags.append("x")
    print(old, new, old < new, max(old, new).minor, Version(1, 2) == old, sorted([new, old])[0])
    print(asdict(new), [f.name for f in fields(Named)], Named(3, name="n").size, Named(3))
    point = Point(1, -2)
    print(point, replace(point, y=5), point.norm, len({point, Point(1, -2)}))
    try:
        point.x = 5
    except AttributeError as error:
        print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
