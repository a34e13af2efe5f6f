"""Arguments: defaults, keywords, star forms, positional-only, keyword-only, errors."""


def show(first, /, second=2, *rest, only="k", **more):
    return f"{first} {second} {rest} {only} {sorted(more.items())}"


def collect(item: int, into: list[int] = []) -> list[int]:
    into.append(item)
    return into


def main() -> None:
    print(show(1), show(1, 3, 4, 5), show(1, only="o", extra=True), show(1, second=7, first=0))
    print(show(*range(4), **{"only": 1, "z": 2, "a": 3}), show(*[1], *[2, 3], **{}, **{"b": 1}))
    print(collect(1), collect(2), collect(3, []), collect(4))
    calls = (
        lambda: show(),
        lambda: show(1, 2, second=3),
        lambda: show(*[1], **{"only": 1}, only=2),
        lambda: collect(1, wrong=2),
    )
    for call in calls:
        try:
            print(call())
        except TypeError as error:
            print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
