"""Edits the staged files of PyPy's benchmarks where Python 3.11 or a fair size asks for it.

Called as `pypy_prepare.py PROGRAM FOLDER MODULE SIZE`; rewrites FOLDER/MODULE.py, and for
pyflate_fast the archive that it unpacks; writes a FOLDER/util.py without content where the program
imports the suite's `util`, which has options for its command line and needs the whole suite. The
same arguments give the same bytes. Every edit
replaces a text that must occur as often as is said, so that a source other than the pinned one is
refused: with the missing text, and exit status 1.

Four kinds of edits:

- Python 2: print statements, `xrange`, `/` of integers, `next` of a generator, an iterator that was
  a list (binary_trees, fasta, gcbench); `cmp` in a method that Python 3 never calls, but Cython
  compiles (pyflate_fast, scimark); `tostring` of arrays, which Python 3.9 removed (crypto_pyaes,
  raytrace_simple);
- tabs become four spaces where a file indents with both, and a module is imported that a function
  names which is never called: Cython refuses the one and the other (bm_mdp);
- work at module level, which a process could do once only, becomes a function (fasta);
- a constant of the source is set to the manifest's size (nqueens, pyflate_fast), and a result that
  was thrown away is returned (pidigits).
"""

from __future__ import annotations

import bz2
import re
import sys
from pathlib import Path

PRINT_STATEMENT = re.compile(r"^( *)print ((?:.+\(\n)?.+)$", re.MULTILINE)

FASTA_AT_MODULE_LEVEL = """\
n = int(sys.argv[1])

for i in range(int(sys.argv[2])):
    print '>ONE Homo sapiens alu'
"""

FASTA_IN_A_FUNCTION = """\
def main(n):
    print '>ONE Homo sapiens alu'
"""

# program -> (text, how often it occurs, text that takes its place); "SIZE" is the manifest's size.
EDITS = {
    "bm_mdp": [("import collections, time\n", 1, "import collections, itertools, time\n")],
    "crypto_pyaes": [(".tostring()", 3, ".tobytes()")],
    "fasta": [
        (FASTA_AT_MODULE_LEVEL, 1, FASTA_IN_A_FUNCTION),
        ("xrange", 4, "range"),
        ("Random.next", 1, "Random.__next__"),
        (
            "zip('acgtBDHKMNRSVWY', [0.27, 0.12, 0.12, 0.27] + [0.02]*11)",
            1,
            "list(zip('acgtBDHKMNRSVWY', [0.27, 0.12, 0.12, 0.27] + [0.02]*11))",
        ),
    ],
    "gcbench": [(" / tree_size(i);", 1, " // tree_size(i)")],
    "nqueens": [("\nL = 10\n", 1, "\nL = SIZE\n")],
    "pidigits": [
        (
            "                    break\n",
            1,
            "                    return n % 1000000007, a % 1000000007\n",
        ),
    ],
    "pyflate_fast": [
        ("cmp(self.bits, other.bits)", 1, "(self.bits > other.bits) - (self.bits < other.bits)"),
        ("cmp(self.code, other.code)", 1, "(self.code > other.code) - (self.code < other.code)"),
    ],
    "raytrace_simple": [(".tostring()", 1, ".tobytes()")],
    "scimark": [
        ("cmp(self.data, other.data)", 1, "(self.data > other.data) - (self.data < other.data)")
    ],
}
UTIL = """\
from typing import Any


def __getattr__(name: str) -> Any:
    raise AttributeError(name)
"""
WITH_PRINT_STATEMENTS = {"binary_trees", "fasta", "gcbench"}


def shorten(archive: Path, size: int) -> None:
    """Keeps the first `size` bytes of what a bzip2 file holds."""
    archive.write_bytes(bz2.compress(bz2.decompress(archive.read_bytes())[:size], 9))


def main() -> None:
    program, folder, module, size = sys.argv[1:]
    path = Path(folder, module + ".py")
    source = path.read_text(encoding="utf-8")
    for old, count, new in EDITS.get("scimark" if module == "scimark" else program, []):
        if source.count(old) != count:
            sys.exit(f"{path.name} has {source.count(old)} places, not {count}, that read {old!r}")
        source = source.replace(old, new.replace("SIZE", size))
    if program in WITH_PRINT_STATEMENTS:
        source = PRINT_STATEMENT.sub(r"\1print(\2)", source)
    if program == "bm_mdp":
        source = source.expandtabs(4)
    path.write_text(source, encoding="utf-8")
    if "import util" in source:
        Path(folder, "util.py").write_text(UTIL, encoding="utf-8")
    if program == "pyflate_fast":
        shorten(Path(folder, "interpreter.tar.bz2"), int(size))


if __name__ == "__main__":
    main()
