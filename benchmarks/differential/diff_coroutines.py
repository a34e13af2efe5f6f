"""async and await: gather, tasks, queues, asynchronous iteration and contexts."""

import asyncio
from collections.abc import AsyncIterator


class Resource:
    async def __aenter__(self) -> str:
        await asyncio.sleep(0)
        return "opened"

    async def __aexit__(self, *details: object) -> None:
        print("closed")


async def ticks(count: int) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number


async def worker(name: str, queue: asyncio.Queue, log: list[str]) -> None:
    while (item := await queue.get()) >= 0:
        log.append(f"{name}{item}")
        await asyncio.sleep(0)


async def work() -> None:
    async with Resource() as resource:
        print(resource, [tick async for tick in ticks(4) if tick % 2])
    queue: asyncio.Queue[int] = asyncio.Queue()
    for item in (1, 2, 3, -1, -1):
        queue.put_nowait(item)
    log: list[str] = []
    await asyncio.gather(worker("a", queue, log), worker("b", queue, log))
    print(log, await asyncio.gather(*(asyncio.sleep(0, n) for n in range(3))))
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", task.cancelled())


def main() -> None:
    asyncio.run(work())


if __name__ == "__main__":
    main()
