"""find, index, count, startswith and replace: bounds, empty texts, tuples, overlaps."""


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main():
    text = "abracadabra"
    print(text.find("a", 1), text.find("a", -1), text.rfind("a", 0, -1), text.find("abra", 1, 10))
    print(text.find(""), text.find("", 5), text.find("", 11), text.find("", 12), text.rfind(""))
    print(text.rfind("", 2, 5))
    print(text.count("a"), text.count("abra"), text.count(""), "aaaa".count("aa"))
    print(text.count("a", 2, -2), "".count(""))
    print(text.startswith("bra", 1), text.startswith(("x", "ab")), text.startswith(()))
    print(text.startswith("", 11))
    print(text.startswith("", 12), text.endswith("bra", 0, 4), text.endswith(("z", "a")))
    print(text.endswith("abra", -4))
    print(text.replace("a", "", 2), text.replace("", "-", 3), "aaa".replace("aa", "b"))
    print(text.replace("x", "y"))
    print("".replace("", "z"), "ab".replace("", "."))
    print(text.replace("abra", "cad").replace("cad", "abra"))
    print(text.index("c"), outcome(lambda: text.index("z")), outcome(lambda: text.index("b", 9)))
    print(outcome(lambda: text.rindex("")), outcome(lambda: text.find(1)))
    print(outcome(lambda: text.startswith(["a"])))
    print(text.find("a", None, 3), text.find("c", 2**70), text.find("a", -(2**70)))
    print(text.count("a", True))
    print("a\x00b".find("\x00"), "a\x00b".split("\x00"), len("a\x00b"), "\x00" in "a\x00")
    print("x".find("xx"))


if __name__ == "__main__":
    main()
