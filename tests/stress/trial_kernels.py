"""Twenty small programs of different kinds of work, each sized to run for about as long.

A kernel is the body of a loop that adds to `total`; how often it goes round is found by timing it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from textwrap import indent

KERNELS: Mapping[str, str] = {
    "add": "for i in range(1000):\n    total += i & 7",
    "branch": "for i in range(1000):\n    total += 1 if i % 3 else 2",
    "floats": "x = 1.5\nfor i in range(800):\n    x = x * 1.000001 + 0.25\ntotal += int(x)",
    "calls": "for i in range(600):\n    total += twice(i)",
    "attributes": "for i in range(500):\n    point.x += i\n    total += point.x & 3",
    "methods": "for i in range(400):\n    total += point.moved(i) & 3",
    "lists": "row = [i * 3 for i in range(900)]\ntotal += row[17] + len(row)",
    "slices": "for i in range(300):\n    total += len(ROW[i : i + 50])",
    "sorting": "total += sorted(ROW, key=MINUS)[3]",
    "dicts": "table = {}\nfor i in range(500):\n    table[i & 63] = i\ntotal += len(table)",
    "lookups": "for word in WORDS:\n    total += TABLE[word]",
    "sets": "total += len(set(ROW[:200]) | set(ROW[100:300]))",
    "strings": "total += len('-'.join(WORDS).upper().split('-'))",
    "replacing": "for word in WORDS[:80]:\n    total += len(word.replace('a', 'bc'))",
    "formats": "for i in range(150):\n    total += len(f'{i:05d}/{i * 2:x}')",
    "bytes": "total += DATA.count(b'ab') + DATA.find(b'zz')",
    "tuples": "for i in range(500):\n    a, b = b, a + 1\ntotal += a",
    "generators": "total += sum(i * i for i in range(700))",
    "exceptions": "for i in range(250):\n    try:\n        TABLE[i]\n    except KeyError:\n"
    "        total += 1",
    "matrix": "for row in GRID:\n    for i, x in enumerate(row):\n        total += x * row[-i]",
}
PROGRAM = """\
class Point:
    def __init__(self):
        self.x = 0

    def moved(self, by):
        self.x = (self.x + by) & 1023
        return self.x


def twice(number):
    return number + number


MINUS = int.__neg__
ROW = [i * 7919 % 1009 for i in range(400)]
WORDS = [f"banana{i}" for i in range(200)]
TABLE = {word: len(word) for word in WORDS}
DATA = b"abracadabra " * 300
GRID = [[i * j & 15 for i in range(24)] for j in range(24)]


def main():
    total, point, a, b = 0, Point(), 1, 2
    for _ in range(ROUNDS):
BODY
    print(total)


if __name__ == "__main__":
    main()
"""


def sized(seconds: float) -> dict[str, str]:
    """Name -> source of each program, whose main() runs for about so long here and now."""
    return {name: _source(body, _rounds(body, seconds)) for name, body in KERNELS.items()}


def _source(body: str, rounds: int) -> str:
    return PROGRAM.replace("ROUNDS", str(rounds)).replace("BODY", indent(body, " " * 8))


def _rounds(body: str, seconds: float) -> int:
    rounds = 1
    while True:
        scope: dict[str, object] = {"__name__": "sized", "print": lambda _: None}
        exec(_source(body, rounds), scope)
        main = scope["main"]
        assert callable(main)
        began = time.process_time()
        main()
        taken = time.process_time() - began
        if taken > seconds / 4:
            return max(1, round(rounds * seconds / taken))
        rounds *= 2
