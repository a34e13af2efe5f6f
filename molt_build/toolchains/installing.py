"""The Python environments that a toolchain needs: which are installed, and how large they are.

A size is only told where it is known: of an environment that lies here, of one here with the same
lock (made with another interpreter), or, when it is asked for, by package indexes, which say how
large the files are that would be downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from molt_build.manifests.toolchain import PythonEnvironment
from molt_build.store.clearing import usage
from molt_build.store.made_once import marker
from molt_build.toolchains.environments import REQUIREMENTS, Environments
from molt_build.toolchains.resolved import ResolvedToolchain

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Needed:
    """An environment that a toolchain needs."""

    toolchain: str  # whose it is: its own, or one's that it uses
    wanted: PythonEnvironment
    folder: Path
    is_there: bool


def needed(toolchain: ResolvedToolchain, environments: Environments) -> Iterator[Needed]:
    """Its own environment first, then those of the toolchains that it uses in roles."""
    wanted = toolchain.manifest.python
    if wanted is not None and wanted.lock_text:
        folder = environments.place(wanted)
        yield Needed(toolchain.name, wanted, folder, marker(folder).exists())
    for used in toolchain.roles.values():
        yield from needed(used, environments)


def size_on_disk(one: Needed) -> int | None:
    """Bytes of the environment, or of one here that was made from the same lock; None: unknown."""
    if one.is_there:
        return usage([one.folder]).size_bytes
    for lock in sorted(one.folder.parent.glob(f"*/{REQUIREMENTS}")):
        is_same = marker(lock.parent).exists() and lock.read_text() == one.wanted.lock_text
        if is_same:
            return usage([lock.parent]).size_bytes
    return None


def download_size(wanted: PythonEnvironment) -> int | None:
    """Bytes of the files that an installation downloads, as package indexes say; None: not said.

    Those that suit the interpreter that runs molt_build. Raises `SourceUnreachable` when an index
    cannot be asked.
    """
    from packaging.requirements import Requirement

    from molt_build.sources.package_index import size_of_release  # costs more than all the rest

    total = 0
    for block in re.split(r"\n(?=\S)", wanted.lock_text.strip()):
        line = block.partition("--hash")[0].replace("\\", " ").strip()
        if not line or line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        version = next(iter(requirement.specifier)).version
        size = size_of_release(requirement.name, version, frozenset(_HASH.findall(block)))
        if size is None:
            return None
        total += size
    return total
