"""Questions to the history about lanes: the latest run, and what it says of an engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from molt_build.engines import AGAIN, Engine
from molt_build.history.row_mapping import read_rows
from molt_build.history.runs import CellRow, Run


class LaneRuns:
    """The runs of lanes on one class of machine.

    Each question is asked of the history once, however many programs it is about: one answer holds
    for as long as a command reads.
    """

    def __init__(
        self, history: sqlite3.Connection, machine_class: str, warn: Callable[[str], None]
    ) -> None:
        self._history = history
        self._machine_class = machine_class
        self._warn = warn
        self._runs: dict[tuple[str, str | None, str], Run | None] = {}
        self._cells: dict[tuple[str, Engine, str], Mapping[str, CellRow]] = {}

    def latest(self, lane: str, commit: str | None, metric: str) -> Run | None:
        """The latest run of record that measured the metric; with a commit, of the project as it
        was then and unchanged."""
        key = lane, commit, metric
        if key not in self._runs:
            query = (
                "SELECT * FROM runs WHERE job = ?1 AND kind = 'lane' AND is_of_record "
                "AND problem = '' AND machine_class = ?2 "
                "AND (?3 IS NULL OR (git_commit = ?3 AND NOT git_is_dirty)) "
                "AND EXISTS (SELECT 1 FROM cells WHERE run = runs.id AND metric = ?4) "
                "ORDER BY timestamp DESC LIMIT 1"
            )
            values = (lane, self._machine_class, commit, metric)
            found = read_rows(self._history, Run, query, values, self._warn)
            self._runs[key] = next(iter(found), None)
        return self._runs[key]

    def cells(self, run: str, engine: Engine, metric: str) -> Mapping[str, CellRow]:
        """Program -> what a run found of it in a metric, under an engine of which all is said."""
        if (run, engine, metric) not in self._cells:
            query = (
                "SELECT cells.* FROM cells JOIN engines USING (run, engine) WHERE run = ? "
                "AND metric = ? AND toolchain = ? AND profile IS ? AND target IS ? "
                "AND revision IS NULL AND substr(engine, -?) != ?"
            )
            of_engine = (engine.toolchain, engine.profile, engine.target)
            values = (run, metric, *of_engine, len(AGAIN), AGAIN)
            rows = read_rows(self._history, CellRow, query, values, self._warn)
            self._cells[run, engine, metric] = {row.program: row for row in rows}
        return self._cells[run, engine, metric]
