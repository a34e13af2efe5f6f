"""str.startswith over many short lines: prefixes that match, that do not, and with an offset."""

LINES = 2_000
ROUNDS = 300


def make_lines(count: int) -> list[str]:
    commands = ["GET /", "PUT /", "POST /", "DELETE /", "HEAD /", "# comment ", "  indented "]
    return [commands[i * i % 7] + f"path/{i}" for i in range(count)]


def classify(line: str) -> int:
    if line.startswith("GET "):
        return 1
    if line.startswith("POST "):
        return 2
    if line.startswith("DELETE "):
        return 3
    if line.startswith("#"):
        return 4
    if line.startswith("indented", 2):
        return 5
    return 6


def main() -> None:
    lines = make_lines(LINES)
    checksum = 0
    for _ in range(ROUNDS):
        for line in lines:
            checksum = (checksum * 7 + classify(line)) & 0xFFFFFF
    print(checksum)


if __name__ == "__main__":
    main()
