"""Comparisons of integers with floats, booleans, fractions and decimals: exact, not rounded."""

from decimal import Decimal
from fractions import Fraction


def order(a, b) -> str:
    return "".join(
        sign for sign, holds in (("<", a < b), ("=", a == b), (">", a > b), ("!", a != b)) if holds
    )


def main():
    nan, inf = float("nan"), float("inf")
    pairs = [(2**53 + 1, 2.0**53), (2**53, 2.0**53), (2**63, 2.0**63), (2**63 - 1, 2.0**63)]
    pairs += [(10**400, inf), (-(10**400), -inf), (10**400, 1e308), (0, -0.0), (1, True), (1, nan)]
    pairs += [(True, 1.0), (3, 2.9999999999999996), (10**22, 1e22), (10**23, 1e23)]
    pairs += [(Fraction(1, 2), 0.5), (Fraction(1, 10), 0.1), (Decimal("0.5"), 0.5), (nan, nan)]
    pairs += [
        (Decimal("0.1"), 0.1),
        (Fraction(4, 2), 2),
        (Decimal(3), Fraction(3) == 3),
        (nan, inf),
    ]
    for a, b in pairs:
        print(order(a, b), order(b, a), end=" ")
    print()
    print(1 == 1.0 == True, 0 == 0.0 == False, 1 == 1 + 0j, 2 == 2j, "1" == 1, None == 0, b"" == "")
    print(hash(1) == hash(1.0) == hash(True), hash(2.5) == hash(Fraction(5, 2)), {1, 1.0, True})
    print(max(1, 1.0), max(1.0, 1), min(True, 1), sorted([2.0, 2, 1.5, True]), max(2**64, 1e19))
    for a, b in ((1, "a"), (None, None), (1j, 2j), ([], ()), (object(), 1)):
        try:
            print(a < b)
        except TypeError:
            print("no order", end=" ")
    print()


if __name__ == "__main__":
    main()
