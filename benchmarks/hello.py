"""The smallest program with output: measures start-up and one print."""


def main() -> None:
    print("hello world")


if __name__ == "__main__":
    main()
