"""Not-a-number in branches, orders, containers, minimums and keys."""


def branch(a: float, b: float) -> list[str]:
    taken = []
    if a < b:
        taken.append("<")
    if not a < b:
        taken.append("not <")
    if a >= b:
        taken.append(">=")
    if not a >= b:
        taken.append("not >=")
    if a != b:
        taken.append("!=")
    if not a == b:
        taken.append("not ==")
    return taken


def smallest(values: list[float]) -> float:
    found = values[0]
    for value in values:
        if value < found:
            found = value
    return found


def main() -> None:
    nan, inf = float("nan"), float("inf")
    for a, b in ((nan, 1.0), (1.0, nan), (nan, nan), (inf, nan), (1.0, 1.0), (inf, inf)):
        print(a, b, branch(a, b))
    print(smallest([nan, 1.0, 0.5]), smallest([1.0, nan, 0.5]), smallest([2.0, 1.0, nan]))
    print(min(nan, 1.0), min(1.0, nan), max(nan, 1.0), max(1.0, nan), sorted([nan]))
    print(5 if nan > 1 else 6)
    same, other = [nan], [float("nan")]
    print(nan in same, nan in other, same == same[:], same == other, same.index(nan))
    print((nan,) == (nan,))
    table = {nan: "first"}
    table[nan] = "same"
    table[float("nan")] = "other"
    print(len(table), table[nan], float("nan") in table, len({nan, nan}), bool(nan), nan is nan)
    print(inf - inf, inf * 0, nan + 1, nan * 0, nan**0, 1**nan, nan // 1, nan % 2, -nan, abs(nan))
    print(0 < nan < 1, not 0 < nan, 1.0 if nan else 2.0, [x for x in (nan, 1.0) if x == x])
    print(divmod(nan, 1))


if __name__ == "__main__":
    main()
