"""Asynchronous generators driven by hand: asend, athrow, aclose, finally, and their expressions."""


class Pause:
    def __await__(self):
        yield


def run(coroutine):
    """The result of a coroutine that waits for nothing but `Pause`."""
    steps = 0
    try:
        while True:
            coroutine.send(None)
            steps += 1
    except StopIteration as stop:
        return stop.value, steps


async def counting(log: list[str], limit: int):
    try:
        for number in range(limit):
            await Pause()
            sent = yield number
            if sent is not None:
                log.append(f"sent {sent}")
    except ValueError as error:
        log.append(f"caught {error}")
        yield "recovered"
    finally:
        await Pause()
        log.append("closed")


async def wrapped(source):
    async for item in source:
        yield item * 10


async def uses(log: list[str]) -> list:
    results: list = []
    running = counting(log, 5)
    results.append(await anext(running))
    results.append(await running.asend("hello"))
    results.append(await running.athrow(ValueError("v")))
    results.append(await anext(running, "default"))
    closing = counting(log, 5)
    results.append(await closing.__anext__())
    await closing.aclose()
    results.append([item async for item in closing])
    return results


async def expressions(log: list[str]) -> tuple:
    doubled = [n * 2 async for n in counting(log, 4) if n % 2]
    table = {n: str(n) async for n in wrapped(counting(log, 3))}
    members = {n async for n in counting(log, 2)}
    lazy = (n + 1 async for n in counting(log, 3))
    mixed = [(n, m) async for n in counting(log, 2) for m in "ab"]
    awaited = [await other(n) for n in range(3)]
    return doubled, table, sorted(members), [n async for n in lazy], mixed, awaited


async def other(n: int) -> int:
    await Pause()
    return -n


async def broken(log: list[str]) -> str:
    left = counting(log, 9)
    async for number in left:
        if number == 2:
            break
    else:
        log.append("never")
    await left.aclose()
    source = counting(log, 2)
    try:
        async for number in source:
            raise LookupError("in the loop")
    except LookupError:
        await source.aclose()
    return f"left at {number}"


def main() -> None:
    for work in (uses, expressions, broken):
        log: list[str] = []
        print(run(work(log)), log)


if __name__ == "__main__":
    main()
