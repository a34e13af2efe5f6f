"""f-strings: expressions, conversions, nested specifications, debugging form."""


def main() -> None:
    name, width, value = "Ada", 10, 1234.5678
    print(f"{name}|{name:>{width}}|{name!r:^{width}}|{name.upper()[:2]}")
    print(f"{value:.2f}|{value:{width}.1f}|{value:,.3f}|{value:e}|{int(value):#x}|{-1:03d}")
    print(f"{name=} {width + 1=} {value=:.1f}")
    print(f"{[number**2 for number in range(4)]} {({'a': 1})['a']} {{braces}} {width:b}")
    print(f"{'nested ' + f'{name:>5} {width}'} {'q' * 3}")
    print(f"{True!s} {None} {3.0} {1e20} {[1, 'a']} {(1,)} joined {len(name)}")
    print(f"{lambda_result(3)} {width if width > 5 else name} {value > 1000 and 'big'}")


def lambda_result(number: int) -> int:
    return (lambda factor: factor * number)(2)


if __name__ == "__main__":
    main()
