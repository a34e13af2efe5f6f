"""A handle registry: objects behind integer handles with a generation, a free list and lookup."""

LIVE = 512
STEPS = 360_000
SLOT_BITS = 16
SLOT_MASK = 0xFFFF


class Resource:
    value: int
    handle: int

    def __init__(self, value: int) -> None:
        self.value = value
        self.handle = -1


class Registry:
    slots: list[Resource]
    generations: list[int]
    free: list[int]

    def __init__(self) -> None:
        self.slots = []
        self.generations = []
        self.free = []

    def register(self, resource: Resource) -> int:
        if len(self.free) > 0:
            slot = self.free.pop()
            self.slots[slot] = resource
        else:
            slot = len(self.slots)
            self.slots.append(resource)
            self.generations.append(0)
        resource.handle = self.generations[slot] << SLOT_BITS | slot
        return resource.handle

    def is_live(self, handle: int) -> bool:
        return self.generations[handle & SLOT_MASK] == handle >> SLOT_BITS

    def resolve(self, handle: int) -> Resource:
        if not self.is_live(handle):
            raise KeyError("stale handle")
        return self.slots[handle & SLOT_MASK]

    def release(self, handle: int) -> None:
        slot = self.resolve(handle).handle & SLOT_MASK
        self.generations[slot] += 1
        self.free.append(slot)


def churn(registry: Registry, handles: list[int], steps: int) -> int:
    checksum = 0
    state = 1
    for step in range(steps):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        index = (state >> 8) % len(handles)
        old = handles[index]
        checksum += registry.resolve(old).value
        if state & 0x30000 == 0:
            registry.release(old)
            handles[index] = registry.register(Resource(step))
            if registry.is_live(old):
                checksum -= 1
    return checksum


def main() -> None:
    registry = Registry()
    handles = [registry.register(Resource(i)) for i in range(LIVE)]
    print(churn(registry, handles, STEPS), len(registry.slots))


if __name__ == "__main__":
    main()
