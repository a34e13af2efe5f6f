"""Stars in calls: several of each kind, generators, order of keywords, and doubles."""


def show(*args, **kwargs) -> str:
    return f"{args} {kwargs}"


def fixed(a, b=2, *, c=3):
    return a, b, c


class Mapping:
    def keys(self):
        return ["b", "a"]

    def __getitem__(self, key: str) -> str:
        return key.upper()


def outcome(action):
    try:
        return action()
    except (TypeError, ValueError) as error:
        return type(error).__name__


def main():
    args, kwargs = [1, 2], {"z": 1, "a": 2}
    print(show(*args, 3, *args, *"xy"), show(**kwargs, b=3, **{"c": 4}))
    print(show(*args, k=1, *[9], **{}))
    print(show(*(n * n for n in range(3))), show(**Mapping()), show(*{"k": 1}), show(*[], **{}))
    print(show(*"ab", **{"not a name": 1}))
    print(fixed(*args), fixed(*[1], **{"c": 5}), fixed(**{"b": 1, "a": 0}), fixed(*[1], c=9, *[8]))
    print(fixed(**{"a": 1}, c=2))
    print(outcome(lambda: fixed(**{"a": 1}, a=2)), outcome(lambda: fixed(1, **{"a": 1})))
    print(outcome(lambda: show(**{1: 2})))
    print(outcome(lambda: show(**{"a": 1}, **{"a": 2})), outcome(lambda: show(*5)))
    print(outcome(lambda: show(**[1])), outcome(lambda: fixed(*[1, 2, 3])))
    print(outcome(lambda: fixed()), outcome(lambda: fixed(1, d=1)))
    print(outcome(lambda: fixed(*args, b=1)))

    def change(*given, **named):
        named["added"] = True
        given += (0,)
        return given, named

    print(change(*args, **kwargs), args, kwargs, change.__name__)
    log: list[str] = []

    def note(name: str, value):
        log.append(name)
        return value

    show(
        note("1", 1), *note("2", [2]), note("3", 3), k=note("4", 4), **note("5", {}), l=note("6", 6)
    )
    print(log, [*map(lambda pair: show(*pair), [(1, 2), ()])], max(*[3, 9], 4), print(*[], sep="?"))


if __name__ == "__main__":
    main()
