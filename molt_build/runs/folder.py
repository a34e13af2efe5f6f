"""Runs on disk: `bench/results/JOB/TIMESTAMP/` with `result.json` and `samples.jsonl`.

`result.json` is written whole (`molt_build.results.files`); `samples.jsonl` grows while the run
measures (`molt_build.runs.samples`).
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.files import real_folder
from molt_build.temporary import remove_abandoned_files

RESULTS = Path("bench") / "results"
COMPILE_PROGRESS = "compile_progress"  # whose runs are no lane's, but of all cases
FRIENDS = "friends"  # likewise, of suites

_NO_LANES = (COMPILE_PROGRESS, FRIENDS)
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z")


def timestamp(seconds: float) -> str:
    """Seconds of the epoch as the name of a run: 20261124T021500Z."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def create_run(project: Path, lane: str, now: float) -> Path:
    """A new folder for a run; the next free second's where this one's is taken.

    What killed runs of the lane left half written is removed.
    """
    parent = real_folder(project / RESULTS, project / RESULTS / lane)
    remove_abandoned_files(parent, parent, is_deep=True)
    for later in range(3600):
        folder = parent / timestamp(now + later)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise EnvironmentFailed(f"{parent} has a run in every second of an hour", "remove old ones")


def named_run(project: Path, lane: str, name: str) -> Path:
    """The folder of the run of that name, made if it is not there.

    Raises `UsageError` when it is no name of a run.
    """
    if not _TIMESTAMP.fullmatch(name):
        raise UsageError(f"{name} is no name of a run", f"such as {timestamp(time.time())}")
    folder = project / RESULTS / lane / name
    return real_folder(project / RESULTS, folder)


def run_folders(project: Path, lane: str | None = None) -> list[Path]:
    """The folders of all runs of lanes, or of the one that is named, the latest last."""
    root = project / RESULTS
    lanes = [root / lane] if lane is not None else sorted(root.glob("*"))
    lanes = [folder for folder in lanes if lane or folder.name not in _NO_LANES]
    folders = [
        folder
        for parent in lanes
        if parent.is_dir()
        for folder in parent.iterdir()
        if _TIMESTAMP.fullmatch(folder.name) and folder.is_dir()
    ]
    return sorted(folders, key=lambda folder: folder.name)
