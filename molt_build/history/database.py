"""The history of runs and builds: one SQLite file, `.molt-build/history.sqlite`.

The identity of a measurement is (workload program, toolchain identity, profile, target, machine
class); the history answers how its ratio changed over runs. These rows, one for every cell, can be
made again from the result files, which stay the truth; those of builds are statistics that nothing
depends on (`molt_build.history.builds`). So a damaged file is set aside and a new one begun, with a
warning. An older file gets the tables it lacks when it is opened; one written by a newer molt_build
is left alone, and nothing is recorded.

Write-ahead logging lets readers and one writer work side by side; a writer waits for another.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from molt_build.errors import EnvironmentFailed
from molt_build.files import refuse_link

HISTORY_FILE = Path(".molt-build") / "history.sqlite"
BUSY_TIMEOUT_S = 30.0

# The steps from each version to the next: a file of version N has had the first N.
_RUNS = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,            -- LANE/TIMESTAMP
    started TEXT NOT NULL,          -- UTC, ISO 8601
    lane TEXT NOT NULL,
    git_commit TEXT,
    git_is_dirty INTEGER,
    machine_class TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_identity TEXT NOT NULL,
    is_quick INTEGER NOT NULL,
    is_interrupted INTEGER NOT NULL,
    environment TEXT NOT NULL,      -- JSON
    result TEXT NOT NULL            -- path of its folder, relative to the project
) STRICT;
CREATE TABLE cells (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    workload TEXT NOT NULL,
    program TEXT NOT NULL,
    engine TEXT NOT NULL,           -- its name in the result
    toolchain_identity TEXT NOT NULL,
    profile TEXT NOT NULL,
    target TEXT NOT NULL,
    machine_class TEXT NOT NULL,
    metric TEXT NOT NULL,
    status TEXT NOT NULL,
    ratio REAL, low REAL, high REAL,  -- reference over engine: above 1 is better
    median REAL, p95 REAL, n INTEGER,
    PRIMARY KEY (run, program, engine, metric)
) STRICT, WITHOUT ROWID;
CREATE INDEX cells_by_identity
    ON cells (program, workload, toolchain_identity, profile, target, machine_class, metric);
"""
_BUILDS = """
CREATE TABLE builds (
    id INTEGER PRIMARY KEY,         -- in the order of recording
    started TEXT NOT NULL,          -- UTC, ISO 8601
    toolchain TEXT NOT NULL,
    profile TEXT NOT NULL,
    target TEXT NOT NULL,
    seconds REAL NOT NULL,          -- of the whole build
    executed INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    up_to_date INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    stages TEXT NOT NULL            -- JSON: stage -> counts and the seconds of its commands
) STRICT;
CREATE TABLE build_actions (        -- what was executed, and what failed
    build INTEGER NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    program TEXT NOT NULL,
    stage TEXT NOT NULL,
    status TEXT NOT NULL,           -- executed, failed
    key TEXT NOT NULL,
    seconds REAL NOT NULL,          -- of the command
    waited_s REAL NOT NULL,         -- for a lock
    is_wasted INTEGER NOT NULL,     -- a new key, and the same bytes as before
    changed TEXT NOT NULL,          -- JSON: the names of the components that changed
    differences TEXT NOT NULL,      -- JSON: [component, old, new] of some of them, shortened
    PRIMARY KEY (build, program, stage)
) STRICT, WITHOUT ROWID;
"""
_STEPS = (_RUNS, _BUILDS)
VERSION = len(_STEPS)


@contextmanager
def open_history(
    project: Path,
    warn: Callable[[str], None],
    *,
    timeout_s: float = BUSY_TIMEOUT_S,
    is_checked: bool = True,
) -> Iterator[sqlite3.Connection | None]:
    """The history, made where there is none; None (and a warning) when it must be left alone.

    A writer waits at most `timeout_s` for another. Reading all of the file to see whether it is
    whole (`is_checked`) takes time that grows with it; without, damage shows when it is met.
    Raises `EnvironmentFailed` when the file cannot be opened or written at all.
    """
    file = project / HISTORY_FILE
    file.parent.mkdir(exist_ok=True)
    for name in _names(file):
        refuse_link(name)
    try:
        connection = _opened(file, timeout_s, is_checked=is_checked)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
            raise EnvironmentFailed(f"cannot open {file}: {error}") from error
        aside = _set_aside(file)
        warn(f"{HISTORY_FILE} was damaged ({error}): set aside as {aside.name}, a new one begun")
        connection = _opened(file, timeout_s, is_checked=is_checked)
    try:
        if _version(connection) > VERSION:
            warn(f"{HISTORY_FILE} is of a newer molt_build: it is neither read nor written")
            yield None
        else:
            yield connection
    finally:
        connection.close()


def record(history: sqlite3.Connection | None, result: Mapping[str, Any], folder: str) -> None:
    """Write a result's rows, in place of those it may have already; all of them or none."""
    if history is None:
        return
    environment = result["environment"]
    run = (
        result["run"],
        result["started"],
        result["lane"],
        environment["git_commit"],
        environment["git_is_dirty"],
        environment["machine_class"],
        result["reference"],
        result["toolchains"][result["reference"]]["identity"],
        result["quick"],
        result["interrupted"],
        json.dumps(environment),
        folder,
    )
    rows = [
        (
            result["run"],
            result["programs"][cell["program"]]["workload"],
            cell["program"],
            cell["engine"],
            (facts := result["toolchains"][cell["engine"]])["identity"],
            facts.get("profile", result["profile"]),
            facts.get("target", result["target"]),
            environment["machine_class"],
            metric,
            cell["status"],
            *(_or_none(cell["ratios"].get(metric), name) for name in ("ratio", "low", "high")),
            *(_or_none(cell["metrics"].get(metric), name) for name in ("median", "p95", "n")),
        )
        for cell in result["cells"]
        for metric in (cell["metrics"] or {result["metric"]: None})
    ]
    try:
        with history:
            history.execute("BEGIN IMMEDIATE")
            history.execute("DELETE FROM cells WHERE run = ?", (result["run"],))
            history.execute("DELETE FROM runs WHERE id = ?", (result["run"],))
            history.execute(f"INSERT INTO runs VALUES ({_marks(run)})", run)
            if rows:
                history.executemany(f"INSERT INTO cells VALUES ({_marks(rows[0])})", rows)
    except sqlite3.Error as error:
        message = f"cannot write {HISTORY_FILE}: {error}"
        raise EnvironmentFailed(message, f"the result itself is in {folder}") from error


def _opened(file: Path, timeout_s: float, *, is_checked: bool) -> sqlite3.Connection:
    _check_header(file)
    # isolation_level=None: transactions begin where they are said to begin.
    connection = sqlite3.connect(file, timeout=timeout_s, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        if _version(connection) < VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for step in _STEPS[_version(connection) :]:  # none when another made them meanwhile
                    for statement in step.split(";\n"):
                        if statement.strip():
                            connection.execute(statement)
                if _version(connection) < VERSION:
                    connection.execute(f"PRAGMA user_version = {VERSION}")
        elif is_checked and _version(connection) == VERSION:
            problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _is_damage(error: sqlite3.Error) -> bool:
    # A file that lost its tables still has a version: making them again is refused.
    signs = ("already exists", "malformed", "unsupported file format")
    return any(sign in str(error) for sign in signs)


def _check_header(file: Path) -> None:
    """A write version that nobody knows would make SQLite open the file for reading only."""
    try:
        with open(file, "rb") as stream:
            header = stream.read(20)
    except OSError:
        return  # SQLite says what is wrong with it
    if len(header) == 20 and not {header[18], header[19]} <= {1, 2}:
        raise sqlite3.DatabaseError("its header has unknown versions")


def _set_aside(file: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside = file.with_name(f"{file.name}.damaged-{stamp}-{os.getpid()}")
    os.replace(file, aside)
    for beside in _names(file)[1:]:
        beside.unlink(missing_ok=True)
    return aside


def _names(file: Path) -> tuple[Path, Path, Path]:
    """The file, and what SQLite writes beside it; it would follow a link at each of them."""
    return file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _or_none(row: Mapping[str, Any] | None, name: str) -> Any:
    return None if row is None else row[name]


def _marks(row: tuple[Any, ...]) -> str:
    return ", ".join("?" * len(row))
