"""A MessagePack decoder of our own: integers, strings, booleans, nil, arrays and maps."""

RECORDS = 250
ROUNDS = 140


class Decoder:
    """Reads one value after another from a buffer; raises ValueError on an unknown tag."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def unsigned(self, width: int) -> int:
        end = self.position + width
        value = int.from_bytes(self.data[self.position : end], "big")
        self.position = end
        return value

    def text(self, size: int) -> str:
        end = self.position + size
        value = self.data[self.position : end].decode("utf-8")
        self.position = end
        return value

    def array(self, size: int) -> list[object]:
        return [self.value() for _ in range(size)]

    def mapping(self, size: int) -> dict[str, object]:
        result: dict[str, object] = {}
        for _ in range(size):
            key = str(self.value())
            result[key] = self.value()
        return result

    def value(self) -> object:
        tag = self.data[self.position]
        self.position += 1
        if tag < 0x80:
            return tag
        if tag < 0x90:
            return self.mapping(tag & 0x0F)
        if tag < 0xA0:
            return self.array(tag & 0x0F)
        if tag < 0xC0:
            return self.text(tag & 0x1F)
        if tag == 0xC0:
            return None
        if tag == 0xC2 or tag == 0xC3:
            return tag == 0xC3
        if 0xCC <= tag <= 0xCE:
            return self.unsigned(1 << (tag - 0xCC))
        if tag == 0xD9:
            return self.text(self.unsigned(1))
        if tag == 0xDC:
            return self.array(self.unsigned(2))
        if tag >= 0xE0:
            return tag - 0x100
        raise ValueError("unknown tag")


def pack_text(text: str) -> bytes:
    raw = text.encode("utf-8")
    head = bytes([0xA0 | len(raw)]) if len(raw) < 32 else bytes([0xD9, len(raw)])
    return head + raw


def make_message(records: int) -> bytes:
    parts = [b"\xdc", records.to_bytes(2, "big")]
    for i in range(records):
        parts += [b"\x85", pack_text("id"), b"\xce", (i * 7919).to_bytes(4, "big")]
        parts += [pack_text("name"), pack_text(f"record number {i} of the whole message")]
        parts += [pack_text("active"), b"\xc3" if i % 3 == 0 else b"\xc2"]
        parts += [pack_text("parent"), b"\xc0", pack_text("scores")]
        parts += [b"\x94", bytes([i % 128]), b"\xcc\xc8", b"\xcd\x03\xe8", b"\xff"]
    return b"".join(parts)


def checksum_of(value: object) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum([checksum_of(item) for item in value])
    if isinstance(value, dict):
        return sum([len(key) * checksum_of(item) for key, item in value.items()])
    return 1


def main() -> None:
    message = make_message(RECORDS)
    checksum = 0
    for _ in range(ROUNDS):
        checksum += checksum_of(Decoder(message).value())
    print(len(message), checksum)


if __name__ == "__main__":
    main()
