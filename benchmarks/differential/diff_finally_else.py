"""try with else and finally: which run, in which order, and whose return counts."""


def attempt(kind: str, log: list[str]) -> str:
    try:
        log.append("try")
        if kind == "error":
            raise ValueError(kind)
        if kind == "return":
            return "from try"
    except ValueError:
        log.append("except")
        return "from except"
    else:
        log.append("else")
    finally:
        log.append("finally")
        if kind == "override":
            return "from finally"
    return "after"


def main() -> None:
    for kind in ("plain", "error", "return", "override"):
        log: list[str] = []
        print(kind, attempt(kind, log), log)
    for number in range(4):
        try:
            if number == 1:
                continue
            if number == 3:
                break
            print("number", number)
        finally:
            print("cleaned", number)


if __name__ == "__main__":
    main()
