"""asyncio: groups of tasks, errors in them, cancelling, events, locks, shields, callbacks."""

import asyncio


async def step(name: str, log: list[str], count: int = 1, error: Exception | None = None) -> str:
    try:
        for number in range(count):
            log.append(f"{name}{number}")
            await asyncio.sleep(0)
        if error is not None:
            raise error
        return name
    except asyncio.CancelledError:
        log.append(f"{name} cancelled")
        raise


async def groups(log: list[str]) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(step(name, log, 2)) for name in "ab"]
    print([task.result() for task in tasks], log)
    log.clear()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(step("slow", log, 50))
            group.create_task(step("bad", log, 1, ValueError("v")))
    except* ValueError as errors:
        print([repr(error) for error in errors.exceptions], log[-1])
    log.clear()
    found = await asyncio.gather(
        step("x", log), step("y", log, 1, KeyError("k")), return_exceptions=True
    )
    print(found[0], repr(found[1]))


async def waiting(log: list[str]) -> None:
    event, lock = asyncio.Event(), asyncio.Lock()

    async def waiter(name: str) -> None:
        await event.wait()
        async with lock:
            log.append(f"{name} in")
            await asyncio.sleep(0)
            log.append(f"{name} out")

    tasks = [asyncio.create_task(waiter(name)) for name in "pq"]
    await asyncio.sleep(0)
    log.append("set")
    event.set()
    await asyncio.gather(*tasks)
    print(log, lock.locked())
    try:
        async with asyncio.timeout(0):
            await asyncio.sleep(60)
    except TimeoutError:
        print("too late")
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: log.append(f"callback {done.result()}"))
    asyncio.get_running_loop().call_soon(future.set_result, 5)
    print(await future, await asyncio.shield(step("s", log)))
    await asyncio.sleep(0)
    print(log[-2:], "callback 5" in log)


async def work() -> None:
    log: list[str] = []
    await groups(log)
    log.clear()
    await waiting(log)


def main() -> None:
    asyncio.run(work())


if __name__ == "__main__":
    main()
