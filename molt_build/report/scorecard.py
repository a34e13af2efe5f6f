"""Lanes as they were scored: what every table and page is made of.

A `Scored` is a lane with its engines, each taken from the first of one or several runs that has it;
a `Scorecard` is several lanes, each taken from the first run that measured it. An engine is always
compared with the reference of its own run, in the same blocks: nothing is ever divided by a time of
another run. Runs that are put together are alike in what makes their numbers comparable; they may
be of several machines, which the pages say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from molt_build.engines import AGAIN
from molt_build.errors import UsageError
from molt_build.measure.process import Metric
from molt_build.measure.statistics import Summary
from molt_build.results.bench import BenchResult, Cell, LaneResult, Program
from molt_build.results.combined import Combined, combine
from molt_build.results.facts import EngineFacts, by_family
from molt_build.results.pairs import Pair
from molt_build.results.scoring import (
    Column,
    Comparison,
    LaneScore,
    NotScored,
    ScoredShare,
    compare,
    score_column,
    score_lane,
)

COMBINED: tuple[Metric, ...] = ("wall_s", "steady_s")  # one figure over suites for each

Differences = list[tuple[str, object, object]]  # what differs, of the first, of the other


@dataclass(frozen=True)
class Scored:
    """A lane and its score, which is None where it was not measured.

    The first of the runs says what the lane is. `run_of` has the place of each engine's run in
    `results`, the reference's being the first.
    """

    lanes: tuple[LaneResult, ...]  # in each of the runs
    results: tuple[BenchResult, ...]
    run_of: Mapping[str, int]
    programs: Mapping[str, Program]
    cells: Mapping[tuple[str, str], Cell]  # (program, engine) -> cell
    score: LaneScore | None
    # The reference against itself, by metric, from the first run that measured it twice.
    again: Mapping[Metric, Comparison] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The lane's name."""
        return self.lane.name

    @property
    def lane(self) -> LaneResult:
        """The lane in the first of the runs."""
        return self.lanes[0]

    @property
    def families(self) -> dict[str, list[str]]:
        """The programs of each family."""
        return dict(sorted(by_family(self.programs).items()))

    @property
    def engines(self) -> dict[str, EngineFacts]:
        """What each engine is, as the run says that it is taken from."""
        rows = ((name, self.results[run].engines.get(name)) for name, run in self.run_of.items())
        return {name: facts for name, facts in rows if facts is not None}

    @property
    def python(self) -> str:
        """The version of the interpreter that extension modules were built for: 3.11.7."""
        return python_version(self.results[0])

    @property
    def pairs(self) -> tuple[tuple[int, Pair], ...]:
        """The pairs of engines, each with the number of its run: the first that has ratios of it.

        Both engines of a pair ran in the same blocks, so it is of one run, whichever runs the page
        takes each of them from.
        """
        found: dict[tuple[str, str], tuple[int, Pair]] = {}
        for run, lane in enumerate(self.lanes):
            for pair in lane.pairs:
                known = found.setdefault((pair.engine, pair.over), (run, pair))
                if pair.programs and not known[1].programs:
                    found[pair.engine, pair.over] = run, pair
        return tuple(found.values())

    def attempted(self, engine: str) -> int:
        """How many programs there were for the engine in its run."""
        return sum((name, engine) in self.cells for name in self.programs)

    def startup(self, engine: str) -> Cell | None:
        """The empty program under the engine."""
        lane = self.lanes[self.run_of[engine]]
        return next((cell for cell in lane.startup if cell.engine == engine), None)


@dataclass(frozen=True)
class Scorecard:
    """Lanes, with what is said once for all of them."""

    results: tuple[BenchResult, ...]  # only those that a lane was taken from
    lanes: tuple[Scored, ...]
    combined: tuple[Combined, ...]  # over the suites
    subject: str
    min_effect: float
    tracks: Mapping[str, str]  # id -> title

    @property
    def machines(self) -> list[str]:
        """The classes of machines that lanes were measured on."""
        return list(dict.fromkeys(machine(one.results[0]) for one, _ in self.measured))

    @property
    def measured(self) -> list[tuple[Scored, LaneScore]]:
        """The lanes that have a score."""
        return [(one, one.score) for one in self.lanes if one.score is not None]


def scorecard(results: Sequence[BenchResult], *, is_page: bool = False) -> Scorecard:
    """The scorecard of at least one result, the preferred first; `is_page` as in `scored`.

    Raises `UsageError` where the runs differ in what makes numbers comparable.
    """
    first = results[0]
    for result in results[1:]:
        _refuse(first, result, differences(first, result))
    taken: dict[str, BenchResult] = {}
    for result in results:
        for name, lane in result.lanes.items():
            if name not in taken or (
                is_measured(lane) and not is_measured(taken[name].lanes[name])
            ):
                taken[name] = result
    lanes = tuple(scored([result], name, is_page=is_page) for name, result in taken.items())
    used = [result for result in results if any(one.results[0] is result for one in lanes)]
    return Scorecard(
        results=tuple(used or results[:1]),
        lanes=lanes,
        combined=tuple(_combined(lanes)),
        subject=_subject(first),
        min_effect=max((one.lane.min_effect for one in lanes), default=0.0),
        tracks={track.id: track.title for result in results for track in result.tracks},
    )


def scored(results: Sequence[BenchResult], name: str, *, is_page: bool = False) -> Scored:
    """A lane of at least one run, every engine from the first run that has it.

    On a page the reference that was measured a second time is no engine: it stands apart (`again`).
    Raises `UsageError` where the runs are not of one lane, column, reference, profile, target and
    version of Python.
    """
    for result in results[1:]:
        _refuse(results[0], result, _apart(results[0], result, name))
    lanes = tuple(result.lanes[name] for result in results)
    first = lanes[0]
    run_of = {first.reference: 0}
    programs: dict[str, Program] = {}
    cells: dict[tuple[str, str], Cell] = {}
    for number, lane in enumerate(lanes):
        for engine in lane.compared:
            if not (is_page and engine.endswith(AGAIN)):
                run_of.setdefault(engine, number)
        for title, program in lane.programs.items():
            programs.setdefault(title, program)
        cells |= {(c.program, c.engine): c for c in lane.cells if run_of.get(c.engine) == number}
    again = _again(lanes) if is_page else {}
    one = Scored(lanes, tuple(results), run_of, programs, cells, score=None, again=again)
    if not is_measured(first):
        return one
    scores = [score_lane(lane) for lane in lanes]
    if len(scores) == 1 and len(run_of) == len(scores[0].compared):
        return replace(one, score=scores[0])
    return replace(one, score=_together(one, scores))


def _again(lanes: Sequence[LaneResult]) -> dict[Metric, Comparison]:
    """The reference against itself in each column of the first lane that measured it twice."""
    for lane in lanes:
        pair = (lane.reference + AGAIN, lane.reference)
        if pair[0] in lane.compared and is_measured(lane):
            return {
                metric: score_column(lane, metric, [pair]).comparisons[0]
                for metric in lane.columns
                if lane.blocks(metric)
            }
    return {}


def python_version(result: BenchResult) -> str:
    """The version of the interpreter that extension modules were built for: 3.11.7."""
    environment = result.environment
    return environment.host_python or environment.python.rpartition(" ")[2]


def is_measured(lane: LaneResult) -> bool:
    """Whether there is anything of it to score."""
    return lane.status in ("measured", "interrupted") and bool(lane.measurements)


def machine(result: BenchResult) -> str:
    """The class of the machine that it was measured on."""
    return result.environment.machine_class


def differences(first: BenchResult, other: BenchResult) -> Differences:
    """What keeps two runs of suites apart."""

    def facts(result: BenchResult) -> dict[str, object]:
        lane = next(iter(result.lanes.values()))
        known = {"profile": lane.profile, "min_effect": lane.min_effect}
        return {"subject": _subject(result), **known, "Python": python_version(result)}

    return _unequal(facts(first), facts(other)) if first.lanes and other.lanes else []


def _apart(first: BenchResult, other: BenchResult, name: str) -> Differences:
    """What keeps two runs of a lane apart."""

    def facts(result: BenchResult) -> dict[str, object]:
        names = ("reference", "metric", "profile", "target")
        found = {one: getattr(result.lanes[name], one) for one in names}
        return {**found, "Python": python_version(result)}

    if name not in other.lanes:
        return [("lane", name, ", ".join(other.lanes))]
    return _unequal(facts(first), facts(other))


def _unequal(own: Mapping[str, object], theirs: Mapping[str, object]) -> Differences:
    return [(name, own[name], theirs[name]) for name in own if own[name] != theirs[name]]


def _refuse(first: BenchResult, other: BenchResult, found: Differences) -> None:
    for what, own, theirs in found:
        message = f"{first.run} and {other.run} differ in their {what}"
        raise UsageError(message, f"{own} and {theirs}: nothing can show both")


def _subject(result: BenchResult) -> str:
    return next((lane.subject for lane in result.lanes.values() if lane.subject is not None), "")


def _together(one: Scored, scores: Sequence[LaneScore]) -> LaneScore:
    """The score of engines that were taken from several runs, or of some of one run's."""
    first = scores[0]
    places = one.run_of.items()
    return replace(
        first,
        compared=tuple(one.run_of),
        kernels={name: program.kernel for name, program in one.programs.items()},
        columns=tuple(_column(one, scores, column.metric) for column in first.columns),
        coverage=_coverage(one, scores),
        builds=tuple(b for name, n in places for b in scores[n].builds if b.engine == name),
    )


def _column(one: Scored, scores: Sequence[LaneScore], metric: Metric) -> Column:
    found: list[Comparison] = []
    values: dict[tuple[str, str], Summary] = {}
    for number, score in enumerate(scores):
        column = score.column(metric)
        if column is None:
            continue
        own = {engine for engine in one.run_of if one.run_of[engine] == number}
        found += [c for c in column.comparisons if c.first in own]
        values |= {key: value for key, value in column.values.items() if key[1] in own}
    common = [name for name in one.programs if found and all(name in c.log_ratios for c in found)]
    remade = [
        compare(
            c.first,
            c.second,
            c.log_ratios,
            common,
            one.programs,
            one.lane.effect(metric),
            c.floor,
        )
        for c in found
    ]
    return Column(metric, tuple(common), tuple(remade), values)


def _coverage(one: Scored, scores: Sequence[LaneScore]) -> ScoredShare:
    first = scores[0].coverage
    by_status = {e: scores[n].coverage.by_status.get(e, {}) for e, n in one.run_of.items()}
    rows: dict[NotScored, None] = {}
    for number, score in enumerate(scores):
        for row in score.coverage.not_scored:
            if one.run_of.get(row.engine) == number or row.engine == one.lane.reference:
                rows[row] = None
    return replace(first, programs=len(one.programs), by_status=by_status, not_scored=tuple(rows))


def _combined(lanes: Sequence[Scored]) -> Iterator[Combined]:
    """The subject against the reference over all suites, then against each friend."""
    scores = [one.score for one in lanes if one.score is not None and one.lane.suite is not None]
    pairs: dict[tuple[str | None, str | None], None]
    pairs = dict.fromkeys((s.subject, s.reference) for s in scores if s.subject)
    pairs |= dict.fromkeys((s.subject, s.friend) for s in scores if s.subject and s.friend)
    for metric in COMBINED:
        for first, second in pairs:
            found = combine(scores, first, second, metric) if first and second else None
            if found is not None:
                yield found
