"""A bytearray in place: insertion, growth by itself, deletion, aliases, and values out of range."""


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, IndexError, BufferError) as error:
        return type(error).__name__


def filled(size: int) -> bytearray:
    buffer = bytearray(size)
    for index in range(size):
        buffer[index] = index * 7 & 0xFF
    return buffer


def main():
    data = alias = bytearray(b"abc")
    data += bytes(data)
    data *= 2
    data[1:3] = b"--longer--"
    data.insert(0, 33)
    data.insert(-1, 34)
    data.insert(99, 35)
    print(data, alias is data, len(alias), data.pop(), data.pop(0), data.index(b"l"))
    data.extend([1, 2])
    data.extend(b"xy")
    data.extend(n for n in (250, 251))
    data.remove(45)
    data.reverse()
    print(data, data[::5], data.count(b"c"))
    del data[::2]
    del data[-3:]
    data[::3] = bytes(len(data[::3]))
    print(data, bytearray(data) == data, bytes(data) == data, data.copy() is data)
    print(filled(40)[36:].hex(), filled(0), bytearray(3), bytearray([1, 2]))
    print(bytearray("\u00e9", "latin-1"))
    for wrong in (
        lambda: data.append(256),
        lambda: data.__setitem__(0, -1),
        lambda: data.__setitem__(slice(0, 4, 2), b"a"),
        lambda: data.__setitem__(99, 1),
        lambda: data.append("a"),
        lambda: data.__setitem__(0, b"a"),
        lambda: data.remove(77),
        lambda: bytearray().pop(),
        lambda: hash(data),
    ):
        print(outcome(wrong), end=" ")
    print(data)
    for byte in (steps := bytearray(b"\x01\x02")):
        if len(steps) < 6:
            steps.append(byte * 3)
    print(list(steps), data.clear(), data, alias)


if __name__ == "__main__":
    main()
