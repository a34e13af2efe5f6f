"""Complex numbers: text and back, powers, parts that are zero or infinite, what is refused."""

import cmath


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        return type(error).__name__


def main():
    for text in (
        "1+2j",
        "-1.5e3j",
        "j",
        "-j",
        " 2 ",
        "(3-4j)",
        "1 + 2j",
        "",
        "infj",
        "nan+1j",
        "2j+1",
    ):
        print(repr(text), outcome(lambda: complex(text)), end="; ")
    print()
    a = complex(3, -4)
    print(a, abs(a), -a, +a, a.real, a.imag, a.conjugate(), a * a, a / (1 + 2j), a - a, a == 3 - 4j)
    print(a**2, a**0, a**1, (2 + 0j) ** 3, (1j) ** 2 == -1, a + 1, 2 * a, a / 2, a * 0.5)
    print(complex(1.0), complex(0, 1), complex(-0.0, 0.0), complex(0.0, -0.0))
    print(complex(1, float("inf")))
    print(f"{a}", f"{a:.2f}", f"{a:>12}|", f"{1e20 + 1j:g}", "%s" % a, str(2j), repr(1e16 + 0j))
    print([1j])
    for wrong in (
        lambda: a < a,
        lambda: int(a),
        lambda: a // 1,
        lambda: a % 2,
        lambda: divmod(a, a),
    ):
        print(outcome(wrong), end=" ")
    for wrong in (lambda: a / 0, lambda: 0j**-1, lambda: float(a), lambda: complex("1", 2)):
        print(outcome(wrong), end=" ")
    print(bool(0j), bool(1j), hash(2 + 0j) == hash(2), {1: "one"}[1 + 0j], 1j == 1j != 1)
    print(3 == 3 + 0j)
    print(cmath.sqrt(-4), cmath.isnan(complex("nanj")), cmath.isinf(complex(0, float("inf"))))


if __name__ == "__main__":
    main()
