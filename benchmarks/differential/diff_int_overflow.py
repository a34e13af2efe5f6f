"""Sums and products that leave one machine word, and come back to it."""


def main() -> None:
    number = 1
    for step in range(1, 30):
        number *= step * 7
        if step % 4 == 0:
            number -= 2**62
        print(step, number, number % 1_000_007)
    edge = 2**63 - 1
    print(edge + 1, -edge - 2, (edge + 1) - 1 == edge, abs(-(2**63)))
    total = 0
    for value in (2**30, 2**31, 2**32, 2**62, 2**63):
        total += value
    print(total, -total, total // 2**40)


if __name__ == "__main__":
    main()
