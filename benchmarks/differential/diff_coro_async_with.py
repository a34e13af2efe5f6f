"""async with and async for of own classes: order, swallowed errors, else, returns out of them."""

LOG: list[str] = []


class Pause:
    def __await__(self):
        LOG.append("pause")
        yield


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


class Manager:
    def __init__(self, name: str, swallow: bool = False) -> None:
        self.name, self.swallow = name, swallow

    async def __aenter__(self):
        await Pause()
        LOG.append(f"enter {self.name}")
        return self.name

    async def __aexit__(self, kind, error, trace) -> bool:
        await Pause()
        LOG.append(f"leave {self.name} {error!r}")
        return self.swallow


class Countdown:
    def __init__(self, start: int) -> None:
        self.left = start

    def __aiter__(self):
        return self

    async def __anext__(self) -> int:
        await Pause()
        if self.left == 0:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


async def nested():
    async with Manager("a") as a, Manager("b", swallow=True) as b:
        LOG.append(a + b)
        raise ValueError("v")
    return "after"


async def returning():
    for number in range(3):
        async with Manager(f"r{number}"):
            if number == 0:
                continue
            return number
    return "never"


async def loops():
    seen = []
    async for number in Countdown(3):
        if number == 1:
            continue
        seen.append(number)
    else:
        seen.append("else")
    async for number in Countdown(2):
        break
    else:
        seen.append("never")
    return seen, number


async def failing():
    try:
        async with Manager("f"):
            async for number in Countdown(1):
                raise KeyError(number)
    except KeyError as error:
        return f"caught {error}"


async def wrong(what):
    try:
        if what == "with":
            async with Countdown(1):
                pass
        elif what == "for":
            async for _ in [1]:
                pass
        else:
            await what
    except (TypeError, AttributeError) as error:
        return type(error).__name__
    return "fine"


def main() -> None:
    for work in (nested, returning, loops, failing):
        print(run(work()), LOG)
        LOG.clear()
    print([run(wrong(what)) for what in ("with", "for", 5, None, "text")])


if __name__ == "__main__":
    main()
