"""Runs in the history: a row for each, of what job it may be, and rows for all that it measured.

`write_run` puts a run's rows in the place of those it may have already, all of them or none. The
rows are made of a result by `molt_build.runs.history_rows`, which knows the forms of results.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from molt_build.errors import EnvironmentFailed
from molt_build.history.database import HISTORY_FILE
from molt_build.history.row_mapping import as_row, insert, read_rows


@dataclass(frozen=True)
class Run:
    """A run; `molt_build.history.database` says what the columns mean."""

    id: Annotated[str, "JOB/TIMESTAMP, as its folder below bench/results is named."]
    job: Annotated[
        str, "A lane's name, friends, compile_progress, signals, differential, gates or bisect."
    ]
    timestamp: Annotated[str, "By which runs are told apart and ordered: 20261124T021500Z."]
    kind: Annotated[str, "lane, suites, cases, signals, differential, gates or bisect."]
    started: Annotated[str, "When, in UTC."]
    folder: Annotated[str, "Its folder, relative to the project."]
    git_commit: Annotated[str | None, "The commit of the project."]
    git_is_dirty: Annotated[bool | None, "Whether files differed from the commit."]
    machine_class: Annotated[str, "The machine, as far as runs can be compared."]
    reference: Annotated[str | None, "The engine compared with; null where parts have their own."]
    profile: Annotated[str | None, "The profile; null where parts have their own."]
    is_quick: Annotated[bool, "Whether it was one in a hurry."]
    is_interrupted: Annotated[bool, "Whether it was interrupted."]
    is_of_record: Annotated[bool, "Whether it counts in streaks and trends."]
    problem: Annotated[str, "Why its result cannot be read; empty when it can."]
    result_bytes: Annotated[int | None, "The size of the result that this was made of."]
    result_mtime_ns: Annotated[int | None, "When that was written, in ns of the epoch."]


@dataclass(frozen=True)
class EngineRow:
    """An engine of a run."""

    engine: Annotated[str, "Its name."]
    toolchain: Annotated[str, "Its toolchain."]
    identity: Annotated[str | None, "The toolchain's; null where it was not there."]
    profile: Annotated[str | None, "The profile, where it is recorded."] = None
    target: Annotated[str | None, "The target, where it is recorded."] = None
    revision: Annotated[str | None, "The commit of one at a revision of the project."] = None


@dataclass(frozen=True)
class CellRow:
    """What a run found of a program, an engine and a metric; without numbers where it failed."""

    case_name: Annotated[str, "The case; empty in lanes and suites."]
    workload: Annotated[str, "A workload or a suite; of cases with the shard: differential 1/4."]
    program: Annotated[str, "The program; empty in cases, which build workloads as a whole."]
    engine: Annotated[str, "The engine, or the toolchain of a case."]
    metric: Annotated[str, "What was measured."]
    status: Annotated[str, "What came of it."]
    ratio: Annotated[float | None, "The reference's over the engine's: above 1 is better."] = None
    low: Annotated[float | None, "The lower end of its 95 % interval."] = None
    high: Annotated[float | None, "The upper end of its 95 % interval."] = None
    blocks: Annotated[int | None, "The number of blocks that the ratio is made of."] = None
    median: Annotated[float | None, "The median of the metric."] = None
    p95: Annotated[float | None, "Its 95th percentile; null below twenty runs."] = None
    n: Annotated[int | None, "The number of runs."] = None


@dataclass(frozen=True)
class KpiRow:
    """A limit that a run's cell has kept or not."""

    case_name: Annotated[str, "The case."]
    toolchain: Annotated[str, "The toolchain."]
    workload: Annotated[str, "The workload, with its shard."]
    kpi: Annotated[str, "The KPI's name."]
    metric: Annotated[str, "What it limits."]
    is_maximum: Annotated[bool, "Whether the limit is the highest value allowed, not the lowest."]
    limit_value: Annotated[float, "The limit."]
    value: Annotated[float | None, "What was measured; null when the cell failed."]
    is_green: Annotated[bool, "Whether the limit was kept."]
    source: Annotated[str, "Whose KPI it is: program or ours."]


@dataclass(frozen=True)
class PairRow:
    """The median of a pair of engines over programs; without numbers where there was none."""

    lane: Annotated[str, "The lane or suite that declares it."]
    engine: Annotated[str, "The engine."]
    over: Annotated[str, "The engine that its values are divided by."]
    metric: Annotated[str, "What is divided."]
    goal: Annotated[float | None, "What the median should be below; null: none."]
    goal_verdict: Annotated[str | None, "met, missed or unclear; null: not judged."]
    ratio: Annotated[float | None, "The median over programs: above 1 it takes more."] = None
    low: Annotated[float | None, "The lower end of its 95 % interval."] = None
    high: Annotated[float | None, "The upper end of its 95 % interval."] = None
    blocks: Annotated[int | None, "The number of blocks that it is made of."] = None
    programs: Annotated[int | None, "Over how many programs."] = None


@dataclass(frozen=True)
class RunRows:
    """All that the history holds of a run."""

    run: Annotated[Run, "The run itself."]
    engines: Annotated[tuple[EngineRow, ...], "Its engines."] = ()
    cells: Annotated[tuple[CellRow, ...], "What it measured."] = ()
    kpis: Annotated[tuple[KpiRow, ...], "Its KPIs."] = ()
    pairs: Annotated[tuple[PairRow, ...], "Its pairs of engines."] = ()


def count_programs(history: sqlite3.Connection, run: Run) -> int:
    """How many programs a run measured, or tried to."""
    query = "SELECT count(*) FROM (SELECT DISTINCT workload, program FROM cells WHERE run = ?)"
    number: int = history.execute(query, (run.id,)).fetchone()[0]
    return number


def metrics_of(history: sqlite3.Connection, run: Run) -> set[str]:
    """What a run measured, or tried to."""
    query = "SELECT DISTINCT metric FROM cells WHERE run = ?"
    return {metric for (metric,) in history.execute(query, (run.id,))}


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
            for table in ("engines", "cells", "kpis", "pairs"):
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
    pairs = read_rows(history, PairRow, "SELECT * FROM pairs WHERE run = ?", (run.id,), warn)
    return RunRows(run, tuple(engines), tuple(cells), tuple(kpis), tuple(pairs))


def prune_runs(history: sqlite3.Connection, gone: Iterable[str], kept: Iterable[str]) -> None:
    """Remove all rows of runs; those in `kept` still have a folder, and are not taken in again."""
    with history:
        history.execute("BEGIN IMMEDIATE")
        names = [(name,) for name in gone]
        history.executemany("DELETE FROM runs WHERE id = ?", names)
        insert(history, "pruned", [{"id": name} for name in kept])
