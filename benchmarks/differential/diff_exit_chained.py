"""Ends by an error that was raised from another, while a third one was handled."""


def read(table: dict[str, str], key: str) -> int:
    try:
        return int(table[key])
    except KeyError:
        try:
            return int(table["default"])
        except ValueError as error:
            raise LookupError(f"neither {key!r} nor a default") from error


def main() -> None:
    print(read({"a": "5"}, "a"), read({"default": "7"}, "b"))
    try:
        print(read({"a": "x", "default": "y"}, "c"))
    finally:
        print("on the way out")


if __name__ == "__main__":
    main()
