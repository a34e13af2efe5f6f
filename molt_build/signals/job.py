"""A run of the signals: engines built and read, the project's files read, and all of it recorded.

Nothing is timed, so nobody waits for the machine, and what is found is kept only whole: an
interrupted run leaves nothing but what was built. With a revision the same signals, as they are
declared now, are read of the project as it was, from a worktree of that commit and through the same
store; what became of each number is exact.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build.building.at_revision import session_at
from molt_build.building.session import Session
from molt_build.clock import utc
from molt_build.errors import MeasurementFailed, ToolMissing
from molt_build.history.builds import builds_of
from molt_build.history.lanes import LaneRuns
from molt_build.manifests.signal import Signal
from molt_build.results.facts import SCHEMA_VERSION, SkippedEngine
from molt_build.results.signals import (
    SignalEngine,
    SignalFacts,
    SignalRow,
    SignalsAgainst,
    SignalsAsked,
    SignalsResult,
    changes_of,
)
from molt_build.runs.folder import SIGNALS, check_new_run, create_run
from molt_build.runs.recorded import known_runs, publish
from molt_build.signals import material, readers
from molt_build.signals.engine import Reach, quotient, read_engine
from molt_build.signals.reading import Material, NotRead
from molt_build.signals.selection import Selection, select
from molt_build.sources.revisions import find_commit
from molt_build.watch import Watch


@dataclass(frozen=True)
class Read:
    """What was read of the project, as it is or as it was."""

    rows: tuple[SignalRow, ...]
    engines: dict[str, SignalEngine]
    skipped: tuple[SkippedEngine, ...]


def run_signals(
    session: Session, asked: SignalsAsked, watch: Watch, *, jobs: int, command: Sequence[str]
) -> tuple[Path, SignalsResult]:
    """Read, write the result, and record it; the run's folder, and the result.

    Raises `UsageError` for what cannot be asked, `ToolMissing` where no engine is there and
    `MeasurementFailed` where nothing at all could be read.
    """
    selection = select(session.manifests, asked)
    check_new_run(session.project, SIGNALS)
    if asked.against is not None:
        find_commit(session.project, asked.against)  # a slip is said before anything is built
    began = utc(time.time())
    environment = session.environment()
    facts = {name: _facts(selection.signals[name]) for name in selection.wanted}
    with ExitStack() as at_end:
        history = lanes = None
        if selection.needs_history:
            history = at_end.enter_context(known_runs(session.project, watch.note))
            lanes = LaneRuns(history, environment.machine_class, watch.note)
        base = Material(
            project=session.project,
            lanes=lanes,
            builds=tuple(builds_of(history, watch.note)) if history is not None else (),
            tool=material.tool_of(session),
        )
        now = read(selection, Reach(session, base), jobs, watch)
        _check_read(now)
        against = None
        if asked.against is not None:
            then, commit = at_end.enter_context(session_at(session, asked.against, jobs, watch))
            base = replace(base, project=then.project, commit=commit)
            was = read(selection, Reach(then, base, asked.against), jobs, watch)
            against = SignalsAgainst(
                revision=asked.against,
                commit=commit,
                skipped=was.skipped,
                rows=was.rows,
                changes=changes_of(was.rows, now.rows, facts),
            )
    folder = create_run(session.project, SIGNALS, time.time())
    result = SignalsResult(
        run=f"{SIGNALS}/{folder.name}",
        kind="signals",
        schema_version=SCHEMA_VERSION,
        command=tuple(command),
        started=began,
        finished=utc(time.time()),
        asked=asked,
        environment=environment,
        profile=selection.profile,
        target=selection.target,
        lanes=selection.lanes,
        signals=facts,
        engines=now.engines,
        skipped=now.skipped,
        rows=now.rows,
        against=against,
    )
    publish(session.project, folder, result, watch.note)
    return folder, result


def _facts(signal: Signal) -> SignalFacts:
    return SignalFacts(
        description=signal.description,
        unit=signal.unit,
        better=signal.better,
        scope=signal.scope,
        reader=signal.reader,
        per=signal.per,
        total=signal.total,
        is_measured=signal.is_measured,
    )


def read(selection: Selection, reach: Reach, jobs: int, watch: Watch) -> Read:
    """Every engine, one after the other, then the project; rows in the order of the signals."""
    rows: list[SignalRow] = []
    engines: dict[str, SignalEngine] = {}
    skipped: list[SkippedEngine] = []
    for task in selection.tasks:
        found = read_engine(selection, task, reach, jobs, watch)
        rows += found.rows
        if found.facts is not None:
            engines[task.name] = found.facts
        if found.skipped is not None:
            skipped.append(found.skipped)
    rows += _of_project(selection, reach)
    order = {name: place for place, name in enumerate(selection.wanted)}
    rows.sort(key=lambda row: order[row.signal])  # which keeps the order of engines and programs
    return Read(tuple(rows), engines, tuple(skipped))


def _of_project(selection: Selection, reach: Reach) -> Iterator[SignalRow]:
    session = reach.session
    scratch = session.staging.fresh("signals-")
    try:
        numbers: dict[str, SignalRow] = {}
        for name in selection.of_project:
            signal = selection.signals[name]
            try:
                files = material.of_project(signal, session.project)
                whole = replace(reach.base, files=material.printed(signal, files, session, scratch))
                found = readers.read(signal, whole)
            except NotRead as error:
                numbers[name] = SignalRow(name, "", "", None, str(error))
            else:
                numbers[name] = SignalRow(
                    name, "", "", found.value, parts=found.parts, notes=found.notes
                )
    finally:
        session.staging.discard(scratch)
    for name in selection.of_project:
        if name in selection.wanted:
            per = selection.signals[name].per
            row = numbers[name]
            yield row if per is None or row.value is None else quotient(row, numbers.get(per))


def _check_read(read: Read) -> None:
    """Raise where there is no number at all; some missing ones are said in their rows."""
    if any(row.value is not None for row in read.rows):
        return
    if read.rows:
        reasons = dict.fromkeys(row.reason for row in read.rows if row.reason)
        raise MeasurementFailed(f"nothing could be read: {next(iter(reasons))}")
    missing = read.skipped[-1]
    raise ToolMissing(missing.reason, missing.hint or None)
