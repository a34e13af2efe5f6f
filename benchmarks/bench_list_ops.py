"""List operations: append, extend, insert, pop, index assignment, membership, reverse, sort."""

SIZE = 2_000
ROUNDS = 260


def build(n: int, seed: int) -> list[int]:
    values: list[int] = []
    state = seed
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values.append(state & 0xFFFF)
    return values


def shuffle(values: list[int]) -> None:
    size = len(values)
    for i in range(size):
        j = (i * 7 + values[i]) % size
        values[i], values[j] = values[j], values[i]


def queue_work(values: list[int]) -> int:
    stack: list[int] = []
    total = 0
    for value in values:
        stack.append(value)
        if value & 3 == 0:
            total += stack.pop()
        if value & 31 == 0:
            stack.insert(0, value)
    while len(stack) > 0:
        total += stack.pop()
    return total


def main() -> None:
    checksum = 0
    for round_index in range(ROUNDS):
        values = build(SIZE, round_index)
        checksum += queue_work(values)
        shuffle(values)
        values.extend([round_index, round_index + 1])
        values.reverse()
        if round_index in values:
            checksum += values.index(round_index)
        values.sort()
        checksum += values[SIZE // 2]
    print(checksum)


if __name__ == "__main__":
    main()
