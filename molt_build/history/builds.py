"""Builds in the history: what was executed, what it cost, and which components had changed.

A row for each build that did something, and one for each action it executed or failed; hits and
what was up to date are counted by stage. The last `BUILDS_KEPT` builds are kept. Values of
components are for people and are shortened. Nothing depends on these rows: who cannot write them
says so and goes on.

The rows are committed in one transaction and not synced one by one: a power loss may take the last.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from molt_build.errors import EnvironmentFailed
from molt_build.history.database import HISTORY_FILE, open_history
from molt_build.plain import OtherShape, from_plain

BUILDS_KEPT = 1000
DIFFERENCES_KEPT = 8
VALUE_LIMIT = 200  # characters
BUSY_TIMEOUT_S = 5.0  # a build waits no longer than this for a row


_Row = TypeVar("_Row", "BuildAction", "Build")


@dataclass(frozen=True)
class BuildAction:
    """One action that was executed or failed."""

    program: str
    stage: str
    status: str
    key: str
    seconds: float
    waited_s: float
    is_wasted: bool
    changed: tuple[str, ...]
    differences: tuple[tuple[str, str | None, str | None], ...]  # component, old, new


@dataclass(frozen=True)
class Build:
    """One build."""

    started: str  # UTC, ISO 8601
    toolchain: str
    profile: str
    target: str
    seconds: float
    executed: int
    hits: int
    up_to_date: int
    failed: int
    stages: dict[str, dict[str, float]]
    actions: tuple[BuildAction, ...]


def record_build(project: Path, build: Build, warn: Callable[[str], None]) -> None:
    """Add a build, and let go of the oldest; what goes wrong is a warning, never an error."""
    try:
        try:
            _write(project, build, warn, is_checked=False)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            _write(project, build, warn, is_checked=True)  # damaged: set aside, begun anew
    except (sqlite3.Error, EnvironmentFailed, OSError) as error:
        warn(f"{HISTORY_FILE} cannot be written ({error}): this build is not recorded in it")


def read_builds(project: Path, last: int, warn: Callable[[str], None]) -> list[Build]:
    """The last builds, the latest last; [] where nothing was recorded.

    Rows that are not as they were written are passed over, and `warn` hears how many. Raises
    `EnvironmentFailed` when the history is there and cannot be read.
    """
    if not (project / HISTORY_FILE).exists():
        return []
    with open_history(project, warn) as history:
        if history is None:
            return []
        try:
            return _read(history, last, warn)
        except sqlite3.Error as error:
            message = f"cannot read {HISTORY_FILE}: {error}"
            raise EnvironmentFailed(message, "try again when no build is running") from error


def _read(history: sqlite3.Connection, last: int, warn: Callable[[str], None]) -> list[Build]:
    actions: dict[int, list[BuildAction]] = {}
    broken = 0
    rows = history.execute(
        "SELECT * FROM build_actions WHERE build IN "
        "(SELECT id FROM builds ORDER BY id DESC LIMIT ?) ORDER BY build, program, stage",
        (last,),
    )
    for row in rows:
        facts = _facts(rows, row)
        number = facts.pop("build", None)
        try:
            facts["is_wasted"] = facts["is_wasted"] == 1
            action = _decoded(BuildAction, facts, "changed", "differences")
            actions.setdefault(number, []).append(action)
        except _BROKEN:
            broken += 1
    rows = history.execute("SELECT * FROM builds ORDER BY id DESC LIMIT ?", (last,))
    builds = []
    for row in rows:
        facts = _facts(rows, row)
        number = facts.pop("id", None)
        try:
            build = _decoded(Build, {**facts, "actions": []}, "stages")
            builds.append(replace(build, actions=tuple(actions.get(number, ()))))
        except _BROKEN:
            broken += 1
    if broken:
        count = "a row is" if broken == 1 else f"{broken} rows are"
        warn(f"{HISTORY_FILE}: {count} not as written, and passed over")
    return builds[::-1]


_BROKEN = (OtherShape, ValueError, KeyError, TypeError, RecursionError)


def _facts(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


def _decoded(kind: type[_Row], facts: dict[str, Any], *as_json: str) -> _Row:
    """A row as what it is of; raises one of `_BROKEN` when it cannot be."""
    plain = {**facts, **{name: json.loads(facts[name]) for name in as_json}}
    if not all(math.isfinite(value) for value in plain.values() if isinstance(value, float)):
        raise OtherShape("a number that is none")
    row: _Row = from_plain(kind, plain)
    return row


def _write(project: Path, build: Build, warn: Callable[[str], None], *, is_checked: bool) -> None:
    with open_history(project, warn, timeout_s=BUSY_TIMEOUT_S, is_checked=is_checked) as history:
        if history is None:
            return
        history.execute("PRAGMA synchronous = NORMAL")
        with history:
            history.execute("BEGIN IMMEDIATE")
            number = history.execute(
                "INSERT INTO builds (started, toolchain, profile, target, seconds, executed, hits, "
                "up_to_date, failed, stages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    build.started,
                    build.toolchain,
                    build.profile,
                    build.target,
                    build.seconds,
                    build.executed,
                    build.hits,
                    build.up_to_date,
                    build.failed,
                    json.dumps(build.stages),
                ),
            ).lastrowid
            history.executemany(
                "INSERT OR REPLACE INTO build_actions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *_row(action)) for action in build.actions],
            )
            history.execute(
                "DELETE FROM builds WHERE id <= (SELECT max(id) FROM builds) - ?", (BUILDS_KEPT,)
            )


def _row(action: BuildAction) -> Sequence[object]:
    values = [
        [name, _short(old), _short(new)] for name, old, new in action.differences[:DIFFERENCES_KEPT]
    ]
    return (
        action.program,
        action.stage,
        action.status,
        action.key,
        action.seconds,
        action.waited_s,
        action.is_wasted,
        json.dumps(action.changed),
        json.dumps(values),
    )


def _short(value: str | None) -> str | None:
    if value is None or len(value) <= VALUE_LIMIT:
        return value
    return value[: VALUE_LIMIT - 3] + "..."
