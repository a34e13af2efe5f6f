"""and, or, not: which operands are evaluated, and which is the value."""


def noted(value: object, log: list[object]) -> object:
    log.append(value)
    return value


def main() -> None:
    for left in (0, "", "text", [], [0], None):
        for right in (1, {}):
            log: list[object] = []
            both = noted(left, log) and noted(right, log)
            either = noted(left, log) or noted(right, log)
            print(repr(both), repr(either), log, not left)
    print(True + True, sum([True, False, True]), isinstance(True, int), "yes" if [] else "no")
    print(all([]), any([]), all([1, 0]), any([0, 1]), bool("False"), True & False, True ^ True)


if __name__ == "__main__":
    main()
