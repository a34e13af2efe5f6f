"""Ends by an assertion that fails, with a message that is computed only then."""


def message(text: str) -> str:
    print("computed", text)
    return f"wrong: {text}"


def main() -> None:
    assert True, message("never")
    try:
        assert [], message("first")
    except AssertionError as error:
        print(error, error.args)
    try:
        assert 0, ("a", "tuple")
    except AssertionError as error:
        print(error.args)
    try:
        assert None
    except AssertionError as error:
        print(repr(error), str(error) == "")
    assert 1 > 2, message("last")


if __name__ == "__main__":
    main()
