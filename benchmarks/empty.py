"""A program that does nothing: measures start-up alone."""


def main() -> None:
    pass


if __name__ == "__main__":
    main()
