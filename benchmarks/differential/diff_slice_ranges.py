"""Slices, indexes, membership and equality of ranges, also of huge and empty ones."""


def outcome(action):
    try:
        return action()
    except (IndexError, ValueError, TypeError) as error:
        return type(error).__name__


def main():
    for span in (
        range(10),
        range(10, 0, -3),
        range(0, 20, 7),
        range(5, 5),
        range(-5, 6, 4),
        range(3, -9, -5),
    ):
        print(span, list(span), span[::-1], span[1:-1], span[::2], span[-2:], span[5:1:-1])
        print(len(span), bool(span), list(reversed(span)), span[:0] == range(0))
        print([n in span for n in (0, 3, 7, -1, 10)])
        print(list(span[::-1]) == list(span)[::-1])
        print(
            [
                list(span[i:j:k]) == list(span)[i:j:k]
                for i, j, k in ((1, 4, 1), (-1, None, -2), (4, 0, -1))
            ]
        )
    huge = range(0, 10**25, 10**22)
    print(huge[1], huge[-1], len(huge), huge[10:20:3], 5 * 10**22 in huge, 5 in huge)
    print(huge.index(10**23), huge[::-1][0])
    far = range(2**70, 2**70 + 3)
    print(list(far), far[1:], 2**70 + 2 in far, 2.0**70 in far, far.count(2**70))
    print(far == range(2**70, 2**70 + 3), max(far))
    print(outcome(lambda: range(3)[3]), outcome(lambda: range(0)[0]))
    print(outcome(lambda: range(1, 2, 0)), outcome(lambda: range(1.0)))
    print(outcome(lambda: range(3).index(9)))
    print(range(True, 3), range(4).start, range(1, 9, 2).stop, range(9).step)
    print(hash(range(0)) == hash(range(2, 2)), {range(3): 1}[range(0, 3)])
    print([*range(2, 8, 3)], sum(range(1, 101)), tuple(range(3, 0, -1)))
    print(dict(zip(range(2), range(5, 7))), repr(range(0, 3, 1)))


if __name__ == "__main__":
    main()
