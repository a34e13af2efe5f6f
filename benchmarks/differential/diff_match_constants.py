"""Constants in patterns: equality or identity, signs, joined text, dotted names, enumerations."""

import math
from enum import Enum, IntEnum


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Limits:
    top = 100

    class Inner:
        deep = -100


class Anything:
    def __eq__(self, other):
        return True


def kind(value) -> str:
    match value:
        case None:
            return "None"
        case True:
            return "True"
        case False:
            return "False"
        case Color.RED:
            return "red"
        case Level.HIGH:
            return "high"
        case Limits.top | Limits.Inner.deep:
            return "limit"
        case math.inf:
            return "infinity"
        case -1 | -2.5:
            return "negative"
        case 3 + 4j | -1j:
            return "complex"
        case 0x10 | 0b11 | 1_000:
            return "written otherwise"
        case 0:
            return "zero"
        case 1:
            return "one"
        case (
            "joined"
            | """long
text"""
        ):
            return "text"
        case b"bytes" | b"\x00":
            return "bytes"
        case "" | b"":
            return "empty"
    return "other"


def number(value: int) -> str:
    match value:
        case 0:
            return "zero"
        case 1 | 2 | 3:
            return "small"
        case 4611686018427387904 | -9223372036854775808 | 18446744073709551616:
            return "edge"
        case n if n < 0:
            return "negative"
    return "large"


def main():
    print(
        [
            kind(value)
            for value in (
                None,
                True,
                False,
                1,
                0,
                1.0,
                0.0,
                -0.0,
                2,
                Level.LOW,
                Level.HIGH,
                Color.RED,
                Color.BLUE,
                "red",
            )
        ]
    )
    print(
        [
            kind(value)
            for value in (
                100,
                100.0,
                -100,
                math.inf,
                float("inf"),
                -math.inf,
                math.nan,
                -1,
                -2.5,
                -1.0,
                3 + 4j,
                -1j,
                1j,
                16,
                3,
                1000,
            )
        ]
    )
    print(
        [
            kind(value)
            for value in (
                "joined",
                "long\ntext",
                b"bytes",
                b"\0",
                bytearray(b"bytes"),
                "bytes",
                "",
                b"",
                bytearray(),
                (),
                Anything(),
            )
        ]
    )
    print([number(value) for value in (0, True, 3, 4, 2**62, -(2**63), 2**64, -1, 2**63, -(2**70))])
    Limits.top = 7
    print(kind(7), kind(100))
    try:
        match 5:
            case Limits.missing:
                print("never")
    except AttributeError:
        print("no such name")


if __name__ == "__main__":
    main()
