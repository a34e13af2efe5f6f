"""match on literals, alternatives, sequences, mappings, guards, captures."""


def kind(value: object) -> str:
    match value:
        case True | False:
            return "boolean"
        case 0:
            return "zero"
        case int(n) if n < 0:
            return f"negative {n}"
        case int() | float():
            return "number"
        case "go" | "run" as word:
            return f"verb {word}"
        case []:
            return "empty"
        case [only]:
            return f"one {only}"
        case [first, *rest, 9]:
            return f"{first} then {rest} then nine"
        case (x, y):
            return f"pair {x} {y}"
        case {"type": "point", "at": [px, py], **others}:
            return f"point {px} {py} {sorted(others)}"
        case {}:
            return "mapping"
        case None:
            return "none"
        case _:
            return "other"


def main() -> None:
    values = [True, 0, -5, 7, 2.5, "go", "run", "text", [], [1], [1, 2, 9], (3, 4), [1, 2, 3]]
    for value in [*values, {"type": "point", "at": (1, 2), "z": 3}, {"a": 1}, None, object]:
        print(kind(value))


if __name__ == "__main__":
    main()
