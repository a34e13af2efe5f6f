"""str.count over many different non-ASCII texts: characters, words, and absent needles."""

TEXTS = 200
WORDS = 100
ROUNDS = 290


def make_texts(count: int, words: int) -> list[str]:
    vocabulary = ["größe", "naïve", "東京", "мир", "λόγος", "plain", "café", "data"]
    texts: list[str] = []
    state = 11
    for _ in range(count):
        parts: list[str] = []
        for _ in range(words):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            parts.append(vocabulary[(state >> 16) & 7])
        texts.append(" ".join(parts))
    return texts


def count_all(texts: list[str], needles: list[str]) -> int:
    total = 0
    for text in texts:
        for needle in needles:
            total += text.count(needle)
    return total


def main() -> None:
    texts = make_texts(TEXTS, WORDS)
    needles = ["é", "東", "мир", "λόγος plain", "größen", "京東", "da"]
    total = 0
    for _ in range(ROUNDS):
        total += count_all(texts, needles)
    print(total)


if __name__ == "__main__":
    main()
