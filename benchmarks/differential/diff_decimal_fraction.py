"""decimal and fractions: exact arithmetic, contexts, rounding, mixed numbers."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction


def main() -> None:
    print(Decimal("0.1") + Decimal("0.2"), Decimal(1) / 7, Decimal("1.10") * 3, Decimal("2") ** 70)
    print(Decimal("2.675").quantize(Decimal("0.01"), ROUND_HALF_UP), Decimal(0.5), Decimal("1E+3"))
    with localcontext() as context:
        context.prec = 6
        print(Decimal(2).sqrt(), Decimal(1) / 3, Decimal("123456789") + 0)
    print(Fraction(3, 4) + Fraction("0.1"), Fraction(0.75), Fraction(10, -4), 2 / Fraction(3, 5))
    print(Fraction(355, 113).limit_denominator(20), Fraction(7, 3) // 1, Fraction(-7, 3) % 1)
    print(sum(Fraction(1, n) for n in range(1, 12)), Fraction(1, 2) == 0.5, Fraction(1, 3) < 0.34)
    try:
        print(Decimal("abc"))
    except InvalidOperation:
        print("error: not a number")


if __name__ == "__main__":
    main()
