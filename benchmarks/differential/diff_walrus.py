"""Assignment expressions in conditions, loops and comprehensions."""


def main() -> None:
    data = [3, 1, 4, 1, 5, 9, 2, 6]
    if (length := len(data)) > 5:
        print("long", length)
    position = 0
    while (value := data[position]) != 9:
        position += 1
        print(position, value, end=" ")
    print("stopped at", value)
    print([square for number in data if (square := number * number) > 8], square)
    total = 0
    print([total := total + number for number in data], total)
    print(any((witness := number) > 4 for number in data), witness)


if __name__ == "__main__":
    main()
