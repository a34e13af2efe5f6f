"""Tuples: what cannot change, what inside them can, identity, repetition, keys."""


def pair(a: int, b: str) -> tuple[int, str]:
    return a, b


def grown(count: int) -> tuple[int, ...]:
    result: tuple[int, ...] = ()
    for number in range(count):
        result += (number,)
    return result


def outcome(action):
    try:
        return action()
    except (TypeError, AttributeError, ValueError, IndexError) as error:
        return type(error).__name__


def main():
    mixed = ([1], "a")
    try:
        mixed[0] += [2]
    except TypeError:
        print("refused, and yet", mixed)
    mixed[0].append(3)
    print(mixed, pair(1, "x"), pair(1, "x") == (1, "x"), pair(2, "y")[1], grown(5), grown(0), ())
    print((1,), ((),))
    same = numbers = (1, 2)
    numbers += (3,)
    print(same, numbers, (0,) * 3, 2 * (1, "b"), () * 5, (1, 2) * -1, (1, 2) + (), tuple([1, (2,)]))
    print(tuple("ab"))
    print(1, (2), (2,), (1, 2)[0], (1, 2)[::-1], (1, 2, 3, 2).count(2), (1, 2, 3).index(3))
    print(2 in (1, 2), (1, 2) < (1, 2, 0))
    print({(1, "a"): "key"}[pair(1, "a")], hash((1, 2)) == hash(grown(3)[1:]))
    print(len({(1, 2), (1.0, 2.0), (2, 1)}), {(): 0}[tuple()])
    print(outcome(lambda: numbers.__setitem__), outcome(lambda: hash(mixed)))
    print(outcome(lambda: (1, 2) + [3]), outcome(lambda: numbers[5]))
    print(outcome(lambda: numbers.index(9)), outcome(lambda: numbers.append))
    print(outcome(lambda: (1,) * 1.5), outcome(lambda: tuple(5)))
    a = b, c = 1, 2
    print(a, b, c, (lambda *args: args)(), (lambda *args: args)(1), type((yes := 1, 2)).__name__)
    print(yes, [(x, x * x) for x in (1, 2)])
    print(sorted([(2, "b"), (1, "z"), (2, "a")]), max((1, 9), (2, 0)), min([(1,), ()]))
    print(sum(((1,), (2,)), ()), *zip((1, 2), (3, 4)))


if __name__ == "__main__":
    main()
