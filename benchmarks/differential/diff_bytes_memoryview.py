"""memoryview: slices with steps, shapes, casts, equality, writing through, and release."""

import array


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, IndexError, BufferError, NotImplementedError) as error:
        return type(error).__name__


def total(view: memoryview) -> int:
    result = 0
    for byte in view:
        result += byte
    return result


def main():
    data = bytearray(range(24))
    view = memoryview(data)
    print(view[3], view[-1], view[2:5].tolist(), view[::-6].tolist(), len(view[5:2]))
    print(view[::5].contiguous, total(view[:5]))
    grid = view.cast("B", (4, 6))
    print(grid.shape, grid.strides, grid.ndim, grid[2, 3], grid.tolist()[1], grid.nbytes, len(grid))
    view[1:4] = b"xyz"
    view[::8] = b"ABC"
    view[-1] = 255
    print(bytes(data[:9]), view[16], data[-1], bytes(view[::8]), view[:3] == b"Axy")
    print(view[:2] == view[:3], view == data)
    wide = view[:16].cast("i")
    wide[1] = -2
    print(wide.itemsize, wide.format, len(wide), wide[1])
    print(data[4:8].hex() in ("feffffff", "fffffffe"))
    numbers = array.array("d", [1.5, -2.0])
    doubles = memoryview(numbers)
    doubles[0] *= 2
    print(numbers.tolist(), doubles.format, doubles.tolist())
    print(doubles[1:].tobytes() == numbers[1:].tobytes())
    fixed = memoryview(b"fixed")
    print(fixed.readonly, hash(fixed) == hash(b"fixed"), fixed.hex(), fixed.obj)
    print(view.toreadonly().readonly, b"x" in [fixed[:0]])
    for wrong in (
        lambda: fixed.__setitem__(0, 1),
        lambda: view.__setitem__(0, 256),
        lambda: view.__setitem__(slice(0, 2), b"abc"),
        lambda: view[24],
        lambda: view[:7].cast("i"),
        lambda: hash(view),
        lambda: data.append(1),
        lambda: memoryview("text"),
    ):
        print(outcome(wrong), end=" ")
    with memoryview(bytearray(b"ab")) as held:
        print(held[0])
    print(outcome(lambda: held[0]), outcome(lambda: len(held)))


if __name__ == "__main__":
    main()
