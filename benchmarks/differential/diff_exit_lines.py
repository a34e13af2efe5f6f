"""Ends by an error whose message has several lines, from a nested function."""


def outer(names: list[str]):
    def inner(name: str) -> str:
        if name not in names:
            raise ValueError("unknown name\n  known are:\n  " + ", ".join(sorted(names)))
        return name.title()

    return inner


def main() -> None:
    check = outer(["bo", "ann"])
    print(check("ann"))
    print([check(name) for name in ("bo", "cy")])


if __name__ == "__main__":
    main()
