"""Text that grows in loops: aliases keep their value, repetition, order of the pieces."""


def doubled(text: str, times: int) -> str:
    for _ in range(times):
        text += text
    return text


def numbered(words: list[str]) -> str:
    result = ""
    for number, word in enumerate(words):
        if result:
            result += ", "
        result = result + str(number) + ":" + word
    return result


def reversed_text(text: str) -> str:
    result = ""
    for letter in text:
        result = letter + result
    return result


class Label:
    def __init__(self) -> None:
        self.text = "<"

    def __add__(self, other):
        return f"label+{other}"

    def __radd__(self, other):
        return f"{other}+label"


def main():
    text = kept = "ab"
    text += "c"
    text = text + text
    text *= 2
    print(text, kept, doubled("xy", 3), numbered(["a", "b", "c"]), numbered([]))
    print(reversed_text("stressed"))
    print("ab" * 3, 3 * "ab", "ab" * 0, "ab" * -5, "" * 10, "ab" * 2, ("ab") * 2)
    print("a" + "b" * 2)
    parts = ["x"] * 3
    parts[1] += "y"
    table = {"k": "v"}
    table["k"] += table["k"] + "!"
    label = Label()
    label.text += ">"
    print(parts, table, label.text, label + "t", "t" + label, "%s" % ("a" + "b"))
    line = "-"
    line += label
    print(line)
    for wrong in (
        lambda: "a" + 1,
        lambda: 1 + "a",
        lambda: "a" * "b",
        lambda: "a" * 1.0,
        lambda: "a" - "b",
    ):
        try:
            print(wrong())
        except TypeError:
            print("error", end=" ")
    long = "".join(chr(97 + n % 26) for n in range(60))
    print(long[::7], len(doubled(long, 6)), doubled(long, 6).count("xyz"))
    print(long == "".join(list(long)))


if __name__ == "__main__":
    main()
