"""Edits the staged files of Codon's benchmarks, and makes the files that two of them read.

Called as `codon_prepare.py PROGRAM FOLDER MODULE SIZE`. It rewrites FOLDER/MODULE.py, writes
FOLDER/data.txt for the programs that read a file, and does the same for the same arguments. Every
edit replaces a text that must occur exactly once, so that a source other than the pinned one is
refused: with the missing text, and exit status 1.

Four kinds of edits:

- the amount of work, where it is a constant of the source;
- floats are printed to 12 significant digits: Codon prints six, CPython all;
- `chaos` and `go`, which print only how long they took, also print what they computed;
- `chaos` and `binary_trees` get the declarations without which Codon refuses them, as its authors
  wrote them in chaos.codon and binary_trees.codon, spelled so that Python takes them too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Edits = list[tuple[str, str]]  # (text that occurs once, text that takes its place)

CHECKSUM_OF_IMAGE = """\
            write_ppm(im, filename)
        checksum = 0
        for column in im:
            for pixel in column:
                checksum = (checksum * 31 + pixel) % 1000000007
        print('image', checksum)
"""


def binary_trees(size: int) -> Edits:
    # The first class is the forward declaration that Python needs to evaluate the annotations.
    return [
        ("import time\n", "import time\nfrom typing import Optional\n"),
        (
            "class Node:\n    def __init__(self, left = None, right = None):\n",
            "class Node:\n    pass\n\n"
            "class Node:\n    left: Optional[Node]\n    right: Optional[Node]\n\n"
            "    def __init__(self, left: Optional[Node] = None, right: Optional[Node] = None):\n",
        ),
    ]


def chaos(size: int) -> Edits:
    return [
        ("DEFAULT_WIDTH = 2048 #256", "DEFAULT_WIDTH = 256"),
        ("DEFAULT_HEIGHT = 2048 #256", "DEFAULT_HEIGHT = 256"),
        ("DEFAULT_ITERATIONS = 1000000 #5000", f"DEFAULT_ITERATIONS = {size}"),
        ("            write_ppm(im, filename)\n", CHECKSUM_OF_IMAGE),
        ("import time\n", "import time\nfrom typing import List\n"),
        (
            "class GVector(object):\n",
            "class GVector(object):\n    x: float\n    y: float\n    z: float\n",
        ),
        (
            "class Spline(object):\n",
            "class Spline(object):\n"
            "    knots: List[int]\n    degree: int\n    points: List[GVector]\n",
        ),
        (
            "class Chaosgame(object):\n",
            "class Chaosgame(object):\n    splines: List[Spline]\n    thickness: float\n"
            "    minx: float\n    miny: float\n    maxx: float\n    maxy: float\n"
            "    height: float\n    width: float\n    num_trafos: List[int]\n    num_total: int\n",
        ),
        ("    __rmul__ = __mul__\n", ""),
        ("            length = 0\n", "            length = 0.0\n"),
        ("point, trafo=None):", "point):"),
        ("        if trafo is None:\n            trafo = self", "        trafo = self"),
        (', "w", encoding="latin1", newline=\'\')', ', "w")'),
        ("'%i %i\\n%i\\n' % (w, h, maxval)", "f'{w} {h}\\n{maxval}\\n'"),
        (
            "fp.write('%c%c%c' % (c, c, c))",
            "p = chr(c)\n                fp.write(f'{p}{p}{p}')",
        ),
    ]


def float_(size: int) -> Edits:
    return [
        ("POINTS = 10000000", f"POINTS = {size}"),
        ("x={self.x}, y={self.y}, z={self.z}", "x={self.x:.12g}, y={self.y:.12g}, z={self.z:.12g}"),
    ]


def go(size: int) -> Edits:
    return [
        ("    for i in range(100):\n", f"    for i in range({size}):\n"),
        ("        computer_move(board)\n", "        print(computer_move(board))\n"),
        ('if __name__ == "__main__":\n', "if True:  # also where it is imported\n"),
    ]


def mandelbrot(size: int) -> Edits:
    return [("N      = 4096 ", f"N      = {size} ")]


def nbody(size: int) -> Edits:
    return [("    print(e)\n", "    print(f'{e:.12g}')\n")]


def spectral_norm(size: int) -> Edits:
    # The label tells the result from the seconds, which are printed after it.
    return [
        ("print(bench_spectral_norm(100))", f"print(f'norm {{bench_spectral_norm({size}):.12g}}')")
    ]


def taq(size: int) -> Edits:
    return [("print(symbol, sum(signals))", "print(symbol, f'{sum(signals):.12g}')")]


EDITS: dict[str, Callable[[int], Edits]] = {
    "binary_trees": binary_trees,
    "chaos": chaos,
    "float": float_,
    "go": go,
    "mandelbrot": mandelbrot,
    "nbody": nbody,
    "spectral_norm": spectral_norm,
    "taq": taq,
}


def numbers(seed: int) -> Iterator[int]:
    """Pseudo-random integers below 2**31, the same with every Python."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def quotes(count: int) -> Iterator[str]:
    """Lines of a TAQ file: eight symbols, a new second every 16 quotes, now and then a peak.

    Of a quote the program reads the time (ns), the symbol and the size of the bid.
    """
    random = numbers(1)
    yield "Time|Exchange|Symbol|Bid_Price|Bid_Size|Offer_Price|Offer_Size"
    for index in range(count):
        time_ns = 34_200_000_000_000 + (index // 16) * 1_000_000_000 + next(random) % 1_000_000_000
        symbol = "ABCDEFGH"[index % 8]
        volume = 100 + next(random) % 50
        if next(random) % 97 == 0:
            volume *= 40
        yield f"{time_ns}|N|{symbol}|10.00|{volume}|10.01|{volume}"
    yield "END|||||"


def words(count: int) -> Iterator[str]:
    """Lines of twelve words each; a few words are frequent, most are rare."""
    random = numbers(2)
    for _ in range(count):
        line = []
        for _ in range(12):
            rank = 1 << (next(random) % 17)
            line.append(f"word{rank + next(random) % rank}")
        yield " ".join(line)


DATA = {"taq": quotes, "word_count": words}


def main() -> None:
    program, folder, module, size = sys.argv[1:]
    amount = int(size or 0)
    path = Path(folder, module + ".py")
    source = path.read_text(encoding="utf-8")
    for old, new in EDITS.get(program, lambda _: [])(amount):
        if source.count(old) != 1:
            sys.exit(f"{path.name} has {source.count(old)} places, not one, that read {old!r}")
        source = source.replace(old, new)
    path.write_text(source, encoding="utf-8")
    if program in DATA:
        data = "".join(f"{line}\n" for line in DATA[program](amount))
        Path(folder, "data.txt").write_text(data, encoding="utf-8")


if __name__ == "__main__":
    main()
