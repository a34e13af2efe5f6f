"""Errors through await: where they come out, what is closed, and coroutines used twice."""


class Step:
    def __await__(self):
        return (yield "step")


class Broken:
    def __await__(self):
        return 5


class Immediate:
    def __await__(self):
        return iter(())


async def deep(level: int, log: list[str]):
    try:
        if level == 0:
            return await Step()
        return await deep(level - 1, log)
    except ValueError as error:
        log.append(f"{level} {error}")
        if level == 2:
            raise KeyError("translated") from error
        raise
    finally:
        log.append(f"finally {level}")


async def stops():
    raise StopIteration("from a coroutine")


async def finished():
    return "value"


async def breaks():
    return await Broken()


async def immediate():
    return await Immediate(), await finished()


async def swallows_close():
    try:
        await Step()
    except GeneratorExit:
        await Step()


def result(coroutine):
    try:
        return coroutine.send(None)
    except StopIteration as stop:
        return f"returned {stop.value!r}"
    except (RuntimeError, TypeError, KeyError) as error:
        return f"{type(error).__name__}"


def main() -> None:
    log: list[str] = []
    coroutine = deep(3, log)
    print(coroutine.send(None))
    try:
        coroutine.throw(ValueError("thrown"))
    except KeyError as error:
        print(error, repr(error.__cause__), log)
    log.clear()
    coroutine = deep(2, log)
    coroutine.send(None)
    try:
        coroutine.send("answer")
    except StopIteration as stop:
        print(stop.value, log)
    print(result(coroutine), result(stops()), result(breaks()), result(immediate()))
    once = finished()
    print(result(once), result(once))
    stubborn = swallows_close()
    stubborn.send(None)
    try:
        stubborn.close()
    except RuntimeError as error:
        print(type(error).__name__)
    unstarted = deep(1, log)
    unstarted.close()
    print(result(unstarted), len(log))
    closed = deep(1, log)
    closed.send(None)
    log.clear()
    closed.close()
    print(log)


if __name__ == "__main__":
    main()
