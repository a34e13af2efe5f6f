"""Ends by an error with notes; the last note is the last line that is written."""


def work(items: list[str]) -> int:
    total = 0
    for place, item in enumerate(items):
        try:
            total += int(item)
        except ValueError as error:
            error.add_note(f"in item {place}")
            raise
    return total


def main() -> None:
    print(work(["1", "2"]))
    try:
        work(["1", "b"])
    except ValueError as error:
        error.add_note("while adding up")
        print(error.__notes__)
        raise


if __name__ == "__main__":
    main()
