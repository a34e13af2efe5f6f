"""Formatting with %: conversions of every kind, stars, mappings, tuples, and what is refused."""


class Number:
    def __int__(self) -> int:
        return 42

    def __index__(self) -> int:
        return 43

    def __float__(self) -> float:
        return 4.5

    def __repr__(self) -> str:
        return "Number()"


class Mapping(dict):
    def __missing__(self, key):
        return f"no {key}"


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        return type(error).__name__


def report(name: str, count: int, share: float) -> str:
    return "%s: %d (%.1f%%)" % (name, count, share * 100)


def main():
    print("%d %i %u" % (3.99, -3.99, True), "%d" % Number(), "%x" % Number(), "%f" % Number())
    print("%s %r %a" % (Number(), "\u00e9"[:0], "\u00e9"))
    print(
        "%5d|%-5d|%05d|%+5d|% d|%+d|%.3d|%8.3d|%-8.3d|%+08d"
        % (42, 42, -42, 42, 42, -42, 7, 7, 7, 7)
    )
    print("%x %X %#x %#X %o %#o" % (255, 255, 255, -255, 8, 8))
    print("%d %d %x %o" % (2**63, -(2**64), 2**70, 2**66), "%020d" % -(10**15), "%.30d" % 5)
    print("%s" % 10**30)
    print("%c%c%c" % ("a", 98, "\u00e7"[:0] or "c"), "%5c|%-5c|" % ("x", 121), "%% %s" % 1)
    print("%s|%10s|%-10s|%.2s|%10.2s|%r|%.3r" % ("abc", "abc", "abc", "abc", "abc", "abc", "abc"))
    print("%s %s" % ("a", ("b",)), "%s" % [1, 2], "%s" % {"a": 1}, "%s" % ((1,),), "%s" % None)
    print("%r" % (None,), "text" % (), "text" % {}, "text" % [])
    print("%(a)s %(b)05.1f %(a)r %(c d)s" % {"a": "x", "b": 2.25, "c d": 1, "unused": 0})
    print("%(x)s %(y)d" % Mapping(y=5), "%(a)s%%" % {"a": 1}, "%(())s" % {"()": "p"})
    print(
        "%*d|%-*d|%0*d|%.*f|%*.*f|%*s" % (5, 42, 5, 42, 5, 42, 2, 3.14159, 8, 3, 2.71828, -6, "ab")
    )
    print("%s" % "%s", "%s%%s" % "a" % "b")
    print(
        "%e %E %.0e %g %g %g %G %#.3g %.0f %.1f"
        % (12345.678, 0.00012, 15000, 1e5, 1e6, 1e-5, 1e-10, 1, 2.5, 0.25)
    )
    print("%f %5.1f %-8.2e|" % (1e15, -0.05, 1))
    print(report("r", 7.9, 0.12345), report(None, True, 1), "%s %d" % tuple(["t", 1]), "%i%%" % 50)
    print("%ld %hd" % (1, 2), "%5.5s|" % "\u20ac".encode())
    for template, values in (
        ("%d", "1"),
        ("%d", None),
        ("%x", 1.5),
        ("%c", "ab"),
        ("%c", -1),
        ("%c", 1.5),
        ("%f", "x"),
        ("%s %s", "a"),
        ("%s", ()),
        ("%s", (1, 2)),
        ("%z", 1),
        ("%", 1),
        ("%(a)s", 1),
        ("%(a)s", {}),
        ("%(a", {"a": 1}),
        ("%*d", ("x", 1)),
        ("%s %(a)s", {"a": 1}),
        ("x", 1),
        ("x", (1,)),
    ):
        print(outcome(lambda: template % values), end=" ")
    print()


if __name__ == "__main__":
    main()
