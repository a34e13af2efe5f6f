"""Which comparison methods are asked, in which order, and what a default does."""

LOG: list[str] = []


class Plain:
    def __init__(self, name: str) -> None:
        self.name = name

    def __lt__(self, other):
        LOG.append(f"{self.name} <")
        return NotImplemented

    def __gt__(self, other):
        LOG.append(f"{self.name} >")
        return "greater"

    def __eq__(self, other):
        LOG.append(f"{self.name} ==")
        return NotImplemented


class Special(Plain):
    def __gt__(self, other):
        LOG.append(f"{self.name} special >")
        return []


class Unequal:
    def __ne__(self, other):
        return "always"


def shown(value) -> None:
    print(value, LOG)
    LOG.clear()


def main():
    p, q, s = Plain("p"), Plain("q"), Special("s")
    shown(p < q)
    shown(p < s)
    shown(s < p)
    shown(p == q)
    shown(p == p)
    shown(p == s)
    shown(p != q)
    shown(p > q > s)
    shown(p > s > q)
    shown(3 < p)
    shown([p] == [p])
    shown((p, 1) == (q, 1))
    for wrong in (lambda: p <= q, lambda: p < 3):
        try:
            wrong()
        except TypeError:
            shown("no order")
    print(Unequal() != 1, Unequal() == 1, Plain.__hash__, hash(Unequal()) is not None)


if __name__ == "__main__":
    main()
