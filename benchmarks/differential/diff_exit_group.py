"""Ends by a group of errors of which only some were handled."""


def main() -> None:
    try:
        try:
            raise ExceptionGroup("several", [ValueError("v"), OSError("o")])
        except* ValueError as group:
            print("handled", [str(error) for error in group.exceptions])
    finally:
        print("finally")


if __name__ == "__main__":
    main()
