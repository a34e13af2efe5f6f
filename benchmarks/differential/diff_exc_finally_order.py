"""The order of try, except, else and finally through loops, calls and nested blocks."""

LOG: list[str] = []


def step(name: str, error: Exception | None = None):
    LOG.append(name)
    if error is not None:
        raise error
    return name


def run(fail: set[str]) -> str:
    def part(name: str) -> None:
        step(name, ValueError(name) if name in fail else None)

    try:
        part("try")
    except ValueError:
        part("except")
    else:
        part("else")
    finally:
        part("finally")
    return "end"


def loops() -> list[int]:
    passed = []
    for outer in range(4):
        try:
            for inner in range(3):
                try:
                    if inner == outer:
                        break
                    if inner == 1:
                        continue
                    passed.append(10 * outer + inner)
                finally:
                    step(f"i{outer}{inner}")
            else:
                step(f"else{outer}")
                if outer == 3:
                    return passed
        finally:
            step(f"o{outer}")
    return []


def chained(depth: int) -> int:
    try:
        if depth == 0:
            raise IndexError("bottom")
        return chained(depth - 1)
    except KeyError:
        return -1
    finally:
        step(f"unwind{depth}")


def main() -> None:
    for fail in (set(), {"try"}, {"else"}, {"try", "except"}, {"finally"}, {"else", "finally"}):
        try:
            ended = run(fail)
        except ValueError as error:
            ended = f"{error} after {error.__context__}"
        print(sorted(fail), ended, LOG)
        LOG.clear()
    print(loops(), LOG)
    LOG.clear()
    try:
        chained(3)
    except IndexError as error:
        print(error, LOG)
    try:
        pass
    finally:
        print("nothing to do")
    while True:
        try:
            break
        finally:
            print("on the way out")


if __name__ == "__main__":
    main()
