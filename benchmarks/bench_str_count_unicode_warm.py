"""str.count of the same needles in one non-ASCII text again and again: caches are warm."""

REPEATS = 20
ROUNDS = 70_000


def repeat_count(text: str, needles: list[str], rounds: int) -> int:
    total = 0
    for _ in range(rounds):
        for needle in needles:
            total += text.count(needle)
    return total


def main() -> None:
    text = "größe naïve 東京 мир λόγος plain café data " * REPEATS
    needles = ["é", "東", "мир", "λόγος plain", "größen", "京東", "da"]
    print(repeat_count(text, needles, ROUNDS))


if __name__ == "__main__":
    main()
