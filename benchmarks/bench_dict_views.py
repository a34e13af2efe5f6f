"""Iteration over the views of a dictionary: keys, values, items, membership, len."""

SIZE = 2_000
ROUNDS = 740


def make_table(n: int) -> dict[str, int]:
    return {f"key{i}": (i * 37) % 101 for i in range(n)}


def scan_keys(table: dict[str, int]) -> int:
    total = 0
    for key in table.keys():
        total += len(key)
    return total


def scan_values(table: dict[str, int]) -> int:
    total = 0
    for value in table.values():
        total += value
    return total


def scan_items(table: dict[str, int]) -> int:
    total = 0
    for key, value in table.items():
        total += len(key) * value
    return total


def main() -> None:
    table = make_table(SIZE)
    checksum = 0
    for round_index in range(ROUNDS):
        table[f"key{round_index}"] = round_index
        checksum += scan_keys(table) + scan_values(table) + scan_items(table)
        checksum += max(table.values()) + sum(table.values())
        checksum += len(list(table.items()))
    print(checksum)


if __name__ == "__main__":
    main()
