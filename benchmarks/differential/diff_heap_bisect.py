"""heapq, bisect, statistics, textwrap and string.Template on small data."""

import bisect
import heapq
import statistics
import string
import textwrap


def main() -> None:
    heap: list[tuple[int, str]] = []
    for item in ((5, "e"), (1, "a"), (3, "c"), (1, "b")):
        heapq.heappush(heap, item)
    print(
        [heapq.heappop(heap) for _ in range(4)],
        heapq.nlargest(2, [4, 9, 1]),
        heapq.nsmallest(2, "hello"),
    )
    print(
        list(heapq.merge([1, 4], [2, 3], [0])),
        bisect.bisect([1, 2, 2, 3], 2),
        bisect.bisect_left([1, 2, 2], 2),
    )
    grades = [60, 70, 80, 90]
    print(["FDCBA"[bisect.bisect(grades, score)] for score in (33, 99, 77, 70)])
    values = [2, 4, 4, 4, 5, 5, 7, 9]
    print(
        statistics.mean(values),
        statistics.median(values),
        statistics.mode(values),
        statistics.pstdev(values),
    )
    print(textwrap.fill("the quick brown fox jumps over the lazy dog", 16))
    print(textwrap.dedent("    a\n      b\n"), textwrap.shorten("many words to shorten here", 15))
    print(
        string.Template("$who owes ${amount}0 $$").substitute(who="Bo", amount=5),
        string.hexdigits[:16],
    )


if __name__ == "__main__":
    main()
