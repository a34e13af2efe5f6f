"""Ends by SystemExit with a text: that goes to standard error, and the status is 1."""


def checked(values: list[int]) -> int:
    total = 0
    for value in values:
        if value < 0:
            raise SystemExit(f"negative value: {value}")
        total += value
    return total


def main() -> None:
    print(checked([1, 2]))
    print(checked([3, -4]))


if __name__ == "__main__":
    main()
