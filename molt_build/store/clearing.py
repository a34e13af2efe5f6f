"""Removing whole parts of the cache, when no build uses them.

A part is first renamed, under the gate at which beginning builds wait, and then removed at leisure:
a build that begins the moment after finds an empty cache and a removal that is killed half-way
leaves only a folder that the next removal, or a build two days later, takes away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.errors import EnvironmentFailed
from molt_build.files import real_folder, remove_tree, stats_below
from molt_build.store.registry import RunningBuild, running_builds, shut_gate

PARTS = ("store", "shards", "environments", "sources")  # folders of the cache directory
# What belongs to no part and is of no use without the others.
REST = ("stat-cache*", "counts", "staging", "run-*", "removed-*")


@dataclass(frozen=True)
class FilesUsed:
    """Files below a folder."""

    files: Annotated[int, "How many."]
    size_bytes: Annotated[int, "What they hold."]


def usage(paths: Iterable[Path]) -> FilesUsed:
    """How many files there are below the paths and what they hold, links not followed."""
    sizes = [status.st_size for path in paths for status in stats_below(path)]
    return FilesUsed(len(sizes), sum(sizes))


def part_paths(cache: Path, part: str) -> list[Path]:
    """What there is of a part (or of the rest) in the cache directory."""
    patterns = REST if part == "rest" else (part,)
    return [path for pattern in patterns for path in sorted(cache.glob(pattern))]


def clear(cache: Path, parts: Iterable[str], *, dry_run: bool = False) -> dict[str, FilesUsed]:
    """Remove the parts; what each of them held.

    Raises `EnvironmentFailed`, naming it, while a build runs, and then removes nothing.
    """
    chosen = {part: part_paths(cache, part) for part in parts}
    held = {part: usage(paths) for part, paths in chosen.items()}
    if dry_run:
        _refuse_beside(running_builds(cache))
        return held
    aside = cache / f"removed-{os.getpid()}-{time.time_ns()}"
    real_folder(cache, cache / "running", mode=0o700)
    with shut_gate(cache) as running:
        if running is None:
            message = "somebody else is making room in the cache at this moment"
            raise EnvironmentFailed(message, "try again when that is done")
        _refuse_beside(running)
        aside.mkdir(mode=0o700)
        for paths in chosen.values():
            for path in paths:
                os.rename(path, aside / path.name)
    remove_tree(aside, may_fail=True)
    return held


def _refuse_beside(running: list[RunningBuild]) -> None:
    if running:
        others = f" and {len(running) - 1} more" if len(running) > 1 else ""
        message = f"a build is running: {running[0].who}{others}"
        raise EnvironmentFailed(message, "let it finish, or end it, and clear again")
