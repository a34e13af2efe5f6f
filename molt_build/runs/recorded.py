"""The runs that the history knows, and how they come to be in it.

Result files say what a run found; the history says which runs there are and answers questions over
many of them. The two are held together so:

- A job records its run before `result.json` is there (`publish`). Who is killed between the two is
  gone on with, and recorded in place of what is there.
- Whoever asks the history first takes in what lies in `bench/results` and is not in it, or is
  another file than its rows were made of: results of other checkouts, of other versions, of jobs
  that were killed (`known_runs`). A result that cannot be read has a row that says why.
- Rows stay when a run's folder goes, until they are pruned. What was pruned while its folder stays
  is not taken in again unless it is asked for by name.

Where the history cannot be opened, or is of a newer molt_build, what lies in `bench/results` is all
there is to know, and is known all the same.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.history.database import HISTORY_FILE, memory_history, open_history
from molt_build.history.runs import Run, RunRows, all_runs, write_run
from molt_build.names import did_you_mean, known, name_hint
from molt_build.results.files import (
    RESULT_FILE,
    Result,
    read_result,
    result_file,
    write_digest,
    write_result,
)
from molt_build.runs.folder import NO_LANES, run_folders
from molt_build.runs.history_rows import LANE, place_of, rows_of, run_of
from molt_build.runs.published import find_published
from molt_build.watch import counted

Warn = Callable[[str], None]

_LATEST = re.compile(r"latest(?:~(\d+))?")


def publish(project: Path, folder: Path, result: Result, warn: Warn) -> None:
    """Record a run in the history, and write its result.

    Raises `EnvironmentFailed` when it cannot be recorded; the result is written even so.
    """
    rows = rows_of(result, place_of(folder, project))
    try:
        with open_history(project, warn) as history:
            if history is not None:
                write_run(history, rows)
            file = write_result(folder, result)
            write_digest(folder)
            if history is not None:
                with suppress(sqlite3.Error):  # else it is taken in when somebody next asks
                    _settle(history, rows.run.id, file)
    except EnvironmentFailed:
        write_result(folder, result)
        write_digest(folder)
        raise


@contextmanager
def known_runs(project: Path, warn: Warn) -> Iterator[sqlite3.Connection]:
    """The history, with all that lies in `bench/results`; one in memory where none can be kept."""
    with ExitStack() as stack:
        history = None
        try:
            history = stack.enter_context(open_history(project, warn))
            if history is not None:
                take_in(history, project)
        except (EnvironmentFailed, OSError, sqlite3.Error) as error:
            warn(f"{HISTORY_FILE} is not used: {error}")
            history = None
        if history is None:
            history = stack.enter_context(memory_history())
            take_in(history, project)
        yield history


@contextmanager
def own_history(project: Path, warn: Warn) -> Iterator[sqlite3.Connection]:
    """The project's history, to be changed; raises `EnvironmentFailed` where that cannot be."""
    with open_history(project, warn) as history:
        if history is None:
            message = f"{HISTORY_FILE} cannot be changed by this version of molt_build"
            raise EnvironmentFailed(message, "use the one that wrote it")
        yield history


def take_in(
    history: sqlite3.Connection, project: Path, names: Sequence[str] | None = None
) -> list[Run]:
    """Make the rows of results that the history lacks, or has of another file; those runs.

    With `names`, ids of runs, of these only, whatever is known of them. Raises `UsageError` where
    there is no result of such a run.
    """
    there = result_folders(project)
    if names is not None:
        for name in names:
            if name not in there:
                raise UsageError(f"there is no result of a run {name}", name_hint(name, [*there]))
        wanted = list(dict.fromkeys(names))
    else:
        query = "SELECT id, result_bytes, result_mtime_ns FROM runs"
        stats = {name: stat for name, *stat in history.execute(query)}
        pruned = {name for (name,) in history.execute("SELECT id FROM pruned")}
        wanted = [
            name
            for name, folder in there.items()
            if name not in pruned and stats.get(name) != _stat(folder / RESULT_FILE)
        ]
    taken = []
    for name in wanted:
        rows = _read(there[name], project)
        write_run(history, rows)
        taken.append(rows.run)
    return taken


def jobs_runs(history: sqlite3.Connection, job: str | None, warn: Warn) -> list[Run]:
    """The runs of a job, or of all, the latest last; raises `UsageError` when it has none."""
    runs = all_runs(history, warn)
    if job is not None:
        known("job", job, dict.fromkeys(run.job for run in runs))
    return [run for run in runs if job in (None, run.job)]


def readable_runs(history: sqlite3.Connection, project: Path, job: str, warn: Warn) -> list[Run]:
    """A job's runs whose results can be read, the latest last; `warn` hears of the others."""
    found = []
    for run in all_runs(history, warn, job):
        if run.problem:
            warn(f"passed over: {run.problem}")
        elif (project / run.folder / RESULT_FILE).is_file():
            found.append(run)
    return found


def read_results(history: sqlite3.Connection, project: Path, job: str, warn: Warn) -> list[Result]:
    """The results of a job's runs, the latest last; `warn` hears of those that cannot be read."""
    return [read_result(project / run.folder) for run in readable_runs(history, project, job, warn)]


def find_run(project: Path, spec: str, job: str | None = None, warn: Warn = lambda _: None) -> Path:
    """The run that is meant by a path, a TIMESTAMP, `latest` or `latest~N`.

    The last two forms, and a TIMESTAMP, may be preceded by `JOB/`; else they are of `job`, or of
    all lanes. `latest` is the latest run with a result. A TIMESTAMP that the history does not know
    may be that of a published run. Raises `UsageError` when there is none.
    """
    there = find_result(project, spec)
    if there is not None:
        return there
    try:
        with known_runs(project, warn) as history:
            run = find_row(history, spec, job, lambda run: has_result(project, run))
    except UsageError:
        published = find_published(project, spec, job)
        if published is None:
            raise
        return published
    return project / run.folder


def find_result(project: Path, spec: str) -> Path | None:
    """The result's file, or the folder with one, that a path means, from here or in the project."""
    for candidate in (Path(spec), project / spec):
        if candidate.is_file() or result_file(candidate) is not None:
            return candidate
    return None


def find_row(
    history: sqlite3.Connection,
    spec: str,
    job: str | None = None,
    counts: Callable[[Run], bool] = lambda run: True,
) -> Run:
    """The run of the history that a TIMESTAMP, `latest` or `latest~N` means, as in `find_run`."""
    prefix, _, word = spec.rpartition("/")
    job = prefix or job
    runs = all_runs(history, lambda line: None, job)
    there = [run for run in runs if counts(run) and (job is not None or run.kind == LANE)]
    match = _LATEST.fullmatch(word)
    if match is not None:
        back = int(match.group(1) or 0)
        if back < len(there):
            return there[-1 - back]
        message = f"there {'is' if len(there) == 1 else 'are'} {counted(len(there), 'run')}"
        message += f" of {job}" if job else ""
        hint = None if runs else _other_jobs(history, job)
        raise UsageError(f"{message}, so there is no {spec}", hint)
    for run in (*there, *runs):  # lanes first, where others have one of that time too
        if run.timestamp == word and counts(run):
            return run
    names = [run.id for run in there[-3:]]
    hint = f"the latest are: {', '.join(names)}" if names else _other_jobs(history, job)
    raise UsageError(f"there is no run {spec}", did_you_mean(spec, _spellings(runs)) or hint)


def _spellings(runs: Sequence[Run]) -> list[str]:
    """What a run may be called: by its time, with its job, and as one of the latest."""
    jobs = dict.fromkeys(run.job for run in runs)
    words = ["latest", *(f"{job}/latest" for job in jobs)]
    return [*words, *(run.timestamp for run in runs), *(run.id for run in runs)]


def _other_jobs(history: sqlite3.Connection, job: str | None) -> str:
    """What to do where a job, or every lane, has no run."""
    jobs = dict.fromkeys(run.job for run in all_runs(history, lambda line: None))
    if job is None or not jobs:
        return "molt-build bench makes one"
    return name_hint(job, [*jobs])


def result_folders(project: Path) -> dict[str, Path]:
    """The folders of all runs of all jobs that have a result, by their ids."""
    folders = [folder for job in (None, *NO_LANES) for folder in run_folders(project, job)]
    return {place_of(f, project).name: f for f in folders if os.path.lexists(f / RESULT_FILE)}


def _read(folder: Path, project: Path) -> RunRows:
    """The rows of the result that lies there, or the one that says why it cannot be read."""
    place = place_of(folder, project)
    result_bytes, result_mtime_ns = _stat(folder / RESULT_FILE)
    try:
        rows = rows_of(read_result(folder), place)
    except UsageError as error:
        problem = error.message.splitlines()[0].replace(f"{project}/", "")
        rows = RunRows(run_of(place, None, problem))
    run = replace(rows.run, result_bytes=result_bytes, result_mtime_ns=result_mtime_ns)
    return replace(rows, run=run)


def has_result(project: Path, run: Run) -> bool:
    """Whether the run's result file is there still."""
    return os.path.lexists(project / run.folder / RESULT_FILE)


def _stat(file: Path) -> list[int | None]:
    """What tells a result file from the one before it in its place."""
    try:
        stat = file.stat()
    except OSError:
        return [-1, -1]
    return [stat.st_size, stat.st_mtime_ns]


def _settle(history: sqlite3.Connection, run: str, file: Path) -> None:
    """The file is the one that the run's rows were made of."""
    query = "UPDATE runs SET result_bytes = ?, result_mtime_ns = ? WHERE id = ?"
    history.execute(query, (*_stat(file), run))
