"""bytearray.find over buffers that change between the searches, as a scanner does."""

BLOCKS = 60
BLOCK_SIZE = 500
ROUNDS = 120


def make_blocks(count: int, size: int) -> list[bytearray]:
    blocks: list[bytearray] = []
    state = 13
    for _ in range(count):
        block = bytearray()
        for _ in range(size):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            block.append(97 + (state >> 16) % 6)
        blocks.append(block)
    return blocks


def mark_all(block: bytearray, needle: bytes, mark: int) -> int:
    checksum = 0
    position = block.find(needle)
    while position >= 0:
        checksum += position
        block[position] = mark
        position = block.find(needle, position + 1)
    return checksum


def main() -> None:
    blocks = make_blocks(BLOCKS, BLOCK_SIZE)
    checksum = 0
    for _ in range(ROUNDS):
        for block in blocks:
            checksum += mark_all(block, b"a", 122)
            checksum += mark_all(block, b"bc", 121)
            checksum += mark_all(block, b"fed", 120)
            checksum += mark_all(block, b"z", 97)
            checksum += mark_all(block, b"y", 98)
            checksum += mark_all(block, b"x", 102)
            checksum += block.find(b"absent") + block.find(b"w")
    print(checksum)


if __name__ == "__main__":
    main()
