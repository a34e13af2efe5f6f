"""bytearray in place, and memoryviews of it: slices, casts, release."""


def main() -> None:
    buffer = bytearray(b"hello world")
    buffer[0] = 72
    buffer[6:] = b"there!!"
    buffer += b"?"
    del buffer[-2:]
    print(buffer, buffer.pop(), buffer.index(b"t"), bytes(reversed(buffer)))
    view = memoryview(buffer)
    view[:5] = b"HELLO"
    print(bytes(view[6:9]), view.nbytes, view[::2].tobytes(), view.tolist()[:3], view.readonly)
    try:
        buffer.append(1)
    except BufferError:
        print("error: exported")
    view.release()
    buffer.append(33)
    words = memoryview(bytearray(range(8))).cast("H")
    print(bytes(buffer), len(words), [value == words[0] for value in words], words.itemsize)


if __name__ == "__main__":
    main()
