"""Readies the staged files of a program of Cython's own benchmarks: `PROGRAM FOLDER MODULE SIZE`.

What `import cython` finds at run time is the release's own Shadow module, moved from `Cython/` to
`cython.py` so that nothing else of the package is imported with it. mypy is told to judge the
program alone: not Shadow, not the suite's `util.py`, and not modules that are not there because the
variants that need them (NumPy's) are not run. Its notes on bodies that it does not check are
silenced, since mypyc takes a note for an error. Lines keep their numbers.
"""

import sys
from pathlib import Path

# main() of spectralnorm.py gives its times only, and all that computes is hidden in C functions.
SPECTRAL_NORM = """

def spectral_norm(count: cython.int) -> float:
    u = [1] * count
    for _ in range(10):
        v = eval_AtA_times_u(u)
        u = eval_AtA_times_u(v)
    between = sum([a * b for a, b in zip(u, v)])
    return (between / sum([a * a for a in v])) ** 0.5
"""


def add(path: Path, text: str) -> None:
    """Add lines to the end of a file, whether or not its last line is ended."""
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + text, encoding="utf-8")


def main() -> None:
    program, folder, module = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    shadow = folder / "Cython" / "Shadow.py"
    shadow.rename(folder / "cython.py")
    shadow.parent.rmdir()
    for support in ("cython.py", "util.py"):
        add(folder / support, "# mypy: ignore-errors\n")
    entry = folder / f"{module}.py"
    if program == "spectralnorm":
        add(entry, SPECTRAL_NORM)
    add(entry, '# mypy: disable-error-code="import-not-found, annotation-unchecked"\n')


if __name__ == "__main__":
    main()
