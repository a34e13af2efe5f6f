"""Whether a run can be reproduced: measured again from its identities, program by program.

It is rebuilt in a worktree of the run's commit, where the toolchains' locks are those of then, and
measured with the same engines, columns and programs, by the same budget. What is compared is a
program's ratio to the reference, as a machine that is another, or was slower that day, is so for
the reference too; seconds stand beside it where the class of machine is the same, and decide
nothing.

Let r_i be the ratio in each run and h_i half of its 95 % interval, both on the log scale. A second
run of the same lies within z sqrt(s_1^2 + s_2^2) of the first, s = h / 1.96: the prediction
interval of Patil, Peng and Leek (2016, Perspectives on Psychological Science 11, 539-544). For all
m comparisons of a run to agree in 95 % of reproductions, z is Bonferroni's (Dunn 1961, JASA 56,
52-64), and what the lane holds for no effect, e, is added, for what differs between two runs and
not within one, as layouts do:

    tolerance = log(1 + e) + z / 1.96 sqrt(h_1^2 + h_2^2),    z = Phi^-1(1 - 0.05 / 2m)

Of counts there are no such intervals: their tolerance is log(1 + e) and both runs' noise floors.

Simulated, of 150 reproductions of 40 programs each, in per cent those of which anything disagreed
though nothing had changed; the same where runs differ by 1 % more than blocks say; and how often a
program was found that had become 10 % faster, by blocks of a run:

    noise of blocks                 6, 8, 20 blocks     runs differ           10 %
    normal, 2 %                       0    0    0      0.7  2.7  1.3       85   95  100
    Student's t2                      0    0    0      0.0  1.3  1.3       60   78  100
    spikes of 30 %, one in five     3.3  1.3    0      2.7  0.0  6.0       18   53   98
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Literal

from molt_build.bench.job import run_lane
from molt_build.bench.selection import Asked
from molt_build.building.session import Session
from molt_build.engines import AGAIN
from molt_build.errors import UsageError
from molt_build.governance.comparable import why_not
from molt_build.governance.compare import differing, run_warnings
from molt_build.governance.freshness import Tree
from molt_build.measure.counts import effect_of
from molt_build.measure.process import METRIC_WAYS, Metric
from molt_build.measure.statistics import CONFIDENCE, RatioEstimate
from molt_build.results.bench import BenchResult, LaneResult
from molt_build.results.signals import SignalsResult
from molt_build.runs.job import Finished
from molt_build.sources.revisions import find_commit
from molt_build.watch import Watch

ReproducedVerdict = Literal["agrees", "disagrees", "not comparable"]
VERDICTS: tuple[ReproducedVerdict, ...] = ("disagrees", "not comparable", "agrees")
# What says nothing of the program and the engine: it was not tried, or another run decided it.
_NOT_TRIED = ("left-out", "absent", "unsupported", "c_accelerated", "unchecked", "diverges")
_ONE = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)  # 1.96


@dataclass(frozen=True)
class ReproducedProgram:
    """A program under an engine in a column, then and now."""

    lane: Annotated[str, "The lane or suite."]
    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine."]
    metric: Annotated[Metric, "The column."]
    verdict: Annotated[
        ReproducedVerdict,
        "agrees: the ratios are within the tolerance, or it failed alike. disagrees: they are not, "
        "or it failed in one run alone. not comparable: it is not the same thing, was not measured "
        "in both, or has no interval.",
    ]
    then: Annotated[RatioEstimate | None, "Its ratio to the reference in the run."]
    now: Annotated[RatioEstimate | None, "The same in the reproduction."]
    apart: Annotated[float | None, "How far the ratios are apart: 0.03 is 3 %."]
    tolerance: Annotated[float | None, "How far they may be."]
    times: Annotated[
        float | None, "Its median now over then; null where the class of machine is another."
    ]
    artifacts: Annotated[
        Literal["same", "other", "not recorded"], "Whether what ran is the same, by its digests."
    ]
    other_artifacts: Annotated[tuple[str, ...], "What of it is another."]
    reason: Annotated[str, "Why it is not comparable, or how it failed; else empty."]


@dataclass(frozen=True)
class Reproduction:
    """A run that was measured again."""

    run: Annotated[str, "The run: JOB/TIMESTAMP."]
    by: Annotated[tuple[str, ...], "The runs that it is held against."]
    commit: Annotated[str | None, "The project's commit in it."]
    is_same_machine: Annotated[bool, "Whether both are of one class of machine."]
    confidence: Annotated[float, "How often all of a faithful reproduction agrees."]
    comparisons: Annotated[int, "Among how many comparisons that is: the tolerance grows with it."]
    notes: Annotated[tuple[str, ...], "What differs between the runs as a whole."]
    programs: Annotated[tuple[ReproducedProgram, ...], "Each program, engine and column."]

    def of(self, verdict: ReproducedVerdict) -> list[ReproducedProgram]:
        """The programs of a verdict."""
        return [one for one in self.programs if one.verdict == verdict]

    @property
    def is_reproduced(self) -> bool:
        """Whether something agrees, and nothing disagrees."""
        return bool(self.of("agrees")) and not self.of("disagrees")


def commit_of_then(project: Path, result: BenchResult | SignalsResult) -> tuple[str | None, str]:
    """The commit to measure a run at again; None: this tree as it is, and why it is that.

    Nothing is to be said where this tree is at that commit, unchanged.
    """
    commit = result.environment.git_commit
    why = ""
    if commit is None:
        why = f"{result.run} is of no commit"
    elif result.environment.git_is_dirty:
        why = f"{result.run} was made of files that differed from their commit, and are not kept"
    else:
        head = Tree(project, 0.0).head
        if head.commit == commit and head.is_dirty is False:
            return None, ""
        try:
            return find_commit(project, commit), ""
        except UsageError as error:
            why = error.message
    return None, f"{why}: this tree is measured"


def measured_again(
    session: Session,
    lane: LaneResult,
    result: BenchResult,
    watch: Watch,
    *,
    programs: Sequence[str] = (),
    engines: Sequence[str] = (),
    budget_s: float | None = None,
    jobs: int,
) -> Finished[BenchResult]:
    """Measure a lane or a suite of a run as it was measured; raises as `run_lane` does.

    Of `programs` and `engines` these alone, with a `budget_s` in that and not in the run's.
    """
    asked = asked_again(lane, result, programs=programs, engines=engines, budget_s=budget_s)
    command = ("molt-build", "reproduce", result.run)
    return run_lane(session, lane.name, asked, watch, jobs=jobs, command=command)


def asked_again(
    lane: LaneResult,
    result: BenchResult,
    *,
    programs: Sequence[str] = (),
    engines: Sequence[str] = (),
    budget_s: float | None = None,
) -> Asked:
    """What measures a lane of a run as it was measured; `programs` and so on as above."""
    named = [one for one in lane.compared if one in result.engines and not one.endswith(AGAIN)]
    named = [one for one in named if result.engines[one].revision is None]
    plans = [found.plan for found in lane.measurements.values()]
    precisions = [plan.precision for plan in plans if plan.precision is not None]
    return Asked(
        programs=tuple(programs) or lane.asked.programs,
        engines=tuple(engines) or tuple(named),
        reference=lane.reference,
        against=None if lane.against is None else lane.against.commit,
        profile=lane.profile,
        budget_s=budget_s or result.budget_s,
        precision=None if budget_s else next(iter(precisions), None),
        is_quick=result.is_quick,
        is_again=any(one.endswith(AGAIN) for one in lane.engines),
        columns=lane.columns,
        layouts=max((len(plan.layouts) for plan in plans), default=0),
    )


def reproduction(
    result: BenchResult, others: Sequence[BenchResult], notes: Sequence[str] = ()
) -> Reproduction:
    """A run held against others, each of which has a lane or suite of it or several.

    Raises `UsageError` where they have none in common.
    """
    pairs = [
        (result.lanes[name], lane, other)
        for other in others
        for name, lane in other.lanes.items()
        if name in result.lanes and lane.measurements
    ]
    if not pairs:
        names = ", ".join(other.run for other in others)
        raise UsageError(f"{result.run} and {names} have no lane and no suite in common")
    machine = result.environment.machine_class
    is_same = all(other.environment.machine_class == machine for other in others)
    rows = [one for old, new, other in pairs for one in _compared(old, new, other, is_same=is_same)]
    comparisons = sum(_has_intervals(one) for one in rows)
    lanes = {old.name: old for old, _, _ in pairs}
    return Reproduction(
        run=result.run,
        by=tuple(other.run for other in others),
        commit=result.environment.git_commit,
        is_same_machine=is_same,
        confidence=CONFIDENCE,
        comparisons=comparisons,
        notes=tuple(
            dict.fromkeys((*notes, *(w for other in others for w in run_warnings(result, other))))
        ),
        programs=tuple(_judged(one, lanes[one.lane], comparisons) for one in rows),
    )


def tolerance(
    then: RatioEstimate, now: RatioEstimate, metric: Metric, min_effect: float, comparisons: int
) -> float | None:
    """How far two ratios may be apart on the log scale; None where one has no interval."""
    if then.half_width is None or now.half_width is None:
        return None
    least = math.log1p(effect_of(metric, min_effect))
    if METRIC_WAYS[metric] == "counted":
        return least + then.half_width + now.half_width
    share = (1 - CONFIDENCE) / max(comparisons, 1)
    z = NormalDist().inv_cdf(1 - share / 2)
    return least + z / _ONE * math.hypot(then.half_width, now.half_width)


def _compared(
    old: LaneResult, new: LaneResult, other: BenchResult, *, is_same: bool
) -> Iterator[ReproducedProgram]:
    """Each program, engine and column of a lane, not judged yet; of what was measured now."""
    programs = [name for name in old.programs if name in new.programs or not new.asked.programs]
    engines = [name for name in old.compared if name in new.engines or not new.asked.engines]
    for name in programs:
        for engine in engines:
            for metric in old.columns:
                if (name, engine) in old.cells_by_key:
                    yield _row(old, new, name, engine, metric, is_same=is_same)


def _row(
    old: LaneResult, new: LaneResult, name: str, engine: str, metric: Metric, *, is_same: bool
) -> ReproducedProgram:
    then, now = (lane.cells_by_key.get((name, engine)) for lane in (old, new))
    assert then is not None  # of which rows are made
    row = ReproducedProgram(
        lane=old.name,
        program=name,
        engine=engine,
        metric=metric,
        verdict="not comparable",
        then=then.speedup(metric),
        now=None if now is None else now.speedup(metric),
        apart=None,
        tolerance=None,
        times=None,
        artifacts="not recorded",
        other_artifacts=(),
        reason="",
    )
    if now is None:
        skipped = {one.engine: one.reason for one in new.skipped}
        return replace(row, reason=skipped.get(engine, "it was not measured again"))
    if then.artifacts and now.artifacts:
        others = differing(then.artifacts, now.artifacts)
        row = replace(row, artifacts="other" if others else "same", other_artifacts=tuple(others))
    if is_same and metric in then.metrics and metric in now.metrics:
        medians = [cell.metrics[metric].summary.median for cell in (then, now)]
        row = replace(row, times=medians[1] / medians[0] if medians[0] else None)
    if METRIC_WAYS[metric] not in new.measurements and METRIC_WAYS[metric] in old.measurements:
        return replace(row, reason=f"{metric} was not measured again")
    outcomes = [cell.outcome(metric) for cell in (then, now)]
    statuses = [outcome.status for outcome in outcomes]
    tried = [one for one in statuses if one not in _NOT_TRIED]
    if len(tried) == 2 and set(statuses) != {"ok"}:
        both = statuses[0] == statuses[1]
        words = [f"{one.status}: {one.reason}" if one.reason else one.status for one in outcomes]
        reason = f"{statuses[0]}, then and now" if both else f"then {words[0]}; now {words[1]}"
        return replace(row, verdict="agrees" if both else "disagrees", reason=reason)
    return replace(row, reason=why_not(old, new, engine, name, metric) or "")


def _has_intervals(row: ReproducedProgram) -> bool:
    ratios = (row.then, row.now)
    return not row.reason and all(one is not None and one.half_width is not None for one in ratios)


def _judged(row: ReproducedProgram, lane: LaneResult, comparisons: int) -> ReproducedProgram:
    """The row with what its ratios say; what has a reason is judged."""
    then, now = row.then, row.now
    if row.reason or then is None or now is None:
        return row
    apart = abs(math.log(now.ratio) - math.log(then.ratio))
    row = replace(row, apart=math.expm1(apart))
    allowed = tolerance(then, now, row.metric, lane.min_effect, comparisons)
    if allowed is None:
        return replace(row, reason="it has no interval: six blocks make one")
    verdict: ReproducedVerdict = "agrees" if apart <= allowed else "disagrees"
    return replace(row, verdict=verdict, tolerance=math.expm1(allowed))
