"""The KPIs of recorded compile-progress runs, and for how many runs each has been green.

Two tables in the history (`database.HISTORY_FILE`), made when they are first needed: an older
molt_build, which does not know them, reads and writes its own as before.

A run is recorded once it is complete and had as many samples as its manifests say. A KPI's
*streak* is the number of its latest runs that were green without a break. A run in which the KPI
was not measured (a case left out, a toolchain that was not there) neither counts nor breaks it; one
in which its cell failed breaks it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from molt_build.errors import EnvironmentFailed
from molt_build.history.database import HISTORY_FILE

_TABLES = (
    """CREATE TABLE IF NOT EXISTS case_runs (
    run TEXT PRIMARY KEY,           -- TIMESTAMP
    started TEXT NOT NULL,          -- UTC, ISO 8601
    git_commit TEXT,
    git_is_dirty INTEGER,
    machine_class TEXT NOT NULL,
    result TEXT NOT NULL            -- path of its folder, relative to the project
) STRICT""",
    """CREATE TABLE IF NOT EXISTS case_kpis (
    run TEXT NOT NULL REFERENCES case_runs (run) ON DELETE CASCADE,
    case_name TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    workload TEXT NOT NULL,         -- with its shard: "differential 1/4"
    kpi TEXT NOT NULL,
    metric TEXT NOT NULL,
    is_maximum INTEGER NOT NULL,
    limit_value REAL NOT NULL,
    value REAL,                     -- NULL when the cell failed
    is_green INTEGER NOT NULL,
    source TEXT NOT NULL,           -- program | ours
    PRIMARY KEY (run, case_name, toolchain, workload, kpi)
) STRICT, WITHOUT ROWID""",
)


class KpiKey(NamedTuple):
    """What tells a KPI of a cell from all others, in every run."""

    case: str
    toolchain: str
    workload: str  # with its shard
    kpi: str


class KpiPoint(NamedTuple):
    """A KPI in one run; `value` is None where its cell failed."""

    run: str
    value: float | None
    is_green: bool


def record_case_run(
    history: sqlite3.Connection | None, result: Mapping[str, Any], folder: str
) -> None:
    """Write a run's rows, in place of those it may have already; all of them or none."""
    if history is None:
        return
    environment = result["environment"]
    run = (
        result["run"],
        result["started"],
        result["git"]["commit"],
        result["git"]["is_dirty"],
        environment["machine_class"],
        folder,
    )
    rows = [
        (
            result["run"],
            *key,
            kpi["metric"],
            kpi["op"] == "max",
            kpi["limit"],
            kpi["value"],
            kpi["is_green"],
            kpi["source"],
        )
        for key, kpi in _kpis(result)
        if kpi["is_green"] is not None
    ]
    try:
        with history:
            history.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                history.execute(table)
            history.execute("DELETE FROM case_kpis WHERE run = ?", (result["run"],))
            history.execute("DELETE FROM case_runs WHERE run = ?", (result["run"],))
            history.execute("INSERT INTO case_runs VALUES (?, ?, ?, ?, ?, ?)", run)
            history.executemany(
                "INSERT INTO case_kpis VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
    except sqlite3.Error as error:
        message = f"cannot write {HISTORY_FILE}: {error}"
        raise EnvironmentFailed(message, f"the result itself is in {folder}") from error


def kpi_series(
    history: sqlite3.Connection | None, machine_class: str | None = None
) -> dict[KpiKey, list[KpiPoint]]:
    """Every KPI's values in the recorded runs, oldest first; empty without a history.

    With a `machine_class` those on machines of that class: seconds of others are no part of a
    streak or a trend.
    """
    series: dict[KpiKey, list[KpiPoint]] = {}
    if history is None or not _has_tables(history):
        return series
    rows = history.execute(
        "SELECT case_name, toolchain, workload, kpi, run, value, is_green "
        "FROM case_kpis JOIN case_runs USING (run) "
        "WHERE ?1 IS NULL OR machine_class = ?1 ORDER BY run",
        (machine_class,),
    )
    for *key, run, value, is_green in rows:
        series.setdefault(KpiKey(*key), []).append(KpiPoint(run, value, bool(is_green)))
    return series


def streak(points: Sequence[KpiPoint]) -> int:
    """How many of the latest runs were green, up to the last that was not."""
    count = 0
    for point in reversed(points):
        if not point.is_green:
            break
        count += 1
    return count


def read_series(project: Path, machine_class: str | None = None) -> dict[KpiKey, list[KpiPoint]]:
    """`kpi_series` of a project's history, which is only read; empty where there is none."""
    file = project / HISTORY_FILE
    if not file.is_file():
        return {}
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return kpi_series(connection, machine_class)
    except sqlite3.DatabaseError:
        return {}  # damaged: the next run sets it aside and says so
    finally:
        connection.close()


def _kpis(result: Mapping[str, Any]) -> list[tuple[KpiKey, Mapping[str, Any]]]:
    return [
        (KpiKey(cell["case"], cell["toolchain"], cell_workload(cell), kpi["name"]), kpi)
        for cell in result["cells"]
        for kpi in cell["kpis"]
    ]


def cell_workload(cell: Mapping[str, Any]) -> str:
    """A published cell's workload with its shard, as the history has it."""
    return cell["workload"] if cell["shard"] is None else f"{cell['workload']} {cell['shard']}"


def _has_tables(history: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'case_kpis'"
    return history.execute(query).fetchone() is not None
