"""One line that runs a cell again, to be pasted into a shell.

It makes a folder of its own, which is HOME, TMPDIR and the working directory, and gives the program
the variables it was measured with and no others. What the line prints is, byte for byte, what was
compared: lines that are never equal are left out. It works in every POSIX shell with a grep
that knows `-a`.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from molt_build.bench.cells import TIMES

TIMES_FILE = "times.json"  # in the folder that the line makes
_HERE = '"$PWD"'


def pasted(
    argv: Sequence[str], environment: Mapping[str, str], volatile: Sequence[str] = ()
) -> str:
    """The line; `environment` holds PYTHONHASHSEED and what the cell declares."""
    variables = {"HOME": _HERE, "TMPDIR": _HERE, "PYTHONDONTWRITEBYTECODE": "1"}
    variables |= {name: shlex.quote(value) for name, value in environment.items()}
    words = [TIMES_FILE if word == TIMES else word for word in argv]
    settings = " ".join(f"{name}={value}" for name, value in variables.items())
    line = f'(cd "$(mktemp -d)" && env -i {settings} {shlex.join(words)} </dev/null)'
    if volatile:
        patterns = " ".join(f"-e {shlex.quote(pattern)}" for pattern in volatile)
        line += f" | LC_ALL=C grep -avxE {patterns}"
    return line
