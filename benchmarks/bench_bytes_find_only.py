"""bytes.find alone: one needle near the end of a large block, searched from many offsets."""

BLOCK_SIZE = 4_096
STEP = 16
ROUNDS = 1_360


def make_block(size: int) -> bytes:
    block = bytearray((i * 7 + i // 11) % 96 + 32 for i in range(size))
    block[size - 8 : size] = b"\x01needle\x02"
    return bytes(block)


def search(block: bytes, needle: bytes, step: int) -> int:
    checksum = 0
    for start in range(0, len(block), step):
        checksum += block.find(needle, start)
    return checksum


def main() -> None:
    block = make_block(BLOCK_SIZE)
    checksum = 0
    for _ in range(ROUNDS):
        checksum += search(block, b"\x01", STEP)
        checksum += search(block, b"\x01needle", STEP)
    print(checksum)


if __name__ == "__main__":
    main()
