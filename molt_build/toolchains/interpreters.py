"""Interpreters of other versions than the host's: where one is looked for, and what it is.

`python = "3.12"` of an executable means CPython of that minor version. It is, in this order,

1. `python3.12` on PATH, the first that runs. A version manager's shim is a script: what counts is
   the interpreter that it starts, and one that starts none ("command not found") is passed over;
2. the newest 3.12 that pyenv has installed, which need not be chosen there: in `versions/` of
   `PYENV_ROOT`, or of `~/.pyenv`;
3. the newest 3.12 that uv has installed: in `UV_PYTHON_INSTALL_DIR`, or in `uv/python` of the
   user's data folder.

One elsewhere is named by a toolchain of the project's own (`path = "/opt/python/bin/python3.12"`).
Builds without a global interpreter lock are another thing, and are not taken for it. Its identity
is that of the host interpreter: version, executable and libpython.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from molt_build.errors import ToolMissing
from molt_build.store.digest import StatCache
from molt_build.toolchains.host_python import HostPython, answer, facts_of, interpreter_behind

_WHICH_PYTHON = """
import sys, sysconfig
has_lock = not sysconfig.get_config_var("Py_GIL_DISABLED")
print(sys.implementation.name, "%d.%d" % sys.version_info[:2], has_lock)
"""


@dataclass(frozen=True)
class Search:
    """What was found, and all that was looked at on the way: its evidence."""

    python: HostPython | None
    looked_at: tuple[str, ...]
    absent: tuple[str, ...]
    failed: tuple[str, ...]  # why what was there is none, a line each


def find_python(stat_cache: StatCache, version: str) -> Search:
    """CPython of a minor version, such as "3.12", on this machine."""
    looked_at: list[str] = []
    absent: list[str] = []
    failed: list[str] = []
    for path in _places(version, absent):
        if not os.path.lexists(path):
            absent.append(path)
            continue
        looked_at.append(path)
        try:
            behind = interpreter_behind(stat_cache, path)
            is_that = answer(stat_cache, behind, _WHICH_PYTHON, "python which").split()
            if is_that != ["cpython", version, "True"]:
                failed.append(f"{path} is another: {' '.join(is_that[:2])}")
                continue
            found = facts_of(stat_cache, behind)
        except (ToolMissing, OSError) as error:
            failed.append(" ".join(str(error).split()))
            continue
        looked_at += [behind, *found.files]
        return Search(found, tuple(looked_at), tuple(absent), tuple(failed))
    return Search(None, tuple(looked_at), tuple(absent), tuple(failed))


def _places(version: str, absent: list[str]) -> Iterator[str]:
    """Where it may lie, in order; folders of version managers that are not there are noted."""
    name = f"python{version}"
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    yield from (os.path.join(f, name) for f in dict.fromkeys(folders) if os.path.isabs(f))
    pyenv = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"), "versions")
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or os.path.join(data, "uv", "python"))
    for folder, pattern in ((pyenv, r"{}\.(\d+)"), (uv, r"cpython-{}\.(\d+)-.*")):
        wanted = re.compile(pattern.format(re.escape(version)))
        try:
            entries = os.listdir(folder)
        except OSError:
            absent.append(str(folder))
            continue
        patches = [
            (int(found[1]), entry) for entry in entries if (found := wanted.fullmatch(entry))
        ]
        yield from (
            str(folder / entry / "bin" / name) for _, entry in sorted(patches, reverse=True)
        )
