"""Loops over the letters of typed text: codes, ranges, counting, ciphers."""


def caesar(text: str, shift: int) -> str:
    result = []
    for letter in text:
        if "a" <= letter <= "z":
            result.append(chr((ord(letter) - ord("a") + shift) % 26 + ord("a")))
        elif "A" <= letter <= "Z":
            result.append(chr((ord(letter) - 65 + shift) % 26 + 65))
        else:
            result.append(letter)
    return "".join(result)


def counted(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for letter in text:
        counts[letter] = counts.get(letter, 0) + 1
    return counts


def runs(text: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for letter in text:
        if found and found[-1][0] == letter:
            found[-1] = (letter, found[-1][1] + 1)
        else:
            found.append((letter, 1))
    return found


def is_palindrome(text: str) -> bool:
    left, right = 0, len(text) - 1
    while left < right:
        if text[left] != text[right]:
            return False
        left, right = left + 1, right - 1
    return True


def main() -> None:
    secret = caesar("Attack at Dawn, z!", 3)
    print(secret, caesar(secret, -3), caesar("xyz", 29), caesar("abc", -27), counted("abracadabra"))
    print(runs("aaabccd"), runs(""), is_palindrome("racecar"), is_palindrome("ab"))
    print(is_palindrome(""))
    letter = "ab"[1]
    print(letter, letter * 3, letter + "c", letter == "b", letter in "abc", [letter])
    print(letter.upper(), f"{letter:>3}")
    print(type(letter).__name__, len(letter), letter[0], letter.isalpha(), ord(letter) + 1)
    print({letter: 1}, hash(letter) == hash("b"))
    for code in (0, 65, 255, 256, 0xFFFF, 0x10FFFF):
        assert ord(chr(code)) == code
    for wrong in (
        lambda: chr(-1),
        lambda: chr(0x110000),
        lambda: ord("ab"),
        lambda: ord(""),
        lambda: "abc"[3],
    ):
        try:
            wrong()
        except (ValueError, TypeError, IndexError) as error:
            print(type(error).__name__, end=" ")
    print(sum(ord(c) for c in "abc"), [c for c in "a1b2" if c.isdigit()], max("hello"))
    print(min("hello"), sorted("hello"))


if __name__ == "__main__":
    main()
