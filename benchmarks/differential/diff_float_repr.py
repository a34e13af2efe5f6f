"""The shortest text that gives a float back, and where it changes to an exponent."""

import struct


def bits(value: float) -> str:
    return struct.pack(">d", value).hex()


def main() -> None:
    values = [0.1, 1 / 3, 2 / 3, 1e15, 1e16, 123456789012345678.0, 1e22, 1e23, 5e-324, 2.5e-323]
    values += [1e-4, 1e-5, 0.00012345, 1.7976931348623157e308, 2.2250738585072014e-308, 4.35, 100.0]
    values += [9007199254740993.0, 9007199254740992.0, 0.1 + 0.2, 1.1 * 1.1, 3.0, 1e100, 123e-7]
    values += [2.0**62, 2.0**63, 2.0**64, 2.0**-30, 1.0 - 2.0**-53, 1.0 + 2.0**-52, 6.02214076e23]
    for value in values:
        text = repr(value)
        assert float(text) == value and str(value) == text == f"{value}" == "%s" % value
        print(text, repr(-value), bits(value), f"{value:.17g}", f"{value!r:>8}")
    print([1.0, -0.5], (1e16,), {0.1: 1e-7}, 1e5, 12345678.9, 1e16 - 1, 1_000.5, 0x10 / 16, 1e1_0)
    print(f"{0.1:.55f}", f"{1e23:.0f}", f"{2.0**70:f}", f"{5e-324:.3e}", (0.1).hex(), (1.0).hex())


if __name__ == "__main__":
    main()
