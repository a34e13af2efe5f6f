"""A scheduler without an event loop: tasks, sleeping, queues and waiting for one another."""

from collections import deque
from heapq import heappop, heappush


class Sleep:
    def __init__(self, until: int) -> None:
        self.until = until

    def __await__(self):
        yield self


class Get:
    def __init__(self, queue: deque) -> None:
        self.queue = queue

    def __await__(self):
        while not self.queue:
            yield self
        return self.queue.popleft()


class Scheduler:
    def __init__(self) -> None:
        self.now, self.order = 0, 0
        self.ready: list = []
        self.results: dict[str, object] = {}
        self.log: list[str] = []

    def start(self, name: str, coroutine, at: int = 0) -> None:
        self.order += 1
        heappush(self.ready, (at, self.order, name, coroutine))

    def sleep(self, time: int) -> Sleep:
        return Sleep(self.now + time)

    def run(self) -> None:
        while self.ready:
            self.now, _, name, coroutine = heappop(self.ready)
            try:
                asked = coroutine.send(None)
            except StopIteration as stop:
                self.results[name] = stop.value
            except Exception as error:
                self.results[name] = f"{type(error).__name__} {error}"
            else:
                self.start(
                    name, coroutine, asked.until if isinstance(asked, Sleep) else self.now + 1
                )


async def ticker(scheduler: Scheduler, name: str, pause: int, count: int) -> str:
    for number in range(count):
        await scheduler.sleep(pause)
        scheduler.log.append(f"{scheduler.now}:{name}{number}")
    return f"{name} done at {scheduler.now}"


async def producer(scheduler: Scheduler, queue: deque) -> int:
    for number in (1, 2, 3):
        await scheduler.sleep(number)
        queue.append(number)
    queue.append(None)
    return len(queue)


async def consumer(queue: deque) -> int:
    total = 0
    while (item := await Get(queue)) is not None:
        total += item
    return total


async def failing(scheduler: Scheduler):
    try:
        await ticker(scheduler, "f", 1, 1)
        raise LookupError("in a task")
    finally:
        await scheduler.sleep(2)
        scheduler.log.append(f"cleaned at {scheduler.now}")


def main():
    scheduler, queue = Scheduler(), deque()
    scheduler.start("a", ticker(scheduler, "a", 2, 3))
    scheduler.start("b", ticker(scheduler, "b", 3, 2))
    scheduler.start("p", producer(scheduler, queue))
    scheduler.start("c", consumer(queue))
    scheduler.start("f", failing(scheduler))
    scheduler.run()
    print(scheduler.log)
    print(scheduler.results, scheduler.now)


if __name__ == "__main__":
    main()
