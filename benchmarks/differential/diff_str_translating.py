"""translate and maketrans: numbers, texts, deletions, mappings that compute, missing keys."""


class Shift(dict):
    def __missing__(self, code: int):
        if code == ord("x"):
            raise LookupError
        return code + 1 if chr(code).isalpha() else None


class Every:
    def __getitem__(self, code: int) -> str:
        return f"<{code}>"


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, IndexError) as error:
        return type(error).__name__


def main():
    table = str.maketrans("abc", "xyz", "-_")
    print("a-b_c-d".translate(table), sorted(table.items(), key=str))
    print("hello".translate({104: "J", ord("l"): None, 111: 0x30, "e": "never"}))
    print("abc".translate({}))
    print("straw".translate(str.maketrans({"s": "ST", "w": "", 97: "4"})))
    print("aXb1".translate(Shift()))
    print("xay".translate(Shift({120: "!"})), "ax".translate(Shift()), "ab".translate(Every()))
    print("ab".translate(["0"] * 97 + ["A", None]), "ab".translate("." * 98))
    print(ascii("\u00e9".translate("ab")))
    print(outcome(lambda: str.maketrans("ab", "c")), outcome(lambda: str.maketrans({"ab": 1})))
    print(outcome(lambda: "a".translate({97: 1.5})), outcome(lambda: "a".translate({97: 0x110000})))
    print(outcome(lambda: str.maketrans("ab")), outcome(lambda: "a".translate(5)))
    rotated = str.maketrans("ABCabc", "BCAbca")
    word = "aAbBcC"
    for _ in range(3):
        word = word.translate(rotated)
        print(word, end=" ")
    print(word == "aAbBcC", ascii("a\U0001f600".translate({0x1F600: "\u00df", 97: "\U0001f601"})))


if __name__ == "__main__":
    main()
