"""Ends by an error of its own class that nobody catches; what was printed before stays."""


class ParseError(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(line, text)
        self.line, self.text = line, text

    def __str__(self) -> str:
        return f"line {self.line}: cannot read {self.text!r}"


def parse(lines: list[str]) -> list[int]:
    numbers = []
    for place, line in enumerate(lines, 1):
        if not line.isdigit():
            raise ParseError(place, line)
        numbers.append(int(line))
    return numbers


def main() -> None:
    print(parse(["1", "2"]))
    print("now a wrong one", flush=True)
    print(parse(["3", "four", "5"]))


if __name__ == "__main__":
    main()
