"""Shifts and bit operations on integers of both signs, beyond one machine word."""


def main() -> None:
    values = [0, 1, -1, 255, -256, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**64 + 5]
    for value in values:
        print(value, ~value, value >> 3, value << 3, value & 0xFF, value | 1, value ^ 0x55)
        print(value.bit_length(), value.bit_count(), hex(value), oct(value), bin(value)[:40])
    try:
        print(values[4] << values[2])
    except ValueError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
