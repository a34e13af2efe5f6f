"""The sign of zero through arithmetic, rounding, conversion, formatting and comparison."""

import math


def sign(value: float) -> str:
    return f"{value!r}:{math.copysign(1.0, value):+.0f}"


def product(a: float, b: float) -> float:
    return a * b


def negated(value: float) -> float:
    return -value


def main() -> None:
    zero, minus = 0.0, -0.0
    for a in (zero, minus):
        for b in (zero, minus):
            print(sign(a + b), sign(a - b), sign(a * b), sign(product(a, -1.0)), a == b)
    print(sign(negated(zero)), sign(negated(minus)), sign(0 - zero), sign(-zero), sign(zero * -3))
    print(sign(minus % 3.0), sign(minus % -3.0), sign(zero % -3.0), sign(6.0 % -3.0))
    print(sign(-6.0 % 3))
    print(sign(minus // 3.0), sign(zero // -3.0), sign(-6.0 % 3.0), sign(math.fmod(-6.0, 3.0)))
    print(sign(round(-0.4, 0)), round(-0.4), sign(round(-0.004, 2)), sign(float(int(-0.7))))
    print(sign(abs(minus)), sign(minus**3), sign(minus**2), sign(-1e-300 * 1e-300), sign(minus / 5))
    print(sign(min(zero, minus)), sign(min(minus, zero)), sign(max(zero, minus)))
    print(sign(max(minus, zero)))
    print(f"{minus} {minus:.1f} {minus:+g} {minus:e} {-0.04:.1f} {-0.04:z.1f} {minus:05.1f}")
    print(str(-0.0))
    print("%g %.0f %+.1f" % (minus, -0.4, minus), [minus], {minus: 1}, {zero: 1, minus: 2})
    print(minus or 5)
    print(sign(float("-0")), sign(float("-0.0e5")), sign(-float("0")), int(minus), bool(minus))
    print(minus is not None)
    print(math.atan2(zero, -1.0) > 0, math.atan2(minus, -1.0) < 0, sign(math.sqrt(minus)))
    print(sign(-0.0 + 0))


if __name__ == "__main__":
    main()
