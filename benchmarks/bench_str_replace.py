"""str.replace: same length, growing, shrinking, deleting, limited, and nothing to replace."""

TEXTS = 150
WORDS = 60
ROUNDS = 200


def make_texts(count: int, words: int) -> list[str]:
    vocabulary = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    texts: list[str] = []
    state = 5
    for _ in range(count):
        parts: list[str] = []
        for _ in range(words):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            parts.append(vocabulary[(state >> 16) & 7])
        texts.append(" ".join(parts))
    return texts


def rewrite(text: str) -> int:
    checksum = len(text.replace("a", "o"))
    checksum += len(text.replace("eta", "omicron"))
    checksum += len(text.replace("gamma", "g"))
    checksum += len(text.replace(" ", ""))
    checksum += len(text.replace("ta", "T", 3))
    checksum += len(text.replace("omega", "nothing"))
    return checksum + ord(text.replace("l", "L")[1])


def main() -> None:
    texts = make_texts(TEXTS, WORDS)
    checksum = 0
    for _ in range(ROUNDS):
        for text in texts:
            checksum += rewrite(text)
    print(checksum)


if __name__ == "__main__":
    main()
