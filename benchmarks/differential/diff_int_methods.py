"""Methods of integers: bytes of both orders and signs, bit counts, ratios, parts."""


def outcome(action):
    try:
        return action()
    except (OverflowError, ValueError) as error:
        return type(error).__name__


def main():
    for number in (0, 1, -1, 127, 128, -128, -129, 255, 256, 2**31, -(2**63), 2**64 - 1):
        size = (number.bit_length() + 8) // 8
        data = number.to_bytes(size, "big", signed=True)
        assert int.from_bytes(data, "big", signed=True) == number
        assert int.from_bytes(data[::-1], "little", signed=True) == number
        print(number, data.hex(), number.bit_length(), number.bit_count(), int.from_bytes(data))
    print(outcome(lambda: (256).to_bytes(1, "big")), outcome(lambda: (-1).to_bytes(2, "big")))
    print(outcome(lambda: (128).to_bytes(1, "big", signed=True)), (0).to_bytes(0, "big"))
    print(outcome(lambda: (1).to_bytes(1, "middle")), int.from_bytes(b"", "big"), (5).to_bytes())
    print(int.from_bytes([1, 2, 3], "little"), int.from_bytes(bytearray(b"\xff\xfe"), "big"))
    print((7).as_integer_ratio(), (-7).numerator, (7).denominator, (7).real, (7).imag)
    print((-7).conjugate())
    print((5).__add__(3), (5).__add__("3") is NotImplemented, (5).__rsub__(3), int.__mul__(6, 7))


if __name__ == "__main__":
    main()
