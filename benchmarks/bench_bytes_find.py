"""bytes.find over many blocks: every occurrence of short needles, and absent needles."""

BLOCKS = 100
BLOCK_SIZE = 500
ROUNDS = 125


def make_blocks(count: int, size: int) -> list[bytes]:
    blocks: list[bytes] = []
    state = 13
    for _ in range(count):
        block = bytearray()
        for _ in range(size):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            block.append(97 + (state >> 16) % 6)
        blocks.append(bytes(block))
    return blocks


def find_all(block: bytes, needle: bytes) -> int:
    checksum = 0
    position = block.find(needle)
    while position >= 0:
        checksum += position
        position = block.find(needle, position + 1)
    return checksum


def main() -> None:
    blocks = make_blocks(BLOCKS, BLOCK_SIZE)
    needles = [b"a", b"bc", b"cab", b"fade", b"xyz", b"z"]
    checksum = 0
    for _ in range(ROUNDS):
        for block in blocks:
            for needle in needles:
                checksum += find_all(block, needle)
    print(checksum)


if __name__ == "__main__":
    main()
