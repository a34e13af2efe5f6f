"""str.find of the same needles in one non-ASCII text again and again: caches are warm."""

REPEATS = 30
ROUNDS = 16_500


def find_all(text: str, needle: str) -> int:
    checksum = 0
    position = text.find(needle)
    while position >= 0:
        checksum += position
        position = text.find(needle, position + 1)
    return checksum


def repeat_find(text: str, needles: list[str], rounds: int) -> int:
    checksum = 0
    for _ in range(rounds):
        for needle in needles:
            checksum += find_all(text, needle)
    return checksum


def main() -> None:
    text = "größe naïve 東京 мир λόγος plain café data " * REPEATS
    needles = ["é", "東京", "мир λόγος", "größen", "京東"]
    print(repeat_find(text, needles, ROUNDS))


if __name__ == "__main__":
    main()
