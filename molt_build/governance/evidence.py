"""All runs that anything may be concluded from: those of the history, and those published.

What is asked is answered from a copy in memory, so that runs of which nothing but a published
result is there can stand beside the machine's own, and nothing is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from molt_build.errors import UsageError
from molt_build.history.database import memory_history
from molt_build.history.runs import write_run
from molt_build.results.files import Result, read_result
from molt_build.runs.history_rows import Place, rows_of
from molt_build.runs.published import PUBLISHED, published_folder, published_runs
from molt_build.runs.recorded import known_runs

Warn = Callable[[str], None]


@contextmanager
def evidence(project: Path, warn: Warn) -> Iterator[sqlite3.Connection]:
    """The rows of all recorded and published runs; `warn` hears of what cannot be read."""
    with memory_history() as rows:
        with known_runs(project, warn) as history:
            history.backup(rows)
        rows.execute("PRAGMA foreign_keys = ON")
        there = {name for (name,) in rows.execute("SELECT id FROM runs WHERE problem = ''")}
        for name in published_runs(project):
            if name not in there:
                try:
                    _add(rows, read_result(published_folder(project, name)))
                except UsageError as error:
                    warn(f"passed over: {error.message.splitlines()[0]}")
        yield rows


@contextmanager
def evidence_of(results: Iterable[Result]) -> Iterator[sqlite3.Connection]:
    """The rows of these runs alone."""
    with memory_history() as rows:
        for result in results:
            _add(rows, result)
        yield rows


def _add(rows: sqlite3.Connection, result: Result) -> None:
    place = Place(result.job, result.timestamp, f"{PUBLISHED}/{result.run}")
    write_run(rows, rows_of(result, place))
