"""A project with a year behind it: the published results, and made-up rows of daily runs before."""

from __future__ import annotations

import math
import random
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from build_projects import REPOSITORY

from molt_build.history.database import open_history
from molt_build.history.runs import RunRows
from molt_build.results.files import read_result
from molt_build.runs.folder import COMPILE_PROGRESS
from molt_build.runs.history_rows import Place, rows_of
from molt_build.runs.published import PUBLISHED, published_runs

LANE = "bench_native"
TABLES = ("engines", "cells", "kpis", "pairs")
STEPPED = ("bench_fib", "cython", "wall_s")  # what came to another level
STEP, STEP_AT = 0.8, 0.6  # how much slower, and after which share of the runs
EVERY = 10  # so many runs of the lane for each of the cases


def year_project(root: Path, runs: int) -> Path:
    """The repository's manifests and published results, and rows of so many runs before them."""
    project = root / "project"
    for name in ("manifests", str(PUBLISHED)):
        shutil.copytree(REPOSITORY / name, project / name)
    record_year(project, runs)
    return project


def record_year(project: Path, runs: int) -> None:
    """Rows of daily runs of a lane, each with its noise, and now and then of the cases."""
    latest = {name.partition("/")[0]: name for name in published_runs(project)}
    models = {
        job: _plain(rows_of(read_result(project / PUBLISHED / latest[job]), Place(job, "", "")))
        for job in (LANE, COMPILE_PROGRESS)
    }
    last = datetime.strptime(latest[LANE].rpartition("/")[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    noise = random.Random(20261128)
    with open_history(project, lambda line: None) as history:
        assert history is not None
        history.execute("PRAGMA synchronous = OFF")
        with history:
            history.execute("BEGIN IMMEDIATE")
            for number in range(runs):
                job = COMPILE_PROGRESS if number % EVERY == EVERY - 1 else LANE
                day = last - timedelta(days=runs - number)
                _write(history, models[job], job, day, noise, number >= STEP_AT * runs)


def _plain(rows: RunRows) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table."""
    tables = {"runs": [rows.run]} | {name: [*getattr(rows, name)] for name in TABLES}
    return {name: [asdict(row) for row in found] for name, found in tables.items()}


def _write(
    history: sqlite3.Connection,
    model: Mapping[str, list[dict[str, Any]]],
    job: str,
    day: datetime,
    noise: random.Random,
    has_stepped: bool,
) -> None:
    timestamp = day.strftime("%Y%m%dT%H%M%SZ")
    name = f"{job}/{timestamp}"
    [run] = model["runs"]
    known = {
        "id": name,
        "timestamp": timestamp,
        "started": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "folder": f"bench/results/{name}",
        "git_commit": f"{noise.getrandbits(160):040x}",
    }
    _insert(history, "runs", [run | known])
    for table in TABLES:
        rows = [row | _noisy(table, row, noise, has_stepped) for row in model[table]]
        _insert(history, table, [{"run": name, **row} for row in rows])


def _insert(history: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        marks = ", ".join("?" * len(rows[0]))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
        history.executemany(statement, [tuple(row.values()) for row in rows])


def _noisy(
    table: str, row: dict[str, Any], noise: random.Random, has_stepped: bool
) -> dict[str, Any]:
    if table == "kpis":
        value = row["value"]
        return {"value": None if value is None else value * math.exp(noise.gauss(0, 0.05))}
    if table != "cells":
        return {}
    times = math.exp(noise.gauss(0, 0.01 if row["metric"].endswith("_s") else 0.001))
    if has_stepped and (row["program"], row["engine"], row["metric"]) == STEPPED:
        times *= STEP
    found = {name: row[name] and row[name] * times for name in ("ratio", "low", "high")}
    return found | {"median": row["median"] and row["median"] / times}
