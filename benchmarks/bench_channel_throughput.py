"""Values passed through bounded channels between coroutines: producers, a stage, a consumer."""

import asyncio

CAPACITY = 64
VALUES = 360_000
CLOSED = -1


class Channel:
    """A bounded ring buffer; send waits while it is full, receive while it is empty."""

    def __init__(self, capacity: int) -> None:
        self.ring: list[int] = [0] * capacity
        self.capacity = capacity
        self.head = 0
        self.size = 0

    async def send(self, value: int) -> None:
        while self.size == self.capacity:
            await asyncio.sleep(0)
        self.ring[(self.head + self.size) % self.capacity] = value
        self.size += 1

    async def receive(self) -> int:
        while self.size == 0:
            await asyncio.sleep(0)
        value = self.ring[self.head]
        self.head = (self.head + 1) % self.capacity
        self.size -= 1
        return value


async def produce(out: Channel, count: int) -> None:
    for value in range(count):
        await out.send(value)
    await out.send(CLOSED)


async def transform(source: Channel, out: Channel) -> None:
    value = await source.receive()
    while value != CLOSED:
        await out.send(value * 3 & 0xFFFF)
        value = await source.receive()
    await out.send(CLOSED)


async def consume(source: Channel) -> int:
    checksum = 0
    value = await source.receive()
    while value != CLOSED:
        checksum = (checksum * 31 + value) & 0xFFFFFF
        value = await source.receive()
    return checksum


async def run(count: int, capacity: int) -> int:
    first = Channel(capacity)
    second = Channel(capacity)
    producer = asyncio.create_task(produce(first, count))
    stage = asyncio.create_task(transform(first, second))
    checksum = await consume(second)
    await producer
    await stage
    return checksum


def main() -> None:
    print(asyncio.run(run(VALUES, CAPACITY)))


if __name__ == "__main__":
    main()
