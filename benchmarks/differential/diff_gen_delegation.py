"""yield from: what is sent, thrown and closed goes to the innermost; what it returns comes back."""


def innermost(log):
    received = []
    try:
        while len(received) < 3:
            try:
                received.append((yield len(received)))
            except KeyError as error:
                log.append(f"caught {error}")
                received.append("error")
    finally:
        log.append("innermost done")
    return received


def middle(log):
    result = yield from innermost(log)
    log.append(f"got {result}")
    again = yield from iter("xy")
    return again


def outer(log):
    try:
        result = yield from middle(log)
    except ValueError as error:
        log.append(f"outer {error}")
        yield "recovered"
        result = "from error"
    yield result


class Own:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration("value of a class")


def value():
    result = yield from Own()
    yield result
    empty = yield from ()
    yield empty
    yield (yield from [1]), (yield from "")


def main():
    log: list[str] = []
    running = outer(log)
    print(next(running), running.send("a"), running.throw(KeyError("k")), running.send("b"), log)
    print(next(running), next(running), next(running, "end"), log)
    for error in (ValueError("v"), RuntimeError("r")):
        log = []
        running = outer(log)
        next(running)
        try:
            print(running.throw(error), next(running), list(running), log)
        except RuntimeError as caught:
            print("out came", caught, log)
    log = []
    running = outer(log)
    next(running)
    running.close()
    print(log, list(value()))
    running = middle([])
    for sent in (None, 1, 2, 3):
        running.send(sent)
    try:
        running.send("to an iterator that takes none")
    except AttributeError as error:
        print(type(error).__name__)
    chained = (lambda: (yield from (yield from (n for n in []) or [iter("ab")]) or "c"))()
    print(list(chained))


if __name__ == "__main__":
    main()
