"""Binary operators: which side is asked first, subclasses, refusals, and operators in place."""

LOG: list[str] = []


class Number:
    def __init__(self, name: str) -> None:
        self.name = name

    def _say(self, text: str, other):
        LOG.append(f"{self.name}.{text}")
        return f"{self.name}{text}{getattr(other, 'name', other)}"

    def __add__(self, other):
        LOG.append(f"{self.name}.add")
        return NotImplemented

    def __radd__(self, other):
        return self._say("radd", other)

    def __sub__(self, other):
        return self._say("-", other)

    def __rsub__(self, other):
        return self._say("rsub", other)

    def __isub__(self, other):
        LOG.append(f"{self.name}.isub")
        return NotImplemented

    def __imul__(self, other):
        self.name += f"*{other}"
        return self

    def __pow__(self, other, modulus=None):
        return self._say(f"pow[{modulus}]", other)

    def __rpow__(self, other):
        return self._say("rpow", other)

    def __ipow__(self, other):
        return f"ipow {other}"

    def __rfloordiv__(self, other):
        return self._say("rfloordiv", other)

    def __mod__(self, other):
        return self._say("%", other)

    def __matmul__(self, other):
        return self._say("@", other)

    def __imatmul__(self, other):
        return self._say("@=", other)

    def __neg__(self):
        return f"-{self.name}"

    def __pos__(self):
        return f"+{self.name}"


class Special(Number):
    def __rsub__(self, other):
        return self._say("special rsub", other)


class Same(Number):
    pass


def main():
    a, b, s, t = Number("a"), Number("b"), Special("s"), Same("t")
    print(a - b, a - s, s - a, a - t, s - s, 1 - a, a - 1, 1 + a, a + t, LOG)
    LOG.clear()
    for wrong in (
        lambda: a + b,
        lambda: a + 1,
        lambda: a // 2,
        lambda: ~a,
        lambda: a & a,
        lambda: a << 1,
        lambda: abs(a),
    ):
        try:
            print(wrong())
        except TypeError:
            print("refused", end=" ")
    print(LOG)
    LOG.clear()
    print(a**b, pow(a, 2, 5), 2**a, a % 3, "%s" % a.name, a @ b, 7 // a, -a, +a, --s.name.__len__())
    print(a**-1)
    value = a
    value -= b
    other = t
    other *= 2
    print(value, other.name, other is t, LOG)
    power = matrix = a
    power **= 3
    matrix @= b
    plus = 1
    plus += a
    print(power, matrix, plus)
    items = holder = [Number("x")]
    holder[0] *= 5
    holder[0] -= "y"
    print(items, sum([1, 2], 0), 5 + a, [1] + [2] * 2)


if __name__ == "__main__":
    main()
