"""The history of runs and builds: one SQLite file, `.molt-build/history.sqlite`.

    runs                    a row for each run of a job: of a lane, of suites, of the cases
    engines, cells, kpis    what it compared, what it measured, and which limits held
    pairs                   what it says of two engines against one another
    pruned                  runs whose rows were pruned, and whose folders may still lie there
    builds, build_actions   what builds executed (`molt_build.history.builds`)

The identity of a measurement is (workload, program, toolchain identity, profile, target, machine
class); streaks, trends and the choice of runs to compare or publish are questions to these tables.
The rows of runs can be made again from result files (`molt_build.runs.recorded`), and nothing
depends on those of builds. So a damaged file is set aside and a new one begun, with a warning. An
older file is brought to the present schema when it is opened; one written by a newer molt_build is
left alone: it is neither read nor written.

Write-ahead logging lets readers and one writer work side by side; a writer waits for another.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from molt_build import STATE_FOLDER
from molt_build.errors import EnvironmentFailed
from molt_build.files import refuse_link
from molt_build.manifests.loading import state_dir

HISTORY_FILE = Path(STATE_FOLDER) / "history.sqlite"
BUSY_TIMEOUT_S = 30.0

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
_RUNS = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,            -- JOB/TIMESTAMP, as its folder below bench/results is named
    job TEXT NOT NULL,              -- the lane's name, friends, compile_progress, ...
    timestamp TEXT NOT NULL,        -- 20261124T021500Z: runs are told apart and ordered by it
    kind TEXT NOT NULL,             -- lane, suites, cases, signals, differential, gates, bisect
    started TEXT NOT NULL,          -- UTC, ISO 8601
    folder TEXT NOT NULL,           -- relative to the project
    git_commit TEXT,
    git_is_dirty INTEGER,
    machine_class TEXT NOT NULL,
    reference TEXT,                 -- an engine; NULL where parts of a run have their own
    profile TEXT,                   -- likewise
    is_quick INTEGER NOT NULL,
    is_interrupted INTEGER NOT NULL,
    is_of_record INTEGER NOT NULL,  -- whether it counts in streaks and trends
    problem TEXT NOT NULL,          -- why its result cannot be read; empty when it can
    result_bytes INTEGER,           -- of the result file that the rows were made of; where it is
    result_mtime_ns INTEGER         -- NULL they are made again when there is one
) STRICT;
CREATE TABLE engines (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    engine TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    identity TEXT,                  -- NULL where the toolchain was not there
    profile TEXT,
    target TEXT,
    revision TEXT,                  -- the commit of one at a revision of the project
    PRIMARY KEY (run, engine)
) STRICT;
CREATE TABLE cells (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    case_name TEXT NOT NULL,        -- empty in lanes and suites
    workload TEXT NOT NULL,         -- a suite's name; of cases with the shard: "differential 1/4"
    program TEXT NOT NULL,          -- empty in cases, whose workloads are built as a whole
    engine TEXT NOT NULL,
    metric TEXT NOT NULL,
    status TEXT NOT NULL,
    ratio REAL, low REAL, high REAL,  -- reference over engine: above 1 is better
    blocks INTEGER,                 -- that the ratio is made of
    median REAL, p95 REAL, n INTEGER, -- p95 is NULL below twenty runs
    PRIMARY KEY (run, case_name, workload, program, engine, metric)
) STRICT, WITHOUT ROWID;
CREATE TABLE kpis (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    case_name TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    workload TEXT NOT NULL,         -- with its shard
    kpi TEXT NOT NULL,
    metric TEXT NOT NULL,
    is_maximum INTEGER NOT NULL,
    limit_value REAL NOT NULL,
    value REAL,                     -- NULL when the cell failed
    is_green INTEGER NOT NULL,
    source TEXT NOT NULL,           -- program, ours
    PRIMARY KEY (run, case_name, toolchain, workload, kpi)
) STRICT, WITHOUT ROWID;
CREATE TABLE pruned (
    id TEXT PRIMARY KEY             -- of a run
) STRICT, WITHOUT ROWID;
"""
_PAIRS = """
CREATE TABLE pairs (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    lane TEXT NOT NULL,
    engine TEXT NOT NULL,
    over TEXT NOT NULL,             -- the engine that its values are divided by
    metric TEXT NOT NULL,
    goal REAL,                      -- what the median should be below
    goal_verdict TEXT,              -- met, missed, unclear; NULL where it was not judged
    ratio REAL, low REAL, high REAL,  -- engine over the other, the median over programs
    blocks INTEGER,
    programs INTEGER,
    PRIMARY KEY (run, lane, engine, over)
) STRICT, WITHOUT ROWID;
"""
# Runs that were recorded before there were rows of pairs are read again, where their results are.
_READ_AGAIN = """
UPDATE runs SET result_bytes = NULL, result_mtime_ns = NULL WHERE kind IN ('lane', 'suites');
"""
# Versions 1 and 2 had one table of lanes' runs, and one of their cells; those of the cases, which
# had tables of their own, were made when the first was recorded.
_OLD_RUNS_ASIDE = """
CREATE TABLE IF NOT EXISTS case_runs (
    run, started, git_commit, git_is_dirty, machine_class, result
);
CREATE TABLE IF NOT EXISTS case_kpis (
    run, case_name, toolchain, workload, kpi, metric, is_maximum, limit_value, value, is_green,
    source
);
ALTER TABLE cells RENAME TO lane_cells;
ALTER TABLE runs RENAME TO lane_runs;
"""
_OLD_RUNS_COPIED = """
INSERT INTO runs SELECT id, lane, substr(id, instr(id, '/') + 1), 'lane', started, result,
    git_commit, git_is_dirty, machine_class, reference,
    (SELECT profile FROM lane_cells WHERE run = lane_runs.id LIMIT 1),
    is_quick, is_interrupted, NOT (is_quick OR is_interrupted), '', NULL, NULL FROM lane_runs;
INSERT INTO runs SELECT 'compile_progress/' || run, 'compile_progress', run, 'cases', started,
    result, git_commit, git_is_dirty, machine_class, NULL, NULL, 0, 0, 1, '', NULL, NULL
    FROM case_runs;
INSERT INTO engines SELECT DISTINCT run, engine, replace(engine, '~again', ''),
    toolchain_identity, profile, target, NULL FROM lane_cells;
INSERT INTO cells SELECT run, '', workload, program, engine, metric, status, ratio, low, high, NULL,
    median, p95, n FROM lane_cells;
INSERT INTO kpis SELECT 'compile_progress/' || run, case_name, toolchain, workload, kpi, metric,
    is_maximum, limit_value, value, is_green, source FROM case_kpis;
DROP TABLE lane_cells;
DROP TABLE lane_runs;
DROP TABLE case_kpis;
DROP TABLE case_runs;
"""
# How a file of each version comes to have the present schema.
_STEPS = {
    0: (_BUILDS, _RUNS, _PAIRS),
    1: (_BUILDS, _OLD_RUNS_ASIDE, _RUNS, _OLD_RUNS_COPIED, _PAIRS),
    2: (_OLD_RUNS_ASIDE, _RUNS, _OLD_RUNS_COPIED, _PAIRS),
    3: ("ALTER TABLE engines ADD COLUMN revision TEXT", _PAIRS, _READ_AGAIN),
    4: (_PAIRS, _READ_AGAIN),
}
VERSION = 5


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
    file = state_dir(project) / HISTORY_FILE.name
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


@contextmanager
def memory_history() -> Iterator[sqlite3.Connection]:
    """An empty history that ends with the block: where none can be kept."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _bring_up(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection
    finally:
        connection.close()


def _opened(file: Path, timeout_s: float, *, is_checked: bool) -> sqlite3.Connection:
    _check_header(file)
    # isolation_level=None: transactions begin where they are said to begin.
    connection = sqlite3.connect(file, timeout=timeout_s, isolation_level=None)
    try:
        if _version(connection) < VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            _bring_up(connection)
        elif is_checked and _version(connection) == VERSION:
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _bring_up(connection: sqlite3.Connection) -> None:
    """The steps to the present schema, all or none; foreign keys are not enforced yet."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)
        if version >= VERSION:  # another brought it up meanwhile
            return
        if version not in _STEPS:
            raise sqlite3.DatabaseError(f"its version is {version}")
        for step in _STEPS[version]:
            for statement in step.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _is_damage(error: sqlite3.Error) -> bool:
    # A file that lost its tables still has a version: making them again is refused.
    lost = ("already exists", "already another", "no such table", "no such column")
    signs = (*lost, "malformed", "unsupported file format")
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
