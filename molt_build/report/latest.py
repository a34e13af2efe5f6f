"""Which runs are published: full ones, and among equals the latest.

A page that is published is in the project for everybody to read, and is never replaced by one that
says less: a quick run, a part of one, or one that was narrowed is not taken (`Choice.passed` says
why), and where the full ones that are left do not make the whole page, none is written. Who wants
another page names its runs, or its file: then all runs count, those that say most before others,
and what is later than the page but not on it is said (`Choice.passed`), with how to take it.

A run that cannot be read is passed over, and `warn` hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.engines import AGAIN, REVISION_SIGN, parse
from molt_build.errors import UsageError
from molt_build.history.runs import Run, compared_engines, count_programs, metrics_of
from molt_build.manifests.model import Lane, Manifests
from molt_build.report.scorecard import differences, is_measured, machine, python_version
from molt_build.results.bench import BenchResult, LaneResult
from molt_build.results.files import read_bench
from molt_build.runs.folder import FRIENDS
from molt_build.runs.recorded import known_runs, read_results, readable_runs
from molt_build.watch import counted

Warn = Callable[[str], None]

ELSEWHERE = "--from RUN takes any run, --output FILE writes what there is to another file"


@dataclass(frozen=True)
class NotTaken:
    """A later run that the page is not made of."""

    run: Annotated[str, "The run."]
    reason: Annotated[str, "Why not."]


@dataclass(frozen=True)
class Choice:
    """The runs of a page, and those that are not taken though they are later than one of them."""

    results: tuple[BenchResult, ...]
    passed: tuple[NotTaken, ...]  # the latest first


class NothingToPublish(UsageError):
    """No run, or no set of runs, that makes the whole page; `passed` says what there is."""

    def __init__(self, message: str, hint: str, passed: tuple[NotTaken, ...] = ()) -> None:
        super().__init__(message, f"{hint}; {ELSEWHERE}" if passed else hint)
        self.passed = passed


def lane_runs(
    project: Path,
    manifests: Manifests,
    lane: Lane,
    warn: Warn = lambda line: None,
    *,
    is_published: bool = True,
    python: str | None = None,
) -> Choice:
    """For each engine of the lane the latest full run of it, in the order in which it names them.

    All of one version of Python: that which `python` names (3.13, or 3.13.0), by default the one
    that molt_build ran on. Not those that were interrupted, of other revisions, or with another
    reference, profile or machine. Unless the page `is_published`, quick runs and runs of some
    programs come after them. Raises `NothingToPublish` when there is none, or an engine of the
    lane's own would be missing.
    """

    def named(text: str) -> str:
        return parse(text).named(lane.profile, lane.target)

    reference = named(lane.reference)
    programs = sum(len(manifests.workloads[name].programs) for name in lane.workloads)

    def why_never(run: Run, engines: list[str]) -> str:
        if run.is_interrupted:
            return "it was interrupted"
        if run.reference != reference:
            return f"its reference is {run.reference}"
        if run.profile != lane.profile:
            return f"its profile is {run.profile}"
        if metrics[run.id] and lane.columns[0] not in metrics[run.id]:
            return f"it has no column {lane.columns[0]}"
        has_others = any(REVISION_SIGN in name for name in engines)
        return "it has engines of other revisions" if has_others else ""

    def why_not_full(run: Run) -> str:
        if run.is_quick:
            return "it is quick"
        size = sizes[run.id]
        return f"it has {size} of {counted(programs, 'program')}" if size < programs else ""

    with known_runs(project, warn) as history:
        every = readable_runs(history, project, lane.name, warn)[::-1]
        engines = {run.id: list(compared_engines(history, run)) for run in every}
        sizes = {run.id: count_programs(history, run) for run in every}
        metrics = {run.id: metrics_of(history, run) for run in every}
    reasons = {run.id: why_never(run, engines[run.id]) for run in every}
    if is_published:
        reasons = {run.id: reasons[run.id] or why_not_full(run) for run in every}
    runs = [run for run in every if not reasons[run.id]]
    # The sort is stable: among equals the latest stays first.
    runs.sort(key=lambda run: (sizes[run.id] < programs, run.is_quick))
    for run in runs:
        if run.machine_class != runs[0].machine_class:
            reasons[run.id] = f"it is of another machine than {runs[0].timestamp}"
    runs = [run for run in runs if not reasons[run.id]]
    own = [named(name) for name in lane.engines]
    wanted = [*own, *map(named, lane.optional)]
    others = [name for run in runs for name in engines[run.id] if not name.endswith(AGAIN)]
    wanted = list(dict.fromkeys((*wanted, *others)))
    taking = _OfOnePython(project, python)
    chosen = taking.choose(runs, wanted, engines)
    reasons |= taking.reasons
    first = min((run.timestamp for run in chosen), default="")
    if not is_published:  # later, but says less
        for run in every:
            if not reasons[run.id] and run not in chosen and run.timestamp > first:
                why = why_not_full(run) or "another has its engines"
                reasons[run.id] = f"{why}; --from {run.id} takes it"
    passed = tuple(
        NotTaken(run.id, reasons[run.id])
        for run in every
        if reasons[run.id] and run.timestamp > first
    )
    command = f"molt-build bench {lane.name}"
    if not chosen:
        kind = "full" if is_published else "complete"
        message = f"there is no {kind} run of {lane.name}"
        raise NothingToPublish(message, f"{command} makes one", passed)
    results = tuple(taking.read(run) for run in chosen)
    lanes = [result.lanes[lane.name] for result in results]
    there = {name for one in lanes for name in (one.reference, *one.engines)}
    missing = [name for name in own if name not in there]
    if is_published and missing:
        message = f"no full run of {lane.name} has {', '.join(missing)}"
        raise NothingToPublish(message, f"{command} measures it", (*passed, *map(_part, results)))
    return Choice(results, passed)


class _OfOnePython:
    """Takes runs of one version of Python: their results say which, and are read once."""

    def __init__(self, project: Path, python: str | None) -> None:
        self.reasons: dict[str, str] = {}  # why runs are not taken
        self._project = project
        self._python = python
        self._results: dict[str, BenchResult] = {}

    def read(self, run: Run) -> BenchResult:
        """The result of a run."""
        if run.id not in self._results:
            self._results[run.id] = read_bench(self._project / run.folder)
        return self._results[run.id]

    def choose(
        self, runs: Sequence[Run], wanted: Sequence[str], engines: Mapping[str, Sequence[str]]
    ) -> list[Run]:
        """For each engine the first of the runs that has it and is of the version.

        That is the one that was asked for, by default molt_build's own; where no run is of that,
        the first run's.
        """
        if self._python is None:
            self._python = self._default(runs)
        chosen: list[Run] = []
        for engine in wanted:
            found = next((r for r in runs if engine in engines[r.id] and self._is_taken(r)), None)
            if found is not None and found not in chosen:
                chosen.append(found)
        return chosen

    def _default(self, runs: Sequence[Run]) -> str:
        own = (run for run in runs if self.read(run).environment.host_python is None)
        first = next(own, next(iter(runs), None))
        return "" if first is None else python_version(self.read(first))

    def _is_taken(self, run: Run) -> bool:
        there = python_version(self.read(run))
        if not f"{there}.".startswith(f"{self._python}."):
            self.reasons[run.id] = f"it is of Python {there}"
            return False
        self._python = there
        return True


def suite_runs(
    project: Path,
    references: Mapping[str, str] | None = None,
    warn: Warn = lambda line: None,
    *,
    is_published: bool = True,
) -> Choice:
    """The latest full run, and for suites that it did not measure the latest others.

    The others are of the same subject, profile and class of machine. `references` has the suites of
    the project and the reference of each. Unless the page `is_published`, runs of some programs or
    other engines, quick and interrupted ones come after the full ones. Raises `NothingToPublish`
    when there is no run, or a suite of the project would be missing.
    """
    with known_runs(project, warn) as history:
        found = read_results(history, project, FRIENDS, warn)[::-1]
    every = [result for result in found if isinstance(result, BenchResult)]
    if not every:
        raise NothingToPublish(
            "no run of friend suites has a result", "molt-build friends makes one"
        )
    references = references or {}
    reasons = {}
    if is_published:
        reasons = {one.run: why for one in every if (why := why_not_published(one, references))}
    results = [result for result in every if result.run not in reasons]
    # The sort is stable: among equals the latest stays first.
    results.sort(key=lambda r: (_is_narrowed(r), r.is_quick, r.is_interrupted))
    chosen = results[:1]
    seen = _measured_lanes(chosen[0]) if chosen else set()
    for result in results[1:]:
        if found_apart := [what for what, *_ in differences(results[0], result)]:
            reasons[result.run] = f"it has another {found_apart[0]} than {results[0].timestamp}"
        elif machine(results[0]) != machine(result):
            reasons[result.run] = f"it is of another machine than {results[0].timestamp}"
        elif _measured_lanes(result) - seen:
            chosen.append(result)
            seen |= _measured_lanes(result)
    first = min((result.timestamp for result in chosen), default="")
    if not is_published:  # later, but says less
        for result in every:
            if result.run not in reasons and result not in chosen and result.timestamp > first:
                why = why_not_published(result, references) or "another has its suites"
                reasons[result.run] = f"{why}; --friends {result.run} takes it"
    passed = tuple(
        NotTaken(result.run, reasons[result.run])
        for result in every
        if result.run in reasons and result.timestamp > first
    )
    if not chosen:
        message = "there is no full run of friend suites"
        raise NothingToPublish(message, "molt-build friends makes one", passed)
    missing = [name for name in references if name not in seen]
    if is_published and missing:
        message = f"no full run measured the suites {', '.join(missing)}"
        words = " ".join(f"--suite {name}" for name in missing)
        parts = (*passed, *map(_part, chosen))
        raise NothingToPublish(message, f"molt-build friends {words} measures them", parts)
    return Choice(tuple(chosen), passed)


def is_whole(result: BenchResult, references: Mapping[str, str]) -> bool:
    """Whether a run is one to publish: every suite with all of its programs, and not in a hurry.

    With the engines that it has by itself, against its own reference, each once: `references` has
    those of all suites.
    """
    lanes = [result.lanes.get(name) for name in references]
    has_all = all(lane is not None and lane.status == "measured" for lane in lanes)
    return has_all and not why_not_published(result, references)


def why_not_published(result: BenchResult, references: Mapping[str, str]) -> str:
    """Why a run of suites is none to publish, whatever suites it has; empty when it is one."""
    if result.is_quick:
        return "it is quick"
    if result.is_interrupted:
        return "it was interrupted"
    return next(filter(None, _narrowings(result, references)), "")


def _narrowings(result: BenchResult, references: Mapping[str, str]) -> Iterator[str]:
    for name, lane in result.lanes.items():
        yield _narrowing(lane, references.get(name, lane.reference))


def _narrowing(lane: LaneResult, reference: str) -> str:
    """What makes a suite's part of a run another than the whole, as it is by itself."""
    if lane.asked.programs:
        return f"it has only some programs of {lane.name}"
    if lane.asked.columns:
        return f"it has other columns than {lane.name} has by itself"
    if lane.asked.engines:
        return f"it has other engines than {lane.name} has by itself"
    if lane.reference != reference:
        return f"its reference of {lane.name} is {lane.reference}"
    return "it measures engines at another revision too" if lane.against is not None else ""


def _is_narrowed(result: BenchResult) -> bool:
    """Whether only some programs, other engines or other columns were asked for."""
    asked = [lane.asked for lane in result.lanes.values()]
    return any(one.programs or one.engines or one.columns for one in asked)


def _measured_lanes(result: BenchResult) -> set[str]:
    return {name for name, lane in result.lanes.items() if is_measured(lane)}


def _part(result: BenchResult) -> NotTaken:
    return NotTaken(result.run, f"by itself it has only {', '.join(result.lanes)}")
