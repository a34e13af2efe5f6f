"""bytes.replace: same length, growing, shrinking, deleting, limited, and nothing to replace."""

BLOCKS = 80
BLOCK_SIZE = 400
ROUNDS = 570


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


def rewrite(block: bytes) -> int:
    checksum = len(block.replace(b"bc", b"longer"))
    checksum += len(block.replace(b"cab", b"x"))
    checksum += len(block.replace(b"d", b""))
    checksum += len(block.replace(b"fa", b"FA!", 3))
    checksum += len(block.replace(b"xyz", b"nothing"))
    return checksum + block.replace(b"a", b"A")[7]


def main() -> None:
    blocks = make_blocks(BLOCKS, BLOCK_SIZE)
    checksum = 0
    for _ in range(ROUNDS):
        for block in blocks:
            checksum += rewrite(block)
    print(checksum)


if __name__ == "__main__":
    main()
