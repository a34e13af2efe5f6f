"""Format specifications of integers: signs, bases, prefixes, grouping, fill, what is refused."""


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, OverflowError) as error:
        return type(error).__name__


def padded(number: int, width: int) -> str:
    return f"{number:{width}}|{number:<{width}}|{number:0{width}}|{number:^+{width},}|"


def main():
    for number in (0, 7, -7, 255, -255, 1234567, -(2**63), 2**64, True):
        print(padded(number, 9))
        print(f"{number:d} {number:+d} {number: d} {number:b} {number:#x} {number:#X} {number:#o}")
        print(f"{number:,} {number:_} {number:_b} {number:>+12}|{number:*^12}|{number:=+12}|")
        print(
            f"{number:012,}|{number:#012x}|{number:-<5}|{number:e}|{number:.1f}|{number:%}|{number:g}"
        )
    print(f"{65:c}{0x20AC:c}".encode())
    print(f"{5:#b} {5:#06b} {-5:#06b} {5:<#6o}| {10**20:_} {10**20:,} {2**40:_x}")
    print(format(5), format(5, ""), format(5, "3"), f"{5!r:>3}", f"{5!s:>3}")
    print("{:5}|{:<5}|{:05}".format(1, True, -2), "{:{}{}{}}".format(7, "*", "^", 5))
    print(f"{True}", f"{True:d}", f"{True:5}", f"{False:>5}", f"{True!s:>6}", f"{True:.1f}")
    print(f"{False:b}", "%d %s" % (True, True))
    for spec in (
        ".2",
        "s",
        "5.1d",
        "+c",
        ",x",
        "_c",
        "z",
        "10q",
        "=c",
        ",_",
        "\x00<5",
        "#,d",
        " =5",
    ):
        print(spec.strip("\x00"), repr(outcome(lambda: format(42, spec))), end="; ")
    print(outcome(lambda: f"{-1:c}"), outcome(lambda: f"{2**64:c}"), outcome(lambda: f"{1:{'a'}}"))
    print(outcome(lambda: format(1, 5)), outcome(lambda: "{:d}".format("1")))
    total = 0
    for digit in range(10):
        total = total * 10 + digit
        print(f"{total:>12,}" if digit % 3 == 0 else f"{total}", end=" ")
    print()


if __name__ == "__main__":
    main()
