"""str.find over many ASCII texts: every occurrence of a needle, and needles that are absent."""

TEXTS = 200
WORDS = 120
ROUNDS = 34


def make_texts(count: int, words: int) -> list[str]:
    vocabulary = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    texts: list[str] = []
    state = 7
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
    needles = ["a", "eta", "gamma delta", "zeta alpha", "omega", "theta zz"]
    checksum = 0
    for _ in range(ROUNDS):
        for text in texts:
            for needle in needles:
                checksum += find_all(text, needle)
    print(checksum)


if __name__ == "__main__":
    main()
