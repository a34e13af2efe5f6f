"""Formatting with %: widths, signs, bases, mappings, and errors."""


def main() -> None:
    print("%d|%5d|%-5d|%05d|%+d|% d" % (42, 42, 42, 42, 42, 42))
    print("%x|%X|%#x|%o|%#o" % (255, 255, 255, 8, 8))
    print("%f|%.2f|%10.3f|%e|%g|%g" % (3.14159, 2.5, 1.0, 12345.678, 1e-5, 1e10))
    for template in ("%s|", "%10s|", "%-10s|", "%.3s|", "%r|", "%a|"):
        print(template % "é q'uote", end="")
    print()
    print("%(name)s is %(age)03d, 100%%" % {"name": "Ann", "age": 7}, "%c%c" % ("a", 98))
    print("%*d|%-*d|" % (6, 42, 6, 42), "%s" % ((1, 2),))
    for template, values in (("%d", "text"), ("%s %s", ("one",)), ("%s", (1, 2))):
        try:
            print(template % values)
        except TypeError as error:
            print("error:", error)


if __name__ == "__main__":
    main()
