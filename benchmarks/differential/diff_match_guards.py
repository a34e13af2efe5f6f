"""Guards and alternatives: what is bound when they fail, what is evaluated, and how often."""

LOG: list[str] = []


def guard(name: str, answer: bool) -> bool:
    LOG.append(name)
    return answer


def subject(value):
    LOG.append("subject")
    return value


class Compared:
    def __eq__(self, other):
        LOG.append(f"== {other}")
        return other == 3


def bound(value):
    x = "before"
    match value:
        case [x, 1]:
            return "first", x
        case [x, y] if guard("second", x == y):
            return "second", x, y
        case [x, *_] if guard("third", False):
            return "never"
    return "none", x


def either(value):
    match value:
        case [("x" | "y") as axis, int(n) | str(n)] | {"axis": axis, "n": n}:
            return axis, n
        case int() | None | "none" as plain:
            return plain
        case (1 | 2, 3 | 4) | [5, 6, *_]:
            return "numbers"
        case float(f) if f != f:
            return "not a number"
        case _ if value:
            return "true"
    return "false"


def fallthrough(command: str):
    match command.split():
        case ["go", direction] if direction in ("north", "south"):
            return f"going {direction}"
        case ["go", direction]:
            return f"cannot go {direction}"
        case ["get", *items] if items:
            return f"got {', '.join(items)}"
        case ["quit" | "exit"]:
            return "bye"
        case [] | ["help", *_]:
            return "help"
        case [unknown, *_]:
            return f"unknown {unknown}"


def loop(values: list) -> list:
    seen = []
    for value in values:
        match value:
            case 0:
                continue
            case -1:
                break
            case n if n % 2:
                seen.append(n)
    else:
        seen.append("all")
    return seen


def main() -> None:
    print(bound([5, 1]), bound([4, 4]), bound([7, 8]), bound([9]), bound(5), LOG)
    LOG.clear()
    print(
        [
            either(value)
            for value in (
                ["x", 5],
                ("y", "s"),
                {"axis": 1, "n": 2},
                7,
                None,
                "none",
                (1, 4),
                [5, 6, 7],
                float("nan"),
                2.5,
                [],
                ["z", 1],
            )
        ]
    )
    print(
        [
            fallthrough(text)
            for text in ("go north", "go up", "get a b", "get", "exit", "", "help me", "dance now")
        ]
    )
    print(loop([1, 0, 2, 3]), loop([1, -1, 3]))
    match subject(Compared()):
        case 1 | 2:
            print("never")
        case 3 if guard("last", True):
            print("three", LOG)
    match = case = 5
    match match:
        case case if case > 4:
            print("soft keywords", match, case)
    _ = "kept"
    match 9:
        case _:
            print(_)


if __name__ == "__main__":
    main()
