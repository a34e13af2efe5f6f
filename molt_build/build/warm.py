"""The warm path: deciding that nothing is to be done from one file and stat data.

After each build a *plan* is written for (toolchain, profile, target): the stat data of everything
that was looked at (manifests, tools, sources, headers, folders, outputs), the paths that must stay
absent, and what was built from them. While all of that is as it was, the build is up to date. Any
difference, whatever it is, leads to the full build, which decides by content.

This module imports nothing but the standard library, on purpose: it is all that a warm build runs.
The racy-timestamp rule: the writer waits until the file system's clock has moved past the newest
timestamp in the plan, and looks again, before the plan is written.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from molt_build import __version__

FORMAT = 1
STATE_FOLDER = ".molt-build"
SWITCHES = (
    "MOLT_BUILD_USE",
    "MOLT_BUILD_PYTHON",
    "MOLT_BUILD_CACHE_DIR",
    "MOLT_BUILD_TOOLS_DIR",
    "PATH",
)

Row = list[int]


def state_dir(project: Path) -> Path:
    """`.molt-build/` in the project, with its own `.gitignore`."""
    folder = project / STATE_FOLDER
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
    return folder


def plan_file(project: Path, toolchain: str, profile: str, target: str) -> Path:
    """Where the plan of a request is kept."""
    return project / STATE_FOLDER / "plans" / toolchain / profile / f"{target}.json"


def stat_row(path: str) -> Row | None:
    """The stat data of a path, following links; None when there is nothing."""
    try:
        s = os.stat(path)
    except OSError:
        return None
    return [s.st_dev, s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns, s.st_ctime_ns]


def switches() -> list[str]:
    """The environment variables that a build's decisions depend on, with the interpreter."""
    names = [os.environ.get(name, "") for name in SWITCHES]
    return [__version__, sys.version, sys.executable, *names]


def load_plan(project: Path, toolchain: str, profile: str, target: str) -> dict[str, object] | None:
    """The last plan; None when there is none, or it is damaged or of another format."""
    try:
        plan = json.loads(plan_file(project, toolchain, profile, target).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(plan, dict) or plan.get("format") != FORMAT:
        return None
    kinds = {"programs": dict, "paths": list, "rows": list}
    return plan if all(isinstance(plan.get(k), v) for k, v in kinds.items()) else None


def up_to_date(
    project: Path, toolchain: str, profile: str, target: str, programs: Sequence[str]
) -> dict[str, object] | None:
    """The recorded results of `programs` (all of the plan's when empty), or None.

    None means only that the full build must decide.
    """
    plan = load_plan(project, toolchain, profile, target)
    if plan is None:
        return None
    try:
        return _checked(plan, programs)
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _checked(plan: dict, programs: Sequence[str]) -> dict[str, object] | None:  # type: ignore[type-arg]
    if plan["switches"] != switches():
        return None
    if not programs:
        programs = plan["default_programs"]
    records = plan["programs"]
    if not programs or any(name not in records for name in programs):
        return None
    wanted = set(plan["guard"])
    absent = set(plan["guard_absent"])
    for name in programs:
        record = records[name]
        if not record["is_complete"]:
            return None
        wanted.update(record["files"])
        absent.update(record["absent"])
    paths, rows = plan["paths"], plan["rows"]
    for index in wanted:
        if stat_row(paths[index]) != rows[index]:
            return None
    # A folder that is as it was holds no new file: most absences cost one look per folder.
    unchanged: dict[str, bool] = {}
    folders = plan["folders"]
    for index in absent:
        path = paths[index]
        folder = os.path.dirname(path)
        if folder not in unchanged:
            unchanged[folder] = folder in folders and stat_row(folder) == folders[folder]
        if not unchanged[folder] and os.path.lexists(path):
            return None
    return {name: records[name] for name in programs}
