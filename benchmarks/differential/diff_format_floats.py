"""Format specifications of floats: e, f, g, % and none, precision, special values, grouping."""

import math


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main() -> None:
    for value in (
        0.0,
        -0.0,
        1.0,
        -1.5,
        0.1,
        1234567.891,
        1e-7,
        1.5e300,
        5e-324,
        math.inf,
        -math.inf,
        math.nan,
    ):
        print(f"{value} {value:e} {value:.3E} {value:g} {value:.3G} {value: g} {value:.5}")
        print(
            f"{value:10.2e}|{value:<12.4g}|{value:012.3g}|{value:*^14.3}|{value:,.1e}|{value:#.3g}"
        )
        if abs(value) < 1e20:
            print(f"{value:.2f} {value:.0f} {value:.1%} {value:+.1f} {value:010.1f} {value:,.2f}")
    for value in (0.5, 1.5, 2.5, 0.125, 2.675, 1.005, 999.9995, 9.995, 0.00001234, 123456.5):
        print(f"{value:.0f} {value:.1f} {value:.2f} {value:.3f} {value:.2g} {value:.1e}", end="; ")
    print()
    print(
        f"{1234.5:,} {1234567.0:_.2f} {0.1:.20f} {1e22:.0f} {1e16} {123456789.0:g} {1e5:g} {1e-5:g}"
    )
    print(f"{-0.001:.1f} {-0.001:z.1f} {0.0:+} {-0.0:+} {-0.0:z} {3.0:.10} {3.0:#.3} {1e10:.3}")
    print(f"{True:.2f} {7:.2e} {100000.0} {1e-4}", "%.3f %e %g %G" % (1.0005, 1e10, 1e-5, 1e20))
    print("%#g %+.1f % .2f %08.3f %-8.2f| %.0e %5.1f%%" % (1.0, 2, 3, -1.5, 1.25, 12345, 99.95))
    print(round(2.5), round(0.5), round(-1.5), round(2.675, 2), round(1e20, -19), round(1.25, 1))
    print(round(-0.05, 1), round(12.5, -1), round(1e308, -308))
    width, precision = 10, 3
    print(f"{math.pi:{width}.{precision}f}|{math.pi:<{width}}|{math.pi:.{precision}}|")
    print(f"{math.e:{'+'}.{1 + 1}f}|{'%.*f' % (precision, math.pi)}")
    for spec in ("d", "x", "c", "s", ".f", ".-1f", ",_f", "5.5.5", "z", ".2", "=8", "08", "%"):
        print(spec, repr(outcome(lambda: format(1234.5, spec))), end="; ")
    print()


if __name__ == "__main__":
    main()
