"""Floats to integers and back, text, ratios, and what cannot be converted."""

import math


def outcome(action):
    try:
        return action()
    except (OverflowError, ValueError, TypeError) as error:
        return type(error).__name__


def main():
    nan, inf = math.nan, math.inf
    for value in (2.5, -2.5, 0.9999999999999999, -0.0, 1e20, -1e15, 2.0**62, 2.0**63, -(2.0**63)):
        print(int(value), math.floor(value), math.ceil(value), math.trunc(value), end=" ")
        print(round(value), end="; ")
        print(value.is_integer(), value.as_integer_ratio(), value.hex())
    for action in (lambda: int(inf), lambda: int(nan), lambda: round(inf), lambda: math.floor(nan)):
        print(outcome(action), end=" ")
    print(outcome(lambda: inf.as_integer_ratio()), outcome(lambda: float(2**1024)))
    print(float(2**53 + 1), float(2**1023), float(10**23) == 1e23, float("1" + "0" * 30))
    print(float(True))
    for text in (
        "1e400",
        "-1e400",
        "1e-400",
        "infinity",
        "+nan",
        ".5",
        "5.",
        "1_0.0_1",
        "\t1\n",
        "\u0663.5",
    ):
        print(text.strip() if text.isascii() else "digits", outcome(lambda: float(text)), end="; ")
    print()
    for text in ("", ".", "1e", "--1", "1,5", "0x1p3", "1__0", "nane", "1 2", "e5"):
        print(text, outcome(lambda: float(text)), end="; ")
    print()
    print(float.fromhex("0x1.8p3"), float.fromhex("-0x.1p-4"))
    print(outcome(lambda: float.fromhex("1.g")))
    print(outcome(lambda: float(None)), outcome(lambda: float([])), float(b"2.5"))
    print(int("7") + float("7"))


if __name__ == "__main__":
    main()
