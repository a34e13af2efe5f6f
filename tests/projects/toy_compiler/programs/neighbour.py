"""A module beside the programs; by itself it prints nothing."""


def next_to(n):
    return n + 1


def main():
    return 0


if __name__ == "__main__":
    main()
