"""Ends by a KeyError: its text is the representation of the key."""


def total(prices: dict[str, int], order: list[str]) -> int:
    result = 0
    for name in order:
        result += prices[name]
    return result


def main() -> None:
    prices = {"tea": 3, "it's": 4}
    print(total(prices, ["tea", "it's", "tea"]))
    print(total(prices, ["tea", "cof'fee\n"]))


if __name__ == "__main__":
    main()
