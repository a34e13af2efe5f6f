"""Bytes as numbers: loops, checksums that wrap, variable-length integers, base 64 by hand."""


def checksum(data: bytes) -> int:
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFF
    return total


def adler(data: bytes) -> int:
    a, b = 1, 0
    for byte in data:
        a = (a + byte) % 65521
        b = (b + a) % 65521
    return b << 16 | a


def varint(number: int) -> bytes:
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)


def unvarint(data: bytes) -> int:
    number = 0
    for place, byte in enumerate(data):
        number |= (byte & 0x7F) << 7 * place
    return number


def base64(data: bytes) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = ""
    for start in range(0, len(data), 3):
        piece = data[start : start + 3]
        number = int.from_bytes(piece + b"\0" * (3 - len(piece)), "big")
        text += "".join(letters[number >> shift & 63] for shift in (18, 12, 6, 0))[: len(piece) + 1]
        text += "=" * (3 - len(piece))
    return text


def main() -> None:
    data = bytes(range(250, 256)) + b"Wikipedia"
    print(checksum(data), adler(b"Wikipedia"), adler(data * 300), sum(data), max(data), min(data))
    for number in (0, 1, 127, 128, 300, 2**31, 2**63, 2**64 - 1, 10**25):
        encoded = varint(number)
        assert unvarint(encoded) == number
        print(number, encoded.hex())
    print(base64(b""), base64(b"a"), base64(b"ab"), base64(b"abc"), base64(data))
    print([byte ^ 0xFF for byte in data[:4]], data[0] + data[1], data[0] << 8 | data[1])
    print(-data[0] % 256, ~data[0] & 255)
    print([n for n in data if n > 200], dict(enumerate(b"ab")), {*b"aab"}, [*b"xy"])
    print(tuple(reversed(b"abc")), 97 in data)


if __name__ == "__main__":
    main()
