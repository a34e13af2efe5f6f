"""Generated programs: the same seed gives the same programs, byte for byte.

The strategies of hypothesis that make them stand in `molt_build.differential.strategies`. They are
run in an interpreter of their own, which is handed that file's text: hypothesis draws now and then
a constant that it found in the modules of the user's that are imported, and a module that comes of
no file has none. So neither the project nor this command's other modules have a say. What does have
one is the version of hypothesis.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from molt_build.errors import EnvironmentFailed, ToolMissing
from molt_build.names import known
from molt_build.temporary import new_folder

FAMILIES = ("integer", "bits", "comparison", "float", "string", "list", "dict", "finally")
INSTALL = 'pip install "molt-build[generate]"'
STRATEGIES = Path(__file__).with_name("strategies.py")
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Generated:
    """A program that was made: `name` is a module's, and the same of any number of programs."""

    name: str
    family: str
    source: str


def check_generator() -> None:
    """Raise `ToolMissing` where the generator is not installed."""
    if find_spec("hypothesis") is None:
        raise ToolMissing("generating programs needs the package hypothesis", INSTALL)


def generate(count: int, seed: int, families: Collection[str] = ()) -> tuple[Generated, ...]:
    """So many programs of the families in turn (() means all); fewer where there are no more.

    Raises `UsageError` for a family that is not there, `ToolMissing` without hypothesis.
    """
    check_generator()
    chosen = [
        one for one in FAMILIES if one in {known("family", name, FAMILIES) for name in families}
    ]
    asked = {"count": count, "seed": seed, "families": chosen or list(FAMILIES)}
    with new_folder("molt-build-generate-") as folder:
        environment = {
            **os.environ,
            "PYTHONHASHSEED": "0",
            "HYPOTHESIS_NO_PLUGINS": "1",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder),
        }
        done = subprocess.run(
            [sys.executable, "-P", "-", json.dumps(asked)],
            input=STRATEGIES.read_text(encoding="utf-8"),
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
        )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no word"]
        raise EnvironmentFailed(f"no programs could be generated: {said[-1]}", INSTALL)
    numbers: dict[str, int] = {}
    made = []
    for family, source in json.loads(done.stdout):
        numbers[family] = numbers.get(family, 0) + 1
        name = f"generated_{family}_{numbers[family]:04d}"
        head = f'"""Generated: {family} {numbers[family]} of seed {seed}."""\n\n\n'
        made.append(Generated(name, family, head + source))
    return tuple(made)
