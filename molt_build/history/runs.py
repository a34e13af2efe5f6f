"""Runs in the history: a row for each, of what job it may be, and rows for all that it measured.

`write_run` puts a run's rows in the place of those it may have already, all of them or none. The
rows are made of a result by `molt_build.runs.history_rows`, which knows the forms of results.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from molt_build.errors import EnvironmentFailed
from molt_build.history.database import HISTORY_FILE
from molt_build.history.row_mapping import as_row, insert, read_rows


@dataclass(frozen=True)
class Run:
    """A run; `molt_build.history.database` says what the columns mean."""

    id: str
    job: str
    timestamp: str
    kind: str
    started: str
    folder: str
    git_commit: str | None
    git_is_dirty: bool | None
    machine_class: str
    reference: str | None
    profile: str | None
    is_quick: bool
    is_interrupted: bool
    is_of_record: bool
    problem: str
    result_bytes: int | None
    result_mtime_ns: int | None


@dataclass(frozen=True)
class EngineRow:
    """An engine of a run."""

    engine: str
    toolchain: str
    identity: str | None
    profile: str | None = None
    target: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class CellRow:
    """What a run found of a program, an engine and a metric; without numbers where it failed."""

    case_name: str
    workload: str
    program: str
    engine: str
    metric: str
    status: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    blocks: int | None = None
    median: float | None = None
    p95: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class KpiRow:
    """A limit that a run's cell has kept or not."""

    case_name: str
    toolchain: str
    workload: str
    kpi: str
    metric: str
    is_maximum: bool
    limit_value: float
    value: float | None
    is_green: bool
    source: str


@dataclass(frozen=True)
class RunRows:
    """All that the history holds of a run."""

    run: Run
    engines: tuple[EngineRow, ...] = ()
    cells: tuple[CellRow, ...] = ()
    kpis: tuple[KpiRow, ...] = ()


def count_programs(history: sqlite3.Connection, run: Run) -> int:
    """How many programs a run measured, or tried to."""
    query = "SELECT count(*) FROM (SELECT DISTINCT workload, program FROM cells WHERE run = ?)"
    number: int = history.execute(query, (run.id,)).fetchone()[0]
    return number


def compared_engines(history: sqlite3.Connection, run: Run) -> list[str]:
    """The engines of a run, without its reference."""
    query = "SELECT engine FROM engines WHERE run = ? ORDER BY rowid"
    return [name for (name,) in history.execute(query, (run.id,)) if name != run.reference]


def write_run(history: sqlite3.Connection, rows: RunRows) -> None:
    """Write a run's rows; raises `EnvironmentFailed`, and nothing is changed then."""
    name = rows.run.id
    try:
        with history:
            history.execute("BEGIN IMMEDIATE")
            history.execute("DELETE FROM runs WHERE id = ?", (name,))
            history.execute("DELETE FROM pruned WHERE id = ?", (name,))
            insert(history, "runs", [as_row(rows.run)])
            for table in ("engines", "cells", "kpis"):
                insert(history, table, [as_row(row, run=name) for row in getattr(rows, table)])
    except sqlite3.Error as error:
        message = f"cannot write {HISTORY_FILE}: {error}"
        raise EnvironmentFailed(message, f"the result itself is in {rows.run.folder}") from error


def all_runs(
    history: sqlite3.Connection, warn: Callable[[str], None], job: str | None = None
) -> list[Run]:
    """The runs, of one job or of all, the latest last."""
    query = "SELECT * FROM runs WHERE ?1 IS NULL OR job = ?1 ORDER BY timestamp, job"
    return read_rows(history, Run, query, (job,), warn)


def read_run(history: sqlite3.Connection, run: Run, warn: Callable[[str], None]) -> RunRows:
    """All rows of a run."""

    engines = read_rows(
        history, EngineRow, "SELECT * FROM engines WHERE run = ? ORDER BY rowid", (run.id,), warn
    )
    cells = read_rows(history, CellRow, "SELECT * FROM cells WHERE run = ?", (run.id,), warn)
    kpis = read_rows(history, KpiRow, "SELECT * FROM kpis WHERE run = ?", (run.id,), warn)
    return RunRows(run, tuple(engines), tuple(cells), tuple(kpis))


def prune_runs(history: sqlite3.Connection, gone: Iterable[str], kept: Iterable[str]) -> None:
    """Remove all rows of runs; those in `kept` still have a folder, and are not taken in again."""
    with history:
        history.execute("BEGIN IMMEDIATE")
        names = [(name,) for name in gone]
        history.executemany("DELETE FROM runs WHERE id = ?", names)
        insert(history, "pruned", [{"id": name} for name in kept])
