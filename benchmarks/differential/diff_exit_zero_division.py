"""Ends by a division by zero, in the middle of a line and of a loop."""


def mean(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers)


def main() -> None:
    for numbers in ([1, 2, 3], [5], []):
        print(len(numbers), end=" ")
        print(mean(numbers))
    print("never")


if __name__ == "__main__":
    main()
