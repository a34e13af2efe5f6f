"""Generators that are closed: finally and with run, returns and errors within them."""


class Noted:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __enter__(self) -> "Noted":
        self.log.append("enter")
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.log.append(f"exit {kind.__name__ if kind else None}")


def guarded(log: list[str]):
    with Noted(log):
        try:
            yield 1
            yield 2
        except GeneratorExit:
            log.append("closing")
            raise
        finally:
            log.append("finally")
    yield 3


def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield "not yet"


def quiet(log: list[str]):
    try:
        yield 1
    except GeneratorExit:
        log.append("quiet")
    return "result"


def failing():
    try:
        yield 1
    finally:
        raise ValueError("while closing")


def overriding():
    while True:
        try:
            yield 1
        finally:
            break
    yield "after"


def main() -> None:
    log: list[str] = []
    for steps in (0, 1, 2, 3, 4):
        running = guarded(log)
        taken = [value for _, value in zip(range(steps), running)]
        running.close()
        print(taken, log, list(running))
        log.clear()
    for make in (stubborn, failing, overriding):
        running = make()
        next(running)
        try:
            running.close()
            print("closed")
        except (RuntimeError, ValueError) as error:
            print(type(error).__name__)
    running = quiet(log)
    next(running)
    running.close()
    running.close()
    print(log, next(running, "ended"))
    try:
        with Noted(log):
            for value in guarded(log):
                if value == 2:
                    raise LookupError("in the loop")
    except LookupError as error:
        print("error:", error, "exit LookupError" in log)


if __name__ == "__main__":
    main()
