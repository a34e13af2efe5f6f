"""Questions to the history about lanes: the latest run, and what it says of an engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from molt_build.engines import AGAIN, Engine
from molt_build.history.row_mapping import read_rows
from molt_build.history.runs import CellRow, Run


def latest_run(
    history: sqlite3.Connection,
    lane: str,
    machine_class: str,
    commit: str | None,
    warn: Callable[[str], None],
) -> Run | None:
    """The latest run of record on that class of machine; with a commit, of the project as it was
    then and unchanged."""
    query = (
        "SELECT * FROM runs WHERE job = ?1 AND kind = 'lane' AND is_of_record AND problem = '' "
        "AND machine_class = ?2 AND (?3 IS NULL OR (git_commit = ?3 AND NOT git_is_dirty)) "
        "ORDER BY timestamp DESC LIMIT 1"
    )
    return next(iter(read_rows(history, Run, query, (lane, machine_class, commit), warn)), None)


def engine_cells(
    history: sqlite3.Connection,
    run: Run,
    engine: Engine,
    metric: str,
    warn: Callable[[str], None],
) -> dict[str, CellRow]:
    """Program -> what a run found of it in a metric, under an engine of which all is said."""
    query = (
        "SELECT cells.* FROM cells JOIN engines USING (run, engine) WHERE run = ? AND metric = ? "
        "AND toolchain = ? AND profile IS ? AND target IS ? AND revision IS NULL "
        "AND substr(engine, -?) != ?"
    )
    values = (run.id, metric, engine.toolchain, engine.profile, engine.target, len(AGAIN), AGAIN)
    return {row.program: row for row in read_rows(history, CellRow, query, values, warn)}
