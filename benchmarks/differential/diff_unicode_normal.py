"""Normal forms: composed and decomposed text, compatible forms, and comparison by them."""

import unicodedata


def forms(text: str) -> list[str]:
    return [ascii(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")]


def main() -> None:
    for text in (
        "\u00e9",
        "e\u0301",
        "\u1e9b\u0323",
        "\ufb01",
        "\u2460",
        "\uac01",
        "\u212b",
        "a\u0327\u0301",
        "a\u0301\u0327",
        "\u00bd",
        "\uff21",
    ):
        print(ascii(text), *forms(text), unicodedata.is_normalized("NFC", text), len(text))
    composed, parts = "caf\u00e9", "cafe\u0301"
    print(composed == parts, len(composed), len(parts))
    print(unicodedata.normalize("NFC", parts) == composed)
    print(ascii(parts[::-1]), ascii(parts.upper()), parts.startswith("cafe"))
    print(composed.startswith("cafe"), parts.find("\u0301"))
    print(ascii(parts.replace("e", "i")), {composed: 1}.get(parts))
    print(sorted([composed, parts]) == [parts, composed])
    print(unicodedata.decomposition("\u00e9"), unicodedata.decomposition("\ufb01"))
    print(unicodedata.combining("\u0327"))
    stripped = "".join(
        c
        for c in unicodedata.normalize("NFD", "\u00c5ngstr\u00f6m \u00e7a")
        if not unicodedata.combining(c)
    )
    print(stripped, unicodedata.normalize("NFC", ""))
    print(ascii(unicodedata.normalize("NFC", "\u1100\u1161\u11a8")))


if __name__ == "__main__":
    main()
