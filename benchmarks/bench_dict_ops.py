"""Dictionary operations: insert, look up, update, membership, delete; int and str keys."""

WORDS = 500
COUNT = 50_000
ROUNDS = 14


def count_words(words: list[str], n: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    size = len(words)
    for i in range(n):
        word = words[(i * i + i) % size]
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


def squares(n: int) -> int:
    table: dict[int, int] = {}
    for i in range(n):
        table[i * 3] = i
    total = 0
    for i in range(n):
        total += table.get(i, -1)
    for i in range(0, n, 2):
        del table[i * 3]
    return total + len(table)


def main() -> None:
    words = [f"word{i}" for i in range(WORDS)]
    checksum = 0
    for _ in range(ROUNDS):
        counts = count_words(words, COUNT)
        for word in words:
            checksum += counts.get(word, 0) * len(word)
        checksum += squares(COUNT)
    print(checksum)


if __name__ == "__main__":
    main()
