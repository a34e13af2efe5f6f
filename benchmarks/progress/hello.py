"""The smallest program of the compile-progress cases: one line of output."""


def main() -> None:
    print("hello, progress")


if __name__ == "__main__":
    main()
