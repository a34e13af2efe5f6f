"""str.join of lists of many sizes: short and long separators, single characters, nested joins."""

SIZE = 600
ROUNDS = 330


def join_prefixes(parts: list[str], separator: str, step: int) -> int:
    total = 0
    for size in range(0, len(parts), step):
        total += len(separator.join(parts[:size]))
    return total


def join_rows(parts: list[str], width: int) -> str:
    rows: list[str] = []
    for start in range(0, len(parts), width):
        rows.append(",".join(parts[start : start + width]))
    return "\n".join(rows)


def main() -> None:
    parts = [f"item{i * 7919 % 1000}" for i in range(SIZE)]
    letters = [chr(97 + i % 26) for i in range(SIZE)]
    checksum = 0
    for round_index in range(ROUNDS):
        parts[round_index] = f"changed{round_index}"
        checksum += join_prefixes(parts, ", ", 8)
        checksum += join_prefixes(letters, "", 8)
        for width in range(2, 10):
            text = join_rows(parts, width)
            checksum += len(text) + ord(text[round_index])
    print(checksum)


if __name__ == "__main__":
    main()
