"""Memoryview slices copied out with tobytes: short and long windows, strided, cast."""

SIZE = 4096
ROUNDS = 120


def contiguous(view: memoryview, width: int, step: int) -> int:
    checksum = 0
    for start in range(0, len(view) - width, step):
        chunk = view[start : start + width].tobytes()
        checksum += chunk[0] + chunk[width - 1]
    return checksum


def strided(view: memoryview, stride: int) -> int:
    checksum = 0
    for start in range(512):
        chunk = view[start::stride].tobytes()
        checksum += len(chunk) * chunk[-1]
    return checksum


def words(view: memoryview) -> int:
    wide = view.cast("H")
    checksum = 0
    for start in range(0, len(wide) - 8, 8):
        checksum += len(wide[start : start + 8].tobytes())
    return checksum


def main() -> None:
    data = bytearray((i * 73 + 11) & 0xFF for i in range(SIZE))
    view = memoryview(data)
    checksum = 0
    for round_index in range(ROUNDS):
        view[round_index] = round_index
        checksum += contiguous(view, 16, 2)
        checksum += contiguous(view, 1024, 8)
        checksum += strided(view, 16)
        checksum += words(view)
    print(checksum)


if __name__ == "__main__":
    main()
