"""Makes the staged programs of Nuitka's suite ready; run as PROGRAM FOLDER MODULE SIZE.

A construct is a file in which a loop calls a function again and again, and comments mark the lines
of the construct and those of its alternative. Nuitka's own runner makes a version of each and takes
the difference of their times. Here the lines of the alternative are dropped, as in its first
version, and the loop is done SIZE times. The programs written for Python 2 are brought to Python 3
by their print statements and `xrange`. Nothing else is changed.

A file without the expected shape is an error: exit status 1 and one line on stderr.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MARK = re.compile(r" *# construct_(begin|alternative|end)\s*")
LOOP = re.compile(r"^( *for x in (?:itertools\.repeat\(None, |range\())(\d+)(\):)$", re.M)
PRINT = re.compile(r"^( *)print (?! *\()(.+)$", re.M)


def replaced(pattern: re.Pattern[str], by: str, text: str, count: int) -> str:
    """The text with all matches replaced; ValueError unless there are `count` of them."""
    text, found = pattern.subn(by, text)
    if found != count:
        raise ValueError(f"{found} matches of {pattern.pattern!r}, expected {count}")
    return text


def construct(text: str, size: int) -> str:
    """A construct's file without the alternative, and with the loop done `size` times."""
    marks: list[str] = []
    kept = []
    for line in text.splitlines(keepends=True):
        mark = MARK.fullmatch(line)
        if mark:
            marks.append(mark[1])
        elif not marks or marks[-1] != "alternative":
            kept.append(line)
    if marks not in (["begin", "end"], ["begin", "alternative", "end"]):
        raise ValueError(f"the marks of the construct are {marks}")
    return replaced(LOOP, rf"\g<1>{size}\g<3>", "".join(kept), 1)


def binary_trees(text: str, size: int) -> str:
    """The whole program in Python 3, for trees of depth `size`."""
    text = replaced(
        re.compile(r"max\(min_depth \+ 2, 16\)"), f"max(min_depth + 2, {size})", text, 1
    )
    text = replaced(re.compile(r"\bxrange\("), "range(", text, 2)
    return replaced(PRINT, r"\1print(\2)", text, 3)


def generator_comparison(text: str, size: int) -> str:
    """The whole program in Python 3; both loops are done `size` times."""
    return replaced(PRINT, r"\1print(\2)", replaced(LOOP, rf"\g<1>{size}\g<3>", text, 2), 2)


WHOLE = {"binary_trees": binary_trees, "generator_comparison": generator_comparison}


def main(program: str, folder: str, module: str, size: str) -> None:
    """Edit the staged file in place."""
    path = Path(folder, module + ".py")
    edited = WHOLE.get(program, construct)
    try:
        text = edited(path.read_text(encoding="utf-8"), int(size))
    except ValueError as error:
        sys.exit(f"{program} has not the expected shape: {error}")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
