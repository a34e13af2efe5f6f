"""enumerate, zip, range, reversed, all with their less usual arguments."""


def main() -> None:
    print(list(enumerate("abc", start=10)), list(zip("ab", range(5), strict=False)), list(zip()))
    print(list(zip(*[(1, "a"), (2, "b")], strict=True)), dict(zip("xy", (1, 2), strict=True)))
    spans = [range(0), range(5, 0, -2), range(-3, 3, 2), range(10**20, 10**20 + 2)]
    for span in spans:
        print(span, len(span), list(span), list(reversed(span)), span[:1])
    print(7 in range(1, 10, 3), range(0, 10, 3)[-1], range(3) == range(0, 3, 1), sum(range(101)))
    try:
        print(list(zip("abc", "ab", strict=True)))
    except ValueError as error:
        print("error:", error)
    total = 0
    for outer in range(4):
        for inner in range(4):
            if inner == outer:
                continue
            if inner > 2:
                break
            total += outer * inner
    print(total)


if __name__ == "__main__":
    main()
