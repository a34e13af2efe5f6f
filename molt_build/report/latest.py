"""Which runs are published: those that say most, and among equals the latest.

A run that cannot be read is passed over, and `warn` hears of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from molt_build.engines import AGAIN, REVISION_SIGN, parse
from molt_build.errors import UsageError
from molt_build.history.runs import Run, compared_engines, count_programs
from molt_build.manifests.model import Lane, Manifests
from molt_build.report.scorecard import differences, is_measured, machine
from molt_build.results.bench import BenchResult
from molt_build.results.files import read_bench
from molt_build.runs.folder import FRIENDS
from molt_build.runs.recorded import known_runs, read_results, readable_runs

Warn = Callable[[str], None]


def lane_runs(
    project: Path, manifests: Manifests, lane: Lane, warn: Warn = lambda line: None
) -> list[BenchResult]:
    """For each engine of the lane the latest run that says most about it.

    Full runs go before quick ones, runs of all programs before runs of some. Interrupted runs do
    not count, nor those of other revisions, and those with another reference, profile or machine.
    The runs, in the order in which the lane names their engines. Raises `UsageError` when there is
    none.
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
    wanted = map(named, (*lane.engines, *lane.optional))
    others = [name for run in runs for name in engines[run.id] if not name.endswith(AGAIN)]
    for engine in dict.fromkeys((*wanted, *others)):
        found = next((run for run in runs if engine in engines[run.id]), None)
        if found is not None and found not in chosen:
            chosen.append(found)
    if not chosen:
        message = f"there is no complete run of {lane.name}"
        raise UsageError(message, f"molt-build bench {lane.name} makes one")
    return [read_bench(project / run.folder) for run in chosen]


def suite_runs(project: Path, warn: Warn = lambda line: None) -> list[BenchResult]:
    """The latest run that is not quick, and for suites that it did not measure the latest others.

    The others are of the same subject, profile and class of machine. Runs of all programs go before
    those of some, full ones before quick ones, complete ones before interrupted ones. Raises
    `UsageError` when there is no run.
    """
    with known_runs(project, warn) as history:
        found = read_results(history, project, FRIENDS, warn)[::-1]
    results = [result for result in found if isinstance(result, BenchResult)]
    if not results:
        raise UsageError("no run of friend suites has a result", "molt-build friends makes one")
    # The sort is stable: among equals the latest stays first.
    results.sort(key=lambda r: (_is_narrowed(r), r.is_quick, r.is_interrupted))
    chosen, seen = results[:1], _measured_lanes(results[0])
    for result in results[1:]:
        is_alike = not differences(results[0], result) and machine(results[0]) == machine(result)
        if is_alike and _measured_lanes(result) - seen:
            chosen.append(result)
            seen |= _measured_lanes(result)
    return chosen


def _is_narrowed(result: BenchResult) -> bool:
    """Whether only some programs or other engines were asked for."""
    return any(lane.asked.programs or lane.asked.engines for lane in result.lanes.values())


def _measured_lanes(result: BenchResult) -> set[str]:
    return {name for name, lane in result.lanes.items() if is_measured(lane)}
