"""round: half to even, digits on either side of the point, integers and floats."""


def main() -> None:
    print([round(value / 2) for value in range(-7, 8)])
    print([round(2.675, digits) for digits in range(4)])
    print(round(1234567, -3), round(-1250, -2), round(1350, -2), round(5, 2))
    print(round(1.0), round(1.5), type(round(1.5)).__name__, type(round(1.5, 0)).__name__)
    print([f"{value:.0f}" for value in (0.5, 1.5, 2.5, 3.5)], f"{1e-7:.3g}", f"{123456789:.3g}")


if __name__ == "__main__":
    main()
