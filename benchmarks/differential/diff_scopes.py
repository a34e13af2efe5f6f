"""global, nonlocal, names that are not bound yet, and shadowed builtins."""

LEVEL = 0


def raise_level(by: int) -> int:
    global LEVEL
    LEVEL += by
    return LEVEL


def outer() -> list[str]:
    name = "outer"

    def middle() -> list[str]:
        def inner() -> str:
            nonlocal name
            name += "+inner"
            return name

        return [inner(), name]

    return [*middle(), name]


def maybe_bound(is_bound: bool) -> str:
    if is_bound:
        value = "bound"
    return value


def main() -> None:
    print(raise_level(2), raise_level(3), LEVEL, outer())
    len = lambda value: "shadowed"
    print(len([1, 2]))
    try:
        print(maybe_bound(True), maybe_bound(False))
    except UnboundLocalError:
        print("error: not bound yet")
    globals()["ADDED"] = 7
    print(globals()["ADDED"], sorted(locals()), "ADDED" in vars())
    del globals()["ADDED"]
    try:
        print("deleted:", globals()["ADDED"])
    except KeyError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
