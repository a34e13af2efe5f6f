"""The columns of a summary: engines, each from one run, possibly of different days.

Every column is compared with the reference of its own run, in the same blocks; nothing is ever
divided by a time of another run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.engines import REVISION_SIGN, parse
from molt_build.errors import UsageError
from molt_build.history.runs import Run, compared_engines, count_programs
from molt_build.lanes.outcome import geometric_mean_row, speedups_of
from molt_build.lanes.selection import AGAIN
from molt_build.manifests.model import Lane, Manifests
from molt_build.report.text import cells_by_key
from molt_build.runs.folder import read_result
from molt_build.runs.recorded import known_runs, readable_runs


@dataclass(frozen=True)
class Column:
    """An engine as one run measured it; `run_number` counts the summary's runs from 1."""

    engine: str
    run_number: int
    result: Mapping[str, Any]
    cells: Mapping[tuple[str, str], Mapping[str, Any]]
    speedups: Mapping[str, Sequence[float]]  # log, per scored program

    def cell(self, program: str) -> Mapping[str, Any] | None:
        """The engine's cell; None where its run did not have the program."""
        return self.cells.get((program, self.engine))

    def mean(self, programs: Sequence[str]) -> dict[str, Any] | None:
        """The geometric mean over those of the programs that are scored."""
        return geometric_mean_row(self.speedups, [p for p in programs if p in self.speedups])


@dataclass(frozen=True)
class Summary:
    """Runs of one lane, and an engine from each."""

    lane: str
    reference: str
    metric: str
    runs: tuple[Mapping[str, Any], ...]
    columns: tuple[Column, ...]

    @property
    def programs(self) -> dict[str, Mapping[str, Any]]:
        """All programs of all runs, in the order of the first."""
        found: dict[str, Mapping[str, Any]] = {}
        for run in self.runs:
            for name, program in run["programs"].items():
                found.setdefault(name, program)
        return found

    @property
    def common(self) -> list[str]:
        """The programs that every engine scored."""
        return [p for p in self.programs if all(p in c.speedups for c in self.columns)]


def summarise_runs(results: Sequence[Mapping[str, Any]]) -> Summary:
    """Every engine from the first of the runs that has it.

    Raises `UsageError` where the runs are not of one lane, metric and reference.
    """
    first = results[0]
    for result in results[1:]:
        for what in ("lane", "reference", "metric", "profile", "target"):
            if result[what] != first[what]:
                message = f"{first['run']} and {result['run']} differ in their {what}"
                raise UsageError(message, f"{first[what]} and {result[what]}: no table holds both")
    columns: dict[str, Column] = {}
    for number, result in enumerate(results, start=1):
        for engine in result["engines"]:
            if engine not in columns:
                speedups = speedups_of(result, engine, result["metric"])
                columns[engine] = Column(engine, number, result, cells_by_key(result), speedups)
    return Summary(
        lane=first["lane"],
        reference=first["reference"],
        metric=first["metric"],
        runs=tuple(results),
        columns=tuple(columns.values()),
    )


def latest_runs(
    project: Path,
    manifests: Manifests,
    lane: Lane,
    warn: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """For each engine of the lane the latest run that says most about it.

    Full runs go before quick ones, runs of all programs before runs of some. Interrupted runs do
    not count, nor those of other revisions, and those with another reference, profile or machine.
    The runs, in the order in which the lane names their engines. One that cannot be read is passed
    over, and `warn` hears of it. Raises `UsageError` when there is none.
    """

    def named(text: str) -> str:
        return parse(text).named(lane.profile, lane.target)

    reference = named(lane.reference)
    programs = sum(len(manifests.workloads[name].programs) for name in lane.workloads)
    with known_runs(project, warn) as history:
        runs = [
            run
            for run in reversed(readable_runs(history, project, lane.name, warn))
            if run.reference == reference and run.profile == lane.profile and not run.is_interrupted
        ]
        engines = {run.id: compared_engines(history, run) for run in runs}
        sizes = {run.id: count_programs(history, run) for run in runs}
    runs = [r for r in runs if not any(REVISION_SIGN in name for name in engines[r.id])]
    # The sort is stable: among equals the latest stays first.
    runs.sort(key=lambda run: (sizes[run.id] < programs, run.is_quick))
    runs = [run for run in runs if run.machine_class == runs[0].machine_class]
    chosen: list[Run] = []
    wanted = map(named, (*lane.toolchains, *lane.optional))
    others = [name for run in runs for name in engines[run.id] if not name.endswith(AGAIN)]
    for engine in dict.fromkeys((*wanted, *others)):
        found = next((run for run in runs if engine in engines[run.id]), None)
        if found is not None and found not in chosen:
            chosen.append(found)
    if not chosen:
        message = f"there is no complete run of {lane.name}"
        raise UsageError(message, f"molt-build bench {lane.name} makes one")
    return [read_result(project / run.folder) for run in chosen]
