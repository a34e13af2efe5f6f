"""Builds in the history: what was executed, what it cost, and which components had changed.

A row for each build that did something, and one for each action it executed or failed; hits and
what was up to date are counted by stage. The last `BUILDS_KEPT` builds are kept. Values of
components are for people and are shortened. Nothing depends on these rows: who cannot write them
says so and goes on.

The rows are committed in one transaction and not synced one by one: a power loss may take the last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build.errors import EnvironmentFailed
from molt_build.history.database import HISTORY_FILE, open_history
from molt_build.history.row_mapping import Passed, as_row, facts, insert

BUILDS_KEPT = 1000
DIFFERENCES_KEPT = 8
VALUE_LIMIT = 200  # characters
BUSY_TIMEOUT_S = 5.0  # a build waits no longer than this for a row


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
            return builds_of(history, warn, last)
        except sqlite3.Error as error:
            message = f"cannot read {HISTORY_FILE}: {error}"
            raise EnvironmentFailed(message, "try again when no build is running") from error


def builds_of(
    history: sqlite3.Connection, warn: Callable[[str], None], last: int = BUILDS_KEPT
) -> list[Build]:
    """The same of a history that is open; raises `sqlite3.Error`."""
    passed = Passed()
    actions: dict[int, list[BuildAction]] = {}
    rows = history.execute(
        "SELECT * FROM build_actions WHERE build IN "
        "(SELECT id FROM builds ORDER BY id DESC LIMIT ?) ORDER BY build, program, stage",
        (last,),
    )
    for row in facts(rows):
        actions.setdefault(row["build"], []).extend(passed.read(BuildAction, [row]))
    builds = []
    rows = history.execute("SELECT * FROM builds ORDER BY id DESC LIMIT ?", (last,))
    for row in facts(rows):
        for build in passed.read(Build, [{**row, "actions": "[]"}]):
            builds.append(replace(build, actions=tuple(actions.get(row["id"], ()))))
    passed.say(warn)
    return builds[::-1]


def _write(project: Path, build: Build, warn: Callable[[str], None], *, is_checked: bool) -> None:
    with open_history(project, warn, timeout_s=BUSY_TIMEOUT_S, is_checked=is_checked) as history:
        if history is None:
            return
        history.execute("PRAGMA synchronous = NORMAL")
        with history:
            history.execute("BEGIN IMMEDIATE")
            row = as_row(build)
            del row["actions"]
            insert(history, "builds", [row])
            number = history.execute("SELECT max(id) FROM builds").fetchone()[0]
            shortened = [_shortened(action) for action in build.actions]
            rows = [as_row(action, build=number) for action in shortened]
            insert(history, "build_actions", rows)
            history.execute(
                "DELETE FROM builds WHERE id <= (SELECT max(id) FROM builds) - ?", (BUILDS_KEPT,)
            )


def _shortened(action: BuildAction) -> BuildAction:
    shown = [(name, _short(old), _short(new)) for name, old, new in action.differences]
    return replace(action, differences=tuple(shown[:DIFFERENCES_KEPT]))


def _short(value: str | None) -> str | None:
    if value is None or len(value) <= VALUE_LIMIT:
        return value
    return value[: VALUE_LIMIT - 3] + "..."
