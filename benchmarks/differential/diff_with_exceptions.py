"""with and errors: raised on entering, by the block, on leaving; swallowed by any true value."""

LOG: list[str] = []


class Manager:
    def __init__(self, name: str, enter=None, leave=None, result=None) -> None:
        self.name, self.enter, self.leave, self.result = name, enter, leave, result

    def __enter__(self):
        LOG.append(f"enter {self.name}")
        if self.enter is not None:
            raise self.enter
        return self

    def __exit__(self, kind, error, trace):
        LOG.append(f"leave {self.name} {kind and kind.__name__} {error} {trace is not None}")
        if self.leave is not None:
            raise self.leave
        return self.result


def returned():
    for number in range(5):
        with Manager(f"r{number}", result=True):
            if number == 0:
                continue
            if number == 1:
                raise ValueError("swallowed")
            if number == 2:
                return "returned"
    return "never"


def run(*managers, error=None) -> str:
    try:
        if len(managers) == 1:
            with managers[0]:
                LOG.append("block")
                if error is not None:
                    raise error
        else:
            with managers[0] as first, managers[1]:
                LOG.append(f"block in {first.name}")
                if error is not None:
                    raise error
    except Exception as caught:
        return f"{type(caught).__name__}({caught}) after {caught.__context__!r}"
    return "fine"


def shown(result) -> None:
    print(result, LOG)
    LOG.clear()


def main():
    shown(run(Manager("a")))
    for result in (True, 1, "yes", [], 0, None):
        shown(run(Manager("a", result=result), error=KeyError("k")))
    shown(run(Manager("a", enter=OSError("at the door"))))
    shown(run(Manager("a", leave=OSError("leaving"))))
    shown(run(Manager("a", leave=OSError("leaving")), error=ValueError("block")))
    shown(run(Manager("a"), Manager("b", enter=ValueError("b"))))
    shown(run(Manager("a", result=True), Manager("b", leave=TypeError("b")), error=ValueError("v")))
    shown(run(Manager("a"), Manager("b", result=True), error=ValueError("v")))
    shown(returned())
    same = Manager("same")
    with same as one, same as two:
        LOG.append(f"{one is two}")
    shown("twice")


if __name__ == "__main__":
    main()
