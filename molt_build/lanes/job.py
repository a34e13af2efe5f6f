"""Running a lane from its manifest to its result on disk and in the history."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from molt_build.building.request import Session
from molt_build.errors import MoltBuildError
from molt_build.lanes.engines import prepare
from molt_build.lanes.measuring import measure_lane
from molt_build.lanes.outcome import describe, failures
from molt_build.lanes.selection import Asked, select
from molt_build.measure.environment import read_environment
from molt_build.names import known
from molt_build.runs.folder import create_run
from molt_build.runs.job import Finished, asked_then, remove_unmeasured, unfinished_run
from molt_build.runs.recorded import publish
from molt_build.watch import Watch


def run_lane(
    session: Session,
    lane: str,
    asked: Asked,
    watch: Watch,
    *,
    jobs: int,
    command: Sequence[str],
    is_resumed: bool = False,
) -> Finished:
    """Build, measure, write the result and its history rows.

    With `is_resumed` the lane's latest interrupted run goes on, with what was asked then.
    Raises `ToolMissing` when the lane's subject, its reference, or all it compares is missing;
    KeyboardInterrupt when nothing was measured yet.
    """
    known("lane", lane, session.manifests.lanes)
    folder: Path | None = None
    if is_resumed:
        folder = unfinished_run(session.project, lane)
        asked = asked_then(folder, asked)
        watch.note(f"going on with {folder.name}")
    selection = select(session.manifests, lane, asked)
    prepared = prepare(session, selection, jobs, watch)
    environment = read_environment(session.project)
    if folder is None:
        folder = create_run(session.project, lane, time.time())
    try:
        measured = measure_lane(
            folder, selection, prepared, environment, command, watch, is_resumed=is_resumed
        )
    except (KeyboardInterrupt, MoltBuildError):
        remove_unmeasured(folder)
        raise
    watch.phase("summing up", 1)
    result = describe(folder.name, selection, prepared, measured, environment, command)
    publish(session.project, folder, result, watch.note)
    watch.step()
    return Finished(folder, result, measured.is_interrupted, tuple(failures(result)))
