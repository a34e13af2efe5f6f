"""Coroutines: chains of awaits, tasks that yield to the event loop, and gather."""

import asyncio

TASKS = 40
STEPS = 1_500
DEPTH = 40


async def leaf(value: int) -> int:
    return value + 1


async def chain(depth: int, value: int) -> int:
    if depth == 0:
        return await leaf(value)
    return await chain(depth - 1, value) + 1


async def worker(steps: int, depth: int, seed: int) -> int:
    total = 0
    for step in range(steps):
        total += await chain(depth, seed + step)
        if step % 4 == 0:
            await asyncio.sleep(0)
    return total


async def run(tasks: int, steps: int, depth: int) -> int:
    results = await asyncio.gather(*[worker(steps, depth, seed) for seed in range(tasks)])
    return sum(results)


def main() -> None:
    print(asyncio.run(run(TASKS, STEPS, DEPTH)))


if __name__ == "__main__":
    main()
