"""What the measurements of one suite say: speed-ups, their means, wins, losses and coverage.

Pure functions from a suite's part of a result to a scorecard. A *comparison* is of two engines,
first and second: a ratio above 1 says that the first is faster, as many times. It is made of the
blocks in which both ran, one log ratio a block; times of different blocks are never divided.

Only cells whose status is ok enter; into the steady state, only those whose status there is ok too.
Summaries (mean, wins, losses) are over the programs that every compared engine scored: reference,
subject and friend together, and with them any other engine that was asked for. A program that only
some of them scored has an estimate of its own, and no part in any summary.

Whole runs (`RUN`) and the steady state (`STEADY`) are two columns that share no number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from molt_build.lanes.published import verdict
from molt_build.measure.statistics import (
    MIN_BLOCKS,
    RatioEstimate,
    Summary,
    geometric_mean,
    ratio_estimate,
    summarize,
)

RUN = "wall_s"  # the metric of whole runs
STEADY = "steady_s"  # the metric of the steady state
VERDICTS = ("faster", "slower", "equal", "unclear")


@dataclass(frozen=True)
class Loss:
    """A program on which the first engine is surely slower than the second.

    `impact` is what it adds to the log of the geometric mean (below 0), `mean_without` the mean
    that the other programs would have; both are None for a program outside the mean, the latter
    also for the only one in it.
    """

    program: str
    kernel: str
    track: str | None
    estimate: RatioEstimate
    impact: float | None
    mean_without: float | None

    @property
    def cost(self) -> float | None:
        """The share of the geometric mean that it takes: 0.03 where the mean is 3 % lower."""
        return None if self.impact is None else 1 - math.exp(self.impact)


@dataclass(frozen=True)
class Comparison:
    """The first engine against the second: above 1 the first is faster.

    `estimates` and `log_ratios` have all programs that both scored, `verdicts` (faster, slower,
    equal, unclear) and `mean` those that all compared engines scored. `verdicts` leaves out the
    programs with too few blocks for an interval. `losses` begin with the largest.
    """

    first: str
    second: str
    log_ratios: Mapping[str, tuple[float, ...]]
    estimates: Mapping[str, RatioEstimate]
    mean: RatioEstimate | None
    mean_verdict: str | None
    program_verdicts: Mapping[str, str | None]
    verdicts: Mapping[str, tuple[str, ...]]
    losses: tuple[Loss, ...]

    @property
    def lowest(self) -> tuple[str, RatioEstimate] | None:
        """The program on which the first engine does worst, sure or not."""
        if not self.estimates:
            return None
        name = min(self.estimates, key=lambda program: (self.estimates[program].ratio, program))
        return name, self.estimates[name]


@dataclass(frozen=True)
class Column:
    """Whole runs or the steady state: `programs` are those that all compared engines scored."""

    metric: str
    programs: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    times: Mapping[tuple[str, str], Summary]  # (program, engine) -> seconds

    def between(self, first: str | None, second: str | None) -> Comparison | None:
        """The comparison of these two in this order, where they were compared."""
        for comparison in self.comparisons:
            if (comparison.first, comparison.second) == (first, second):
                return comparison
        return None


@dataclass(frozen=True)
class Builds:
    """Seconds of an engine's builds; None where nothing was built."""

    engine: str
    count: int
    failed: int
    total_s: float | None
    median_s: float | None
    longest_s: float | None
    longest: str | None


@dataclass(frozen=True)
class NotScored:
    """Programs that an engine did not score for one reason, at least not in the steady state."""

    engine: str
    status: str
    reason: str
    programs: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """How much of the suite the scores are about.

    `present` counts the files of the source that are the suite's programs; one file may hold
    several programs. `scored` are the programs that all compared engines scored.
    """

    present: int
    programs: int
    scored: tuple[str, ...]
    quick_left_out: int
    by_status: Mapping[str, Mapping[str, int]]  # engine -> status -> programs
    not_scored: tuple[NotScored, ...]
    exclusions: Mapping[str, tuple[str, ...]]  # reason -> entries


@dataclass(frozen=True)
class SuiteScore:
    """The scorecard of a suite.

    `subject` and `friend` are None where that engine was not measured, and `friend` also where it
    is the reference or the subject itself. `steady` is None where no engine is a JIT.
    """

    name: str
    reference: str
    subject: str | None
    friend: str | None
    compared: tuple[str, ...]  # the reference, the subject, the friend, then others
    kernels: Mapping[str, str]  # program -> kernel
    run: Column
    steady: Column | None
    coverage: Coverage
    builds: tuple[Builds, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Whole runs, and the steady state where there is one."""
        return (self.run,) if self.steady is None else (self.run, self.steady)


def score_suite(
    suite: Mapping[str, Any], tracks: Sequence[Mapping[str, Any]], min_effect: float
) -> SuiteScore:
    """The scorecard of one suite of a result; `tracks` are the result's, in order."""
    skipped = {row["toolchain"] for row in suite["skipped"]}
    engines = [engine for engine in suite["engines"] if engine not in skipped]
    reference = suite["reference"]
    subject = suite["subject"] if suite["subject"] in engines else None
    friend = suite["friend"] if suite["friend"] in engines else None
    if friend in (reference, subject):
        friend = None
    roles = [engine for engine in (reference, subject, friend) if engine is not None]
    compared = tuple(dict.fromkeys((*roles, *engines)))
    pairs = [(engine, reference) for engine in compared[1:]]
    pairs += [(subject, friend)] if subject is not None and friend is not None else []
    kernels = {name: program["kernel"] for name, program in suite["programs"].items()}
    found_tracks = {name: track_of(p, tracks) for name, p in suite["programs"].items()}

    def column(rows: Sequence[Mapping[str, Any]], metric: str) -> Column:
        ok = {(c["program"], c["engine"]) for c in suite["cells"] if status_in(c, metric) == "ok"}
        return _column(rows, metric, pairs, ok, kernels, found_tracks, min_effect)

    steady = suite["steady_blocks"]
    run = column(suite["blocks"], RUN)
    return SuiteScore(
        name=suite["name"],
        reference=reference,
        subject=subject,
        friend=friend,
        compared=compared,
        kernels=kernels,
        run=run,
        steady=column(steady, STEADY) if steady else None,
        coverage=_coverage(suite, compared, run.programs),
        builds=tuple(_builds(suite["cells"], engine) for engine in compared),
    )


def track_of(program: Mapping[str, Any], tracks: Sequence[Mapping[str, Any]]) -> str | None:
    """The track that a program's losses belong to: the first with one of its tags."""
    if program.get("track"):
        return str(program["track"])
    for track in tracks:
        if set(track["tags"]) & set(program["tags"]):
            return str(track["id"])
    return None


def log_ratios(
    rows: Iterable[Mapping[str, Any]], first: str, second: str, metric: str
) -> dict[str, tuple[float, ...]]:
    """Per program log(second / first) of the blocks in which both ran, in the blocks' order."""
    found: dict[str, list[float]] = {}
    for row in sorted(rows, key=lambda row: int(row["index"])):
        values = {run["engine"]: run.get(metric) for run in row["runs"]}
        own, other = values.get(first), values.get(second)
        if own and other:
            found.setdefault(row["program"], []).append(math.log(other / own))
    return {program: tuple(values) for program, values in found.items()}


def compare(
    first: str,
    second: str,
    ratios: Mapping[str, tuple[float, ...]],
    programs: Sequence[str],
    *,
    kernels: Mapping[str, str],
    tracks: Mapping[str, str | None],
    min_effect: float,
) -> Comparison:
    """Two engines by their log ratios; `programs` are those that the summary is about."""
    estimates = {name: ratio_estimate(ratios[name]) for name in sorted(ratios)}
    judged = {name: verdict(asdict(row), min_effect) for name, row in estimates.items()}
    verdicts = {
        word: tuple(name for name in sorted(programs) if judged[name] == word) for word in VERDICTS
    }
    mean = geometric_mean({name: ratios[name] for name in programs}) if programs else None
    logs = {name: median(ratios[name]) for name in programs}
    losses = [
        Loss(
            program=name,
            kernel=kernels.get(name, name),
            track=tracks.get(name),
            estimate=estimates[name],
            impact=logs[name] / len(logs) if name in logs else None,
            mean_without=_mean_without(logs, name),
        )
        for name, word in judged.items()
        if word == "slower"
    ]
    losses.sort(key=lambda loss: (loss.impact is None, loss.estimate.ratio, loss.program))
    return Comparison(
        first=first,
        second=second,
        log_ratios=ratios,
        estimates=estimates,
        mean=mean,
        mean_verdict=verdict(asdict(mean), min_effect) if mean is not None else None,
        program_verdicts=judged,
        verdicts=verdicts,
        losses=tuple(losses),
    )


def has_intervals(column: Column) -> bool:
    """Whether its programs were measured in enough blocks for intervals."""
    known = [row for comparison in column.comparisons for row in comparison.estimates.values()]
    return any(row.blocks >= MIN_BLOCKS for row in known)


def status_in(cell: Mapping[str, Any], metric: str) -> str:
    """A cell's status in the column of this metric; a cell that is not ok is so in both."""
    status = str(cell["status"])
    if metric == STEADY and status == "ok" and cell["steady_status"] is not None:
        return str(cell["steady_status"][0])
    return status


def _mean_without(logs: Mapping[str, float], program: str) -> float | None:
    if program not in logs or len(logs) == 1:
        return None
    others = [value for name, value in sorted(logs.items()) if name != program]
    return math.exp(math.fsum(others) / len(others))


def _column(
    rows: Sequence[Mapping[str, Any]],
    metric: str,
    pairs: Sequence[tuple[str, str]],
    ok: set[tuple[str, str]],
    kernels: Mapping[str, str],
    tracks: Mapping[str, str | None],
    min_effect: float,
) -> Column:
    ratios = {}
    for first, second in pairs:
        found = log_ratios(rows, first, second, metric)
        ratios[first, second] = {
            name: values
            for name, values in found.items()
            if (name, first) in ok and (name, second) in ok
        }
    common = [name for name in kernels if pairs and all(name in r for r in ratios.values())]
    return Column(
        metric=metric,
        programs=tuple(common),
        comparisons=tuple(
            compare(*pair, found, common, kernels=kernels, tracks=tracks, min_effect=min_effect)
            for pair, found in ratios.items()
        ),
        times=_times(rows, metric),
    )


def _times(rows: Iterable[Mapping[str, Any]], metric: str) -> dict[tuple[str, str], Summary]:
    values: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        for run in row["runs"]:
            if run.get(metric) is not None:
                values.setdefault((row["program"], run["engine"]), []).append(run[metric])
    return {key: summarize(known) for key, known in values.items()}


def _builds(cells: Iterable[Mapping[str, Any]], engine: str) -> Builds:
    own = [cell for cell in cells if cell["engine"] == engine and cell.get("build")]
    spent = [
        (cell["build"]["seconds"], cell["program"])
        for cell in own
        if cell["status"] != "build-failed" and cell["build"].get("seconds")
    ]
    each = [seconds for seconds, _ in spent]
    longest_s, longest = max(spent) if spent else (None, None)
    return Builds(
        engine=engine,
        count=len(spent),
        failed=sum(cell["status"] == "build-failed" for cell in own),
        total_s=math.fsum(each) if each else None,
        median_s=median(each) if each else None,
        longest_s=longest_s,
        longest=longest,
    )


def _coverage(
    suite: Mapping[str, Any], compared: Sequence[str], scored: tuple[str, ...]
) -> Coverage:
    by_status: dict[str, dict[str, int]] = {engine: {} for engine in compared}
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for cell in suite["cells"]:
        engine, status, reason = cell["engine"], cell["status"], cell["reason"]
        if engine not in compared:
            continue
        by_status[engine][status] = by_status[engine].get(status, 0) + 1
        if status == "ok" and status_in(cell, STEADY) != "ok":
            status, reason = cell["steady_status"]
            reason = f"steady state: {reason}"
        if status != "ok":
            reasons.setdefault((engine, status, reason), []).append(cell["program"])
    exclusions: dict[str, list[str]] = {}
    for row in suite["exclusions"]:
        exclusions.setdefault(row["reason"], []).append(row["entry"])
    counted = suite["coverage"]
    return Coverage(
        present=counted["present"],
        programs=len(suite["programs"]),
        scored=scored,
        quick_left_out=counted.get("quick_left_out", 0),
        by_status=by_status,
        not_scored=tuple(NotScored(*key, programs=tuple(names)) for key, names in reasons.items()),
        exclusions={reason: tuple(entries) for reason, entries in exclusions.items()},
    )
