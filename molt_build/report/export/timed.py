"""What was timed, as the formats of numbers have it: a name, and seconds for each of its runs.

Of lanes and suites that is a program under an engine, its whole runs and its steady state apart; of
the cases a cell, each sample of which is a run. What was not scored has no number, and is in the
tables alone (csv, json, md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molt_build.errors import UsageError
from molt_build.measure.process import Metric, Way
from molt_build.measure.statistics import RatioEstimate, Summary, summarize
from molt_build.report.export.cells import Exported, ExportedCell
from molt_build.results.bench import LaneResult
from molt_build.results.cases import CaseCell, CasesResult
from molt_build.results.files import Measured

OF_TIMES = ("hyperfine", "github-action-benchmark-ratios")  # formats that carry no counts
TIMES: Mapping[Way, tuple[Metric, str]] = {"run": ("wall_s", ""), "steady": ("steady_s", " steady")}


@dataclass(frozen=True)
class TimedRun:
    """One run, or one sample of a case."""

    seconds: float  # what was timed: more than 0
    whole_s: float  # of all of its processes
    peak_memory_bytes: int | None = None
    hash_seed: int | None = None


@dataclass(frozen=True)
class Timed:
    """What was timed under one name."""

    title: str
    engine: str  # of a case its toolchain
    command: str
    runs: tuple[TimedRun, ...]
    lane: LaneResult | None  # None: a case
    is_steady: bool = False  # repetitions inside a process, and no whole runs
    speedup: RatioEstimate | None = None  # against the reference
    tags: tuple[str, ...] = ()  # of its program

    @property
    def summary(self) -> Summary:
        """Of its seconds."""
        return summarize([run.seconds for run in self.runs])


@dataclass(frozen=True)
class Counts:
    """What was counted under one name: instructions."""

    title: str
    engine: str
    command: str
    counts: tuple[int, ...]
    lane: LaneResult
    tags: tuple[str, ...]  # of its program


@dataclass(frozen=True)
class Timings:
    """All that was timed or counted of a run, or of one of its engines."""

    result: Measured
    rows: tuple[Timed, ...]
    counts: tuple[Counts, ...] = ()

    def name(self, one: Timed | Counts) -> str:
        """Its title alone where all are of one engine, so that the same name is the same program
        in a file for each engine."""
        engines = {row.engine for row in self.rows} | {row.engine for row in self.counts}
        is_told = len(engines) == 1 or one.lane is None
        return one.title if is_told else f"{one.title} [{one.engine}]"


def timings(run: Exported | CasesResult, form: str) -> Timings:
    """What was timed; raises `UsageError` where nothing was, since there is no number then."""
    cases = isinstance(run, CasesResult)
    result = run if isinstance(run, CasesResult) else run.result
    found = _samples(run.cells) if isinstance(run, CasesResult) else _runs(run.cells)
    rows = tuple(found)
    counts = () if isinstance(run, CasesResult) else tuple(_counts(run.cells))
    if not rows and (not counts or form in OF_TIMES):
        what = "no cell of it was measured" if cases else "no program of it was scored"
        hint = "--format csv, json and md say why"
        raise UsageError(f"{result.run} has nothing to give as {form}: {what}", hint)
    return Timings(result, rows, counts)


def _runs(cells: Sequence[ExportedCell]) -> Iterator[Timed]:
    for one in cells:
        for way, runs in one.runs.items():
            if way not in TIMES:
                continue
            metric, word = TIMES[way]
            timed = tuple(
                TimedRun(
                    seconds=run.metrics[metric],
                    whole_s=run.metrics["wall_s"],
                    peak_memory_bytes=int(run.metrics["peak_memory_bytes"]),
                    hash_seed=run.hash_seed,
                )
                for run in runs
                if run.metrics.get(metric)
            )
            if timed:
                cell = one.cell
                speedup = cell.speedup(metric)
                yield Timed(
                    title=one.title + word,
                    engine=cell.engine,
                    command=cell.command,
                    runs=timed,
                    lane=one.lane,
                    is_steady=way == "steady",
                    speedup=speedup,
                    tags=one.lane.programs[cell.program].tags,
                )


def _counts(cells: Sequence[ExportedCell]) -> Iterator[Counts]:
    for one in cells:
        runs = one.runs.get("counted", ())
        found = [int(run.metrics["instructions"]) for run in runs if "instructions" in run.metrics]
        if found:
            yield Counts(
                title=one.title,
                engine=one.cell.engine,
                command=one.cell.command,
                counts=tuple(found),
                lane=one.lane,
                tags=one.lane.programs[one.cell.program].tags,
            )


def _samples(cells: Sequence[CaseCell]) -> Iterator[Timed]:
    for cell in cells:
        counts = [one for one in cell.samples if cell.comparison is None or one.shards == "on"]
        timed = tuple(TimedRun(one.wall_s, one.wall_s) for one in counts if one.wall_s)
        if cell.status == "measured" and timed:
            yield Timed(cell.name, cell.toolchain, cell.name, timed, None)
