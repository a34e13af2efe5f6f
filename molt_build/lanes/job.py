"""Running a lane from its manifest to its result on disk and in the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.building.request import Session
from molt_build.errors import UsageError
from molt_build.lanes.engines import prepare
from molt_build.lanes.measuring import interrupted_run, measure
from molt_build.lanes.outcome import describe
from molt_build.lanes.selection import Asked, select
from molt_build.measure.environment import read_environment
from molt_build.names import known
from molt_build.runs.recorded import publish
from molt_build.runs.samples import read_samples
from molt_build.watch import Watch


@dataclass(frozen=True)
class Finished:
    """A result and where it lies; it may be that of an interrupted run."""

    folder: Path
    result: dict[str, Any]


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
    resumed = interrupted_run(session.project, lane) if is_resumed else None
    if resumed is not None:
        asked = _asked_then(resumed, asked)
        watch.note(f"going on with {resumed.name}")
    selection = select(session.manifests, lane, asked)
    prepared = prepare(session, selection, jobs, watch)
    environment = read_environment(session.project)
    measured = measure(session.project, selection, prepared, environment, watch, resumed)
    watch.phase("summing up", 1)
    result = describe(selection, prepared, measured, environment, command)
    publish(session.project, measured.folder, result, watch.note)
    watch.step()
    return Finished(measured.folder, result)


def _asked_then(folder: Path, asked: Asked) -> Asked:
    start = next(event for event in read_samples(folder) if event["event"] == "start")
    rows: dict[str, Any] = dict(start["subject"]["asked"])
    for name, value in rows.items():
        rows[name] = tuple(value) if isinstance(value, list) else value
    try:
        then = Asked(**rows)
    except TypeError:
        message = f"{folder.name} was started by another version of molt_build"
        raise UsageError(message, "start a new run without --resume") from None
    if asked not in (then, Asked()):
        message = f"{folder.name} was started with other options"
        raise UsageError(message, "use --resume alone: it goes on with what was asked then")
    return then
