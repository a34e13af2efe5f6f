"""Operator overloading: reflected, in place, comparison, call, index, truth."""


class Vector:
    def __init__(self, *parts: int) -> None:
        self.parts = parts

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    def __mul__(self, factor: int) -> "Vector":
        return Vector(*(part * factor for part in self.parts))

    __rmul__ = __mul__

    def __matmul__(self, other: "Vector") -> int:
        return sum(a * b for a, b in zip(self.parts, other.parts, strict=True))

    def __neg__(self) -> "Vector":
        return self * -1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vector) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __bool__(self) -> bool:
        return any(self.parts)

    def __getitem__(self, index):
        return self.parts[index]

    def __call__(self, x: int) -> int:
        return sum(part * x**power for power, part in enumerate(self.parts))

    def __repr__(self) -> str:
        return f"<{', '.join(map(str, self.parts))}>"


def main() -> None:
    v, w = Vector(1, 2, 3), Vector(4, 5, 6)
    print(v + w, v * 2, 3 * w, v @ w, -v, v(2), v[0], v[-2:], bool(Vector(0, 0)))
    print(v == Vector(1, 2, 3), v != w, len({v, Vector(1, 2, 3)}), [*w], v in [w, v])
    v += w
    print(v)
    for wrong in (lambda: v + 1, lambda: 1 + v, lambda: v < w):
        try:
            print(wrong())
        except TypeError:
            print("error: no such operation")


if __name__ == "__main__":
    main()
