"""Where a run's interpreter finds the module that it imports: in what was built, or elsewhere.

A target that runs `{python} -c "import {module}; ..."` often has the program's folder on its path
too, for the modules beside it. When what was built cannot be imported, a link output under a wrong
name above all, the interpreter then takes the program's source, which answers rightly, and what is
timed is the interpreter alone. So the interpreter is asked once, outside of all that is timed: the
same command, in the same environment, up to the moment when it looks for the module. Nothing of
the program is executed. A command that imports nothing by name is not asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from molt_build.measure.process import Command, Launcher
from molt_build.measure.scratch import empty, private_environment

TIMEOUT_S = 60.0
_SIGN = b"molt-build: found "
# Runs the code that it is given, and ends when that asks for the module: before it is loaded.
_LOOK = f"""\
import importlib.util, os, sys
name, code = sys.argv[1:3]
sys.argv[1:3] = []
class Look:
    @staticmethod
    def find_spec(wanted, path=None, target=None):
        if wanted != name:
            return None
        sys.meta_path.remove(Look)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            found = spec.origin if spec.has_location else None
            found = found or next(iter(spec.submodule_search_locations or ()), None)
            found = os.path.abspath(found) if found else str(spec.origin)
            os.write(1, b"\\n" + {_SIGN!r} + os.fsencode(found) + b"\\n")
        os._exit(0)
sys.meta_path.insert(0, Look)
exec(code, {{"__name__": "__main__"}})
"""


def loaded_elsewhere(
    launcher: Launcher,
    scratch: Path,
    argv: Sequence[str],
    environment: Mapping[str, str],
    module: str,
    out_dir: str,
) -> str:
    """Why a run does not run what was built, in words; "" where it does, or cannot be asked.

    `argv` and `environment` are those of the run, `scratch` the folders that runs are made in.
    """
    asked = _asked(argv, module)
    if asked is None:
        return ""
    empty(scratch)
    own = {**private_environment(scratch), "PYTHONHASHSEED": "0", **environment}
    ended = launcher.run(Command(asked, str(scratch / "work"), own), timeout_s=TIMEOUT_S)
    found = [line for line in ended.stdout.splitlines() if line.startswith(_SIGN)]
    if not found:
        return ""  # it is not there at all, which the run itself tells
    origin = os.fsdecode(found[-1].removeprefix(_SIGN))
    if origin.startswith(os.path.join(os.path.abspath(out_dir), "")):
        return ""
    return f"{module} was loaded from {origin}, not from what was built in {out_dir}"


def _asked(argv: Sequence[str], module: str) -> tuple[str, ...] | None:
    """The command that looks for the module and ends; None for one that imports none by name."""
    for at, (word, code) in enumerate(pairwise(argv)):
        if word == "-m" and code == module:
            code = f"import {module}"
        elif word != "-c" or not _imports(code, module):
            continue
        return (*argv[:at], "-c", _LOOK, module, code, *argv[at + 2 :])
    return None


def _imports(code: str, module: str) -> bool:
    name = re.escape(module)
    statement = rf"\bimport\b[\w\s,.]*\b{name}\b|\bfrom\s+{name}\s+import\b"
    call = rf"""\b(?:import_module|__import__|run_module)\(\s*['"]{name}['"]"""
    return re.search(f"{statement}|{call}", code) is not None
