"""The order in which operands, arguments, keys and targets are evaluated."""


def main() -> None:
    log: list[str] = []

    def note(name: str, value: int = 0) -> int:
        log.append(name)
        return value

    def take(*args: int, **kwargs: int) -> int:
        return sum(args) + sum(kwargs.values())

    total = note("a", 1) + note("b", 2) * note("c", 3)
    table = {note("k1", 1): note("v1", 1), note("k2", 2): note("v2", 2)}
    table[note("index", 1)] = note("right side", 5)
    result = take(note("x"), *[note("y")], key=note("z"), **{"w": note("u")})
    chosen = note("yes") if note("condition", 1) else note("no")
    print(total, table, result, chosen)
    print(log)


if __name__ == "__main__":
    main()
