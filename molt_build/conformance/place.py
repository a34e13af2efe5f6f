"""Copies of a project in which toolchains are tried, and the caches that are theirs alone.

A `Place` is a copy and a cache; two may share either. The copies hold what builds of the chosen
programs may read, and a workload of our own programs. All lie in one temporary folder of the user's
cache directory: there stages find no settings of the project above them, and the file system is the
one that builds know. Toolchain environments and fetched sources are the user's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from molt_build import voice
from molt_build.actions.scope import VARIABLE as KEY_SCOPE_VARIABLE
from molt_build.building.opening import open_session
from molt_build.building.session import Session
from molt_build.latency.sources import copy_project
from molt_build.manifests.model import Manifests
from molt_build.processes import finding_us
from molt_build.store.location import (
    CACHE_DIR_VARIABLE,
    CACHE_SWITCH_VARIABLE,
    TOOLS_DIR_VARIABLE,
    tools_dir,
)

WORKLOAD = "conformance"  # of our own programs; its folder in a copy has the same name
PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class OwnProgram:
    """One of ours: its file, what it is about, and how a run of it ends."""

    module: str
    about: str  # a tag, by which a manifest may say that it takes no such programs
    args: tuple[str, ...] = ()
    exit_status: int = 0

    @property
    def name(self) -> str:
        """The program's name in the copy."""
        return f"{WORKLOAD}_{self.module}"


OWN = (
    OwnProgram("counting", "numbers"),
    OwnProgram("printing", "output"),
    OwnProgram("arguments", "arguments", ("one", "two words", "--three=3", "größer", "")),
    OwnProgram("importing", "imports"),
    OwnProgram("umlauts", "unicode"),
    OwnProgram("leaving", "exceptions", exit_status=3),
    OwnProgram("raising", "exceptions", exit_status=1),
)
COUNTING, IMPORTING = OWN[0], OWN[3]
BROKEN = OwnProgram("broken", "syntax-errors")


@dataclass(frozen=True)
class Place:
    """A copy of the project, and a cache."""

    project: Path
    cache: Path
    tools: Path  # the user's

    @contextmanager
    def session(self, jobs: int = 1) -> Iterator[Session]:
        """A build session in it, as a command of its own would open it."""
        self.cache.mkdir(mode=0o700, exist_ok=True)
        with _variables(self._decided), open_session(self.project, voice.detail, jobs=jobs) as one:
            yield one

    @property
    def environment(self) -> dict[str, str]:
        """For a `molt-build` of its own in it: the user's, but for what is decided here."""
        kept = {name: value for name, value in os.environ.items() if name not in self._decided}
        decided = {name: value for name, value in self._decided.items() if value is not None}
        return {**kept, **decided, **finding_us()}

    def command(self, *words: str) -> list[str]:
        """`molt-build WORDS` as a process of its own."""
        return [sys.executable, "-m", "molt_build", *words]

    @property
    def _decided(self) -> dict[str, str | None]:
        return {
            CACHE_DIR_VARIABLE: str(self.cache),
            TOOLS_DIR_VARIABLE: str(self.tools),
            CACHE_SWITCH_VARIABLE: None,
            KEY_SCOPE_VARIABLE: None,
            "MOLT_BUILD_PROJECT": None,
        }


def places(
    folder: Path,
    project: Path,
    manifests: Manifests,
    programs: Sequence[str],
    toolchains: Sequence[str],
) -> tuple[Place, Place]:
    """Two places in a new folder, with all of their own; their paths have different lengths."""
    made = []
    for name in ("one", "the-other-one"):
        copy = folder / name / "project"
        copy.mkdir(parents=True)
        copy_project(project, manifests, programs, toolchains, copy)
        _write_programs(copy)
        made.append(Place(copy, folder / name / "cache", tools_dir()))
    return made[0], made[1]


def _write_programs(copy: Path) -> None:
    """Our own programs, and the manifest of their workload."""
    own = copy / WORKLOAD
    own.mkdir(exist_ok=True)
    for file in sorted(PROGRAMS.glob("*.py.txt")):
        text = file.read_text(encoding="utf-8")
        (own / file.name.removesuffix(".txt")).write_text(text, encoding="utf-8")
    lines = [
        "#:schema ../schemas/workload.schema.json",
        'kind = "workload"',
        "schema_version = 1",
        f'name = "{WORKLOAD}"',
        'description = "What every toolchain is tried with."',
        'language = "python"',
        "[source]",
        f'project = "{WORKLOAD}"',
    ]
    for program in (*OWN, BROKEN):
        lines += [
            "[[programs]]",
            f'name = "{program.name}"',
            f'entry = "{program.module}.py"',
            f'tags = ["{program.about}"]',
            f"args = {_toml_list(program.args)}",
            f"exit_status = {program.exit_status}",
        ]
    file = copy / "manifests" / f"{WORKLOAD}-programs.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml_list(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


@contextmanager
def _variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Environment variables of this process while the block runs; None: not set."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
