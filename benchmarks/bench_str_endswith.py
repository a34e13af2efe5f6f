"""str.endswith over many file names: suffixes that match, that do not, and with an end."""

NAMES = 2_000
ROUNDS = 400


def make_names(count: int) -> list[str]:
    suffixes = [".py", ".pyi", ".tar.gz", ".zip", ".txt~", ".c", ""]
    return [f"directory/file{i}" + suffixes[i * i % 7] for i in range(count)]


def classify(name: str) -> int:
    if name.endswith(".py"):
        return 1
    if name.endswith(".pyi"):
        return 2
    if name.endswith(".tar.gz"):
        return 3
    if name.endswith(".zip"):
        return 4
    if name.endswith(".txt", 0, len(name) - 1):
        return 5
    return 6


def main() -> None:
    names = make_names(NAMES)
    checksum = 0
    for _ in range(ROUNDS):
        for name in names:
            checksum = (checksum * 7 + classify(name)) & 0xFFFFFF
    print(checksum)


if __name__ == "__main__":
    main()
