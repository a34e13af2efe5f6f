"""All facts of the page, gathered from the history, the results that lie there, and manifests.

`MOST_BYTES` bounds the page: where the series of many runs would take more, the medians go first,
then the oldest runs; the raw samples of the latest results have what room is left. What is not in
the page is said in it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molt_build import __version__
from molt_build.clock import utc
from molt_build.errors import UsageError
from molt_build.governance.evidence import evidence
from molt_build.history.builds import Build, builds_of
from molt_build.history.usage import read_usage
from molt_build.manifests.model import Manifests
from molt_build.report.dashboard.details import details_of, environment_of, signals_beside_speed
from molt_build.report.dashboard.judged import judged_facts
from molt_build.report.dashboard.packing import packed, rounded
from molt_build.report.dashboard.samples import samples_of
from molt_build.report.dashboard.series import MOST_RUNS, runs_of, series_of
from molt_build.results.bench import BenchResult
from molt_build.results.files import Result, read_environment, read_result, result_file
from molt_build.results.signals import SignalsResult
from molt_build.runs.folder import BISECT, DIFFERENTIAL, GATES
from molt_build.runs.published import published_folder

Warn = Callable[[str], None]
Facts = dict[str, Any]

MOST_BYTES = 2_900_000
MOST_RESULTS = 24  # that are read whole, the latest; and the latest of each job, however old
_FOR_SAMPLES = 150_000  # bytes that series leave
_FORMS = ((MOST_RUNS, True), (MOST_RUNS, False), (250, False), (120, False), (60, False))
_WITHOUT_SERIES = (BISECT, DIFFERENTIAL, GATES)


@dataclass(frozen=True)
class Contents:
    """The packed parts of a page by their names, and what they are made of."""

    parts: Mapping[str, str]
    runs: int  # rows of runs
    read: tuple[str, ...]  # the runs whose results were read
    with_samples: tuple[str, ...]  # of these, whose raw samples are there


def contents(
    project: Path,
    manifests: Manifests,
    warn: Warn,
    *,
    engine: str | None = None,
    room: int = MOST_BYTES,
    now: float | None = None,
) -> Contents:
    """What the page is made of, in `room` bytes."""
    now = time.time() if now is None else now
    with evidence(project, warn) as rows:
        runs = _runs(rows)
        folders = _folders(rows, project)
        results = list(_results(rows, folders, warn))
        main: Facts = {
            "project": manifests.project.name,
            "version": __version__,
            "made": utc(now),
            "runs": runs,
            **judged_facts(rows, manifests, engine, now, warn),
            "lanes": {name: one.description for name, one in manifests.lanes.items()},
            "suites": {name: one.description for name, one in manifests.suites.items()},
            "cases": {name: one.description for name, one in manifests.cases.items()},
            "details": {result.run: details_of(result) for result in results},
            "beside": _beside(results),
            "builds": _builds(builds_of(rows, warn)),
            "usage": None if (usage := read_usage(project)) is None else asdict(usage),
        }
        others = folders.keys() - {result.run for result in results}
        environments = packed(
            {
                name: environment_of(found)
                for name in sorted(others)
                if (found := read_environment(folders[name])) is not None
            }
        )
        samples = _samples(results)
        room -= len(environments)
        room -= len(packed(main))
        series, kept = _series(rows, room - _FOR_SAMPLES)
    room -= sum(map(len, series.values()))
    parts = {}
    for run, part in samples.items():
        if len(part) <= room - 10_000:  # the names of what is there are in `main`
            parts[f"samples:{run}"] = part
            room -= len(part)
    main["kept"] = kept
    main["samples"] = [name.partition(":")[2] for name in parts]
    return Contents(
        parts={"main": packed(main), "environments": environments, **series, **parts},
        runs=len(runs["id"]),
        read=tuple(result.run for result in results),
        with_samples=tuple(main["samples"]),
    )


def _runs(rows: sqlite3.Connection) -> Facts:
    """Every run that is known, in columns, the latest last."""
    names = (
        "id, job, kind, started, git_commit, git_is_dirty, machine_class, reference, profile, "
        "is_quick, is_interrupted, is_of_record, problem"
    )
    found = rows.execute(f"SELECT {names} FROM runs ORDER BY timestamp, job").fetchall()
    columns = names.split(", ")
    return {name: [row[number] for row in found] for number, name in enumerate(columns)}


def _folders(rows: sqlite3.Connection, project: Path) -> dict[str, Path]:
    """Where the results lie that are still there, by run."""
    found = {}
    for name, folder in rows.execute("SELECT id, folder FROM runs WHERE problem = ''"):
        places = (project / folder, published_folder(project, name))
        there = next((place for place in places if result_file(place) is not None), None)
        if there is not None:
            found[name] = there
    return found


def _results(rows: sqlite3.Connection, folders: Mapping[str, Path], warn: Warn) -> Iterator[Result]:
    """The results to read, the latest first."""
    latest: dict[str, str] = {}
    query = "SELECT job, id FROM runs ORDER BY is_of_record, timestamp"
    for job, name in rows.execute(query).fetchall():
        if name in folders:
            latest[job] = name
    ordered = sorted(folders, key=lambda name: name.rpartition("/")[2], reverse=True)
    wanted = {*latest.values(), *ordered[:MOST_RESULTS]}
    for name in ordered:
        if name in wanted:
            try:
                yield read_result(folders[name])
            except UsageError as error:
                warn(f"passed over: {error.message.splitlines()[0]}")


def _beside(results: list[Result]) -> list[Facts]:
    """Signals beside speed, of each lane the latest runs of both that are of record."""
    found: list[Facts] = []
    lanes: set[str] = set()
    for result in results:
        if not isinstance(result, BenchResult) or not result.is_recorded:
            continue
        for signals in results:
            wanted = set(result.lanes) - lanes
            if isinstance(signals, SignalsResult) and signals.is_recorded and wanted:
                rows = [
                    row for row in signals_beside_speed(result, signals) if row["lane"] in wanted
                ]
                found += rows
                lanes |= {row["lane"] for row in rows}
    return found


def _samples(results: list[Result]) -> dict[str, str]:
    found = {}
    for result in results:
        samples = samples_of(result)
        if samples is not None:
            found[result.run] = packed(samples)
    return found


def _series(rows: sqlite3.Connection, room: int) -> tuple[dict[str, str], Facts]:
    """The series of every job in the first form that fits, and how many of its runs it holds."""
    jobs = dict(rows.execute("SELECT job, count(*) FROM runs WHERE problem = '' GROUP BY job"))
    parts: dict[str, str] = {}
    kept: Facts = {}
    for most, has_medians in _FORMS:
        for job, count in jobs.items():
            if job not in _WITHOUT_SERIES:
                runs = runs_of(rows, job, most)
                part = packed(series_of(rows, job, runs, has_medians=has_medians))
                parts[f"series:{job}"] = part
                kept[job] = {"runs": len(runs), "of": count, "medians": has_medians}
        if sum(map(len, parts.values())) <= room:
            break
    return parts, kept


def _builds(builds: list[Build]) -> Facts:
    """Recorded builds in columns, the latest last."""
    waits = [[action.waited_s for action in build.actions] for build in builds]
    return {
        "started": [build.started for build in builds],
        "what": [f"{build.toolchain}:{build.profile}@{build.target}" for build in builds],
        "seconds": [rounded(build.seconds) for build in builds],
        "executed": [build.executed for build in builds],
        "hits": [build.hits for build in builds],
        "fresh": [build.up_to_date for build in builds],
        "failed": [build.failed for build in builds],
        "waited": [rounded(sum(one)) for one in waits],
        "longest": [rounded(max(one, default=0.0)) for one in waits],
        "wasted": [sum(action.is_wasted for action in build.actions) for build in builds],
    }
