"""str.find over many different non-ASCII texts: every occurrence, and absent needles."""

TEXTS = 200
WORDS = 120
ROUNDS = 68


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


def find_all(text: str, needle: str) -> int:
    checksum = 0
    position = text.find(needle)
    while position >= 0:
        checksum += position
        position = text.find(needle, position + 1)
    return checksum


def main() -> None:
    texts = make_texts(TEXTS, WORDS)
    needles = ["é", "東京", "мир plain", "λόγος", "größen", "京東", "da"]
    checksum = 0
    for _ in range(ROUNDS):
        for text in texts:
            for needle in needles:
                checksum += find_all(text, needle)
    print(checksum)


if __name__ == "__main__":
    main()
