"""str.count over many ASCII texts: single characters, words, ranges, and absent needles."""

TEXTS = 200
WORDS = 100
ROUNDS = 150


def make_texts(count: int, words: int) -> list[str]:
    vocabulary = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    texts: list[str] = []
    state = 3
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
            total += text.count(needle, 50, 150)
    return total


def main() -> None:
    texts = make_texts(TEXTS, WORDS)
    needles = ["a", "eta", "gamma", "ta al", "omega", "zz"]
    total = 0
    for _ in range(ROUNDS):
        total += count_all(texts, needles)
    print(total)


if __name__ == "__main__":
    main()
