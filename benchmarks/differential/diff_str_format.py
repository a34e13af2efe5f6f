"""str.format and format: fields, nesting, alignment, grouping, own __format__."""


class Angle:
    def __init__(self, degrees: float) -> None:
        self.degrees = degrees

    def __format__(self, spec: str) -> str:
        return f"{self.degrees * 60:.0f}'" if spec == "minutes" else f"{self.degrees}deg"


def main() -> None:
    print("{} {1}".replace("{}", "{0}").format("a", "b"), "{1} {0} {1}".format("a", "b"))
    print("{name!r:>8}|{items[1]}|{point.real}".format(name="n", items=[1, 2], point=3 + 4j))
    print("{:<8}|{:>8}|{:^8}|{:*^8}".format("l", "r", "c", "s"), "{:{}}|".format("w", 5))
    print("{:,}|{:_}|{:_x}|{:.2%}|{:+.1e}".format(1234567, 1234567, 2**32, 0.256, 12345.6))
    print("{:08.3f}|{:=+8d}|{:#b}|{:c}".format(3.14159, 42, 5, 65), "{{literal}}".format())
    print(format(Angle(1.5)), format(Angle(1.5), "minutes"), f"{Angle(2)!s:.0}|")
    try:
        print("{missing}".format(present=1))
    except KeyError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
