"""Complex arithmetic, comparison for equality, and what has no order."""


def main() -> None:
    a, b = complex(1, 2), 3 - 4j
    print(a + b, a - b, a * b, a / b, abs(b), a.conjugate(), -a, a**2)
    print(a == complex(1, 2), a != b, b.real, b.imag, complex("1+2j"), 1j * 1j)
    try:
        print(sorted([a, b]))
    except TypeError as error:
        print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
