"""Runs on disk: `bench/results/JOB/TIMESTAMP/` with `result.json` and `samples.jsonl`.

`result.json` is written whole (`molt_build.results.files`); `samples.jsonl` grows while the run
measures (`molt_build.runs.samples`). A run is named for the second that it begins in, or as
`MOLT_BUILD_RUN` says: so the jobs of one pipeline give their runs one name, and know their folders.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.files import real_folder
from molt_build.temporary import remove_abandoned_files

RESULTS = Path("bench") / "results"
COMPILE_PROGRESS = "compile_progress"  # whose runs are no lane's, but of all cases
FRIENDS = "friends"  # likewise, of suites
SIGNALS = "signals"  # likewise, of what builds and files reveal
DIFFERENTIAL = "differential"  # likewise, of programs that are compared with a reference
GATES = "gates"  # likewise, of what gates say of other runs
BISECT = "bisect"  # likewise, of commits that are looked for

NO_LANES = (COMPILE_PROGRESS, FRIENDS, SIGNALS, DIFFERENTIAL, GATES, BISECT)
_VARIABLE = "MOLT_BUILD_RUN"
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z")


def timestamp(seconds: float) -> str:
    """Seconds of the epoch as the name of a run: 20261124T021500Z."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def given_name() -> str | None:
    """The name that the environment gives the runs of this command; `UsageError` if it is none."""
    name = os.environ.get(_VARIABLE) or None
    return None if name is None else _checked(name, f"the value of {_VARIABLE}, ")


@contextmanager
def named_by_time() -> Iterator[None]:
    """Runs that begin meanwhile are named for their second, whatever the environment says.

    For a command that runs a job more than once: the name is that of the first.
    """
    name = os.environ.pop(_VARIABLE, None)
    try:
        yield
    finally:
        if name is not None:
            os.environ[_VARIABLE] = name


def check_new_run(project: Path, lane: str) -> None:
    """Raise `UsageError` where the lane has a run of the name that the environment gives."""
    name = given_name()
    if name is not None and (project / RESULTS / lane / name).is_dir():
        raise _is_taken(lane, name)


def create_run(project: Path, lane: str, now: float) -> Path:
    """A new folder for a run, of the given name; else of this second, or of the next free one.

    What killed runs of the lane left half written is removed. Raises `UsageError` where there is a
    run of the given name.
    """
    parent = real_folder(project / RESULTS, project / RESULTS / lane)
    remove_abandoned_files(parent, parent, is_deep=True)
    name = given_name()
    if name is not None:
        try:
            (parent / name).mkdir()
        except FileExistsError:
            raise _is_taken(lane, name) from None
        return parent / name
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
    folder = project / RESULTS / lane / _checked(name)
    return real_folder(project / RESULTS, folder)


def _checked(name: str, what: str = "") -> str:
    if not _TIMESTAMP.fullmatch(name):
        raise UsageError(f"{what}{name} is no name of a run", f"such as {timestamp(time.time())}")
    return name


def _is_taken(lane: str, name: str) -> UsageError:
    message = f"there is a run {lane}/{name} already, and MOLT_BUILD_RUN names a new one so"
    return UsageError(message, "--resume goes on with it; give another name to begin another run")


def run_folders(project: Path, lane: str | None = None) -> list[Path]:
    """The folders of all runs of lanes, or of the one that is named, the latest last."""
    root = project / RESULTS
    lanes = [root / lane] if lane is not None else sorted(root.glob("*"))
    lanes = [folder for folder in lanes if lane or folder.name not in NO_LANES]
    folders = [
        folder
        for parent in lanes
        if parent.is_dir()
        for folder in parent.iterdir()
        if _TIMESTAMP.fullmatch(folder.name) and folder.is_dir()
    ]
    return sorted(folders, key=lambda folder: folder.name)
