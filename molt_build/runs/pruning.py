"""Runs removed from the history, and their folders where that is asked for."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from molt_build.files import remove_tree, stats_below
from molt_build.history.runs import Run, prune_runs
from molt_build.runs.folder import RESULTS, timestamp
from molt_build.runs.history_rows import SUITES
from molt_build.runs.recorded import jobs_runs, result_folders

Warn = Callable[[str], None]

GOING_ON_S = 3600.0


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be."""

    runs: tuple[Run, ...]
    spared: Mapping[str, str]  # runs beyond the limits that stay all the same, and why
    freed_bytes: int  # of folders


def prune(
    history: sqlite3.Connection,
    project: Path,
    job: str | None,
    *,
    keep: int,
    older_than_s: float,
    with_folders: bool,
    is_dry: bool,
    needed: Mapping[str, str],
    warn: Warn,
) -> Pruned:
    """Remove those runs of a job, or of each, that are older, and no one of its latest `keep`.

    Those that are `needed`, by their names and what for, stay.
    Folders go before rows, so that what is ended between goes the next time. One that was written
    to within the last hour, and may be of a run that is going on, stays, and
    `warn` hears of it. Raises `OSError` when a folder cannot be removed.
    """
    by_job: dict[str, list[Run]] = {}
    for run in jobs_runs(history, job, warn):
        by_job.setdefault(run.job, []).append(run)
    before = timestamp(time.time() - older_than_s)
    there = result_folders(project)
    chosen, spared, freed = [], {}, 0
    for runs in by_job.values():
        for run in runs[: max(0, len(runs) - keep)]:
            if run.timestamp >= before or _may_be_going_on(run, there.get(run.id), warn):
                continue
            if run.id in needed:
                spared[run.id] = needed[run.id]
            else:
                chosen.append(run)
    if with_folders:
        for run in chosen:
            if run.id in there:
                freed += sum(status.st_size for status in stats_below(there[run.id]))
                if not is_dry:
                    remove_tree(there.pop(run.id), may_fail=False, root=project / RESULTS)
    if not is_dry:
        prune_runs(history, [run.id for run in chosen], [r.id for r in chosen if r.id in there])
    return Pruned(tuple(chosen), spared, freed)


def _may_be_going_on(run: Run, folder: Path | None, warn: Warn) -> bool:
    is_unfinished = run.is_interrupted or run.kind == SUITES  # whose result grows suite by suite
    if folder is None or not is_unfinished:
        return False
    latest = max((file.stat().st_mtime for file in folder.iterdir()), default=0.0)
    if time.time() - latest > GOING_ON_S:
        return False
    warn(f"{run.id} stays: it may be going on, and was written to within the last hour")
    return True
