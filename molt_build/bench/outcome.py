"""A lane's result, of what was prepared and measured: `molt_build.results.bench` has the types.

A lane that could not be measured has a result of the same form, with nothing in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from molt_build.bench.against import against
from molt_build.bench.cells import ReadyCell, why_uncountable
from molt_build.bench.logs import log_path
from molt_build.bench.meaning import why_not_scored
from molt_build.bench.measuring import pasted_cell
from molt_build.bench.preparing import Prepared
from molt_build.bench.programs import BenchProgram, Staged
from molt_build.bench.resuming import adapter_digests
from molt_build.bench.selection import Selection
from molt_build.bench.ways import Measured
from molt_build.engines import AGAIN, REVISION_SIGN, parse
from molt_build.manifests import workload
from molt_build.manifests.suite import Suite
from molt_build.measure import blocks
from molt_build.measure.counting import Counter
from molt_build.measure.counts import between, effect_of, noise_floors, within_floor
from molt_build.measure.process import METRIC_WAYS, Metric, Way
from molt_build.measure.scratch import private_environment
from molt_build.measure.statistics import ratio_estimate, summarize
from molt_build.results import bench as results
from molt_build.results.bench import (
    Cell,
    Coverage,
    Exclusion,
    LaneResult,
    LaneStatus,
    Meaning,
    Narrowed,
    Outcome,
    Track,
)
from molt_build.results.pairing import pairs_of
from molt_build.results.scoring import track_of, with_summaries
from molt_build.results.startup import short_runs
from molt_build.results.suites import Adapter, Source, SuiteFacts
from molt_build.results.verdicts import verdict
from molt_build.runs.job import warnings_of
from molt_build.sources.download import split_credentials
from molt_build.toolchains.wanted import Wanted, looking_closer

# Ended or refused in a way that is the engine's fault, unlike "unsupported", which was declared.
FAILURES = ("differs", "failed", "timeout", "build-failed")
SCRATCH = Path("{scratch}")


def unmeasured(project: Path, selection: Selection, status: LaneStatus, reason: str) -> LaneResult:
    """The result of a lane that nothing was measured of, and why."""
    suite, subjects = selection.suite, selection.subjects
    return LaneResult(
        name=selection.name,
        description=selection.lane.description,
        status=status,
        reason=reason,
        suite=None if suite is None else _suite(project, selection, suite, {}),
        profile=selection.profile,
        target=selection.target,
        reference=selection.reference.name,
        subject=subjects[0] if subjects else None,
        engines=tuple(one.name for one in selection.all_engines),
        judged=selection.judged,
        columns=selection.columns[:1],
        min_effect=selection.lane.min_effect,
        asked=Narrowed(selection.asked.programs, selection.asked.engines, selection.asked.columns),
        skipped=(),
        pinned_cpu=None,
        peak_memory_floor_bytes=0,
        measurements={},
        parts=(),
        warnings=(),
        programs={},
        exclusions=(),
        coverage=Coverage(0, 0, 0, 0),
        builds={},
        cells=(),
        startup=(),
        summaries={},
        against=None,
    )


def describe(
    project: Path,
    prepared: Prepared,
    measured: Measured,
    tracks: Sequence[Track],
    meanings: Mapping[str, Meaning],
) -> LaneResult:
    """The result of a lane that was measured, wholly or in part."""
    staged, ways = prepared.staged, measured.ways
    selection = staged.selection
    status: LaneStatus = "interrupted" if measured.is_interrupted else "measured"
    empty = unmeasured(project, selection, status, "")
    columns = tuple(metric for metric in selection.columns if METRIC_WAYS[metric] in ways)
    found = {
        metric: _measured(selection, ways[way].measurement, metric)
        for metric, way in METRIC_WAYS.items()
        if way in ways
    }
    cells = {
        key: _with_meaning(_cell(selection, measured, found, cell), cell.program, meanings)
        for key, cell in prepared.cells.items()
    }
    of_programs = [
        cells[one.name, engine.name] for one in staged.programs for engine in prepared.engines
    ]
    startup = staged.startup
    digests = adapter_digests(selection)
    suite = selection.suite
    lane = replace(
        empty,
        suite=None if suite is None else _suite(project, selection, suite, digests),
        columns=columns or selection.columns[:1],
        skipped=prepared.skipped,
        pinned_cpu=measured.pinned_cpu,
        peak_memory_floor_bytes=measured.peak_memory_floor_bytes,
        measurements={
            way: results.Measurement(
                one.plan,
                one.measurement.blocks,
                counting_facts(measured.counter, one.measurement) if way == "counted" else None,
            )
            for way, one in ways.items()
        },
        parts=measured.parts,
        # How busy the machine is moves no count.
        warnings=() if ways.keys() <= {"counted"} else warnings_of(measured.parts),
        programs={one.name: _program(one, tracks) for one in staged.programs},
        meanings=meanings,
        exclusions=tuple(Exclusion(*row) for row in staged.exclusions),
        builds={one.name: one.build for one in prepared.engines},
        cells=tuple(of_programs),
        startup=()
        if startup is None
        else tuple(cells[startup.name, engine.name] for engine in prepared.engines),
    )
    lane = with_summaries(lane)
    summary = lane.summaries.get(lane.metric)
    scored = summary.programs if summary is not None else ()
    lane = replace(lane, coverage=_coverage(staged, len(scored)))
    return replace(
        lane,
        against=against(lane, prepared, ways),
        short_runs=short_runs(lane),
        pairs=pairs_of(lane, selection.pairs),
    )


def failures(lane: LaneResult) -> list[str]:
    """The cells that make a lane fail: of the engines it is judged by, and of the reference."""
    judged = (*lane.judged, lane.reference) if lane.judged else ()
    found = [(cell, cell.outcome(lane.metric)) for cell in lane.cells if cell.engine in judged]
    lines = [
        f"{cell.program} under {cell.engine}: {outcome.status}: {outcome.reason}"
        for cell, outcome in found
        if outcome.status in FAILURES
    ]
    if lane.suite is None:  # whose programs are built by its own command alone
        now = [cell for cell, one in found if one.status == "build-failed"]
        not_built = [cell for cell in now if REVISION_SIGN not in cell.engine]
        lines += [looking_closer(_wanted(cell, lane)) for cell in not_built[:1]]
    return lines


def _wanted(cell: Cell, lane: LaneResult) -> Wanted:
    engine = parse(cell.engine.removesuffix(AGAIN)).within(lane.profile, lane.target)
    return Wanted(cell.program, engine.toolchain, engine.profile or "", engine.target or "")


def _suite(
    project: Path, selection: Selection, suite: Suite, digests: Mapping[str, str]
) -> SuiteFacts:
    return SuiteFacts(
        friend=selection.friend,
        licence=suite.licence,
        source=_source(suite.source),
        adapter=_adapter(project, suite.adapter, digests),
        jit_engines=selection.jit_engines,
    )


def _source(source: workload.Source) -> Source:
    pin = source.commit or source.sha256
    if source.pypi is not None:
        location = f"{source.pypi} {source.version} {source.file}"
        return Source("pypi", location, pin, source.ref)
    if source.npm is not None:
        return Source("npm", f"{source.npm} {source.version}", pin, source.ref)
    if source.git is not None:
        return Source("git", split_credentials(source.git)[0], pin, source.ref)
    if source.archive is not None:
        return Source("archive", split_credentials(source.archive)[0], pin, source.ref)
    return Source("project", source.project or "", pin, source.ref)


def _adapter(
    project: Path, adapter: workload.Adapter | None, digests: Mapping[str, str]
) -> Adapter | None:
    if adapter is None:
        return None

    def shown(file: str | None) -> str | None:
        if file is None:
            return None
        path = os.path.relpath(file, project)
        return os.path.basename(file) if path.startswith("..") else path

    drive, prepare = shown(adapter.drive), shown(adapter.prepare)
    return Adapter(drive, prepare, adapter.note, digests)


def _program(one: BenchProgram, tracks: Sequence[Track]) -> results.Program:
    program = one.program
    return results.Program(
        workload=one.owner,
        family=program.family,
        kernel=one.kernel,
        description=program.description,
        tags=program.tags,
        track=track_of(program.tags, tracks),
        entry=one.entry,
        module=one.module,
        form=one.form,
        size=program.size,
        args=one.args,
        timeout_s=one.timeout_s,
        c_accelerated=one.c_accelerated,
        unchecked=one.unchecked,
        source_digest=one.source_digest,
        staged=str(one.folder) if one.is_staged else None,
        environment=dict(program.environment),
        exit_status=program.exit_status,
    )


def _coverage(staged: Staged, scored: int) -> Coverage:
    return Coverage(
        present=staged.present,
        programs=len(staged.programs),
        scored=scored,
        quick_left_out=staged.left_out,
    )


def counting_facts(
    counter: Counter | None, measurement: blocks.Measurement
) -> results.Counting | None:
    """How instructions were counted; None where they were not."""
    if counter is None:
        return None
    runs = [run for block in measurement.blocks for run in block.runs]
    return results.Counting(
        counter=counter.name,
        version=counter.version,
        has_fixed_addresses=bool(counter.setarch),
        floors=noise_floors(measurement.blocks),
        counted=sum("instructions" in run.metrics and not run.is_kept for run in runs),
        kept=sum(run.is_kept for run in runs),
    )


def _measured(
    selection: Selection, measurement: blocks.Measurement, metric: Metric
) -> dict[tuple[str, str], results.Measured]:
    """What the metric was of each cell that is scored, by program and engine."""
    reference, done = selection.reference.name, measurement.blocks
    floors = noise_floors(done) if METRIC_WAYS[metric] == "counted" else None
    effect = effect_of(metric, selection.lane.min_effect)
    ratios = {
        engine: blocks.log_ratios(done, engine, reference, metric)
        for engine in measurement.engines
        if engine != reference
    }
    found = {}
    for (program, engine), amounts in blocks.values(done, metric).items():
        if measurement.is_scored(program, engine):
            logs = ratios.get(engine, {}).get(program)
            floor = between(floors, engine, reference)
            speedup = within_floor(ratio_estimate(logs), floor) if logs else None
            is_column = metric in selection.columns
            word = verdict(speedup, effect) if is_column else None
            found[program, engine] = results.Measured(summarize(amounts), speedup, word)
    return found


def _cell(
    selection: Selection,
    measured: Measured,
    found: Mapping[Metric, Mapping[tuple[str, str], results.Measured]],
    ready: ReadyCell,
) -> results.Cell:
    key, ways = (ready.program.name, ready.engine), measured.ways
    outcomes: dict[Way, Outcome] = {"run": _whole(selection, ready)}
    uncountable = why_uncountable(ready, measured.counter)
    if ready.status == "ready" and uncountable and "counted" in ways:
        outcomes["counted"] = Outcome("unsupported", uncountable)
    for way, one in ways.items():
        if key in one.measurement.cells:
            state = one.measurement.cells[key]
            outcomes[way] = Outcome(state.status, state.reason)
    first: Way = next(iter(ways), "run")
    if first in outcomes:  # whole runs that were counted alone are whole runs too
        outcomes["run"] = outcomes[first]
    metrics = {metric: rows[key] for metric, rows in found.items() if key in rows}
    environment: dict[str, str] = {}
    if ready.argv:
        private = {**private_environment(SCRATCH), "PYTHONHASHSEED": "{seed}"}
        environment = {**private, **ready.environment}
    return results.Cell(
        program=ready.program.name,
        engine=ready.engine,
        mode=ready.mode,
        note=ready.note,
        build=ready.build,
        argv=ready.argv,
        environment=environment,
        command=pasted_cell(ready) if ready.argv else "",
        exit_status=ways[first].exits.get(key) if first in ways else None,
        log=str(log_path(selection.name, *key)),
        outcomes=outcomes,
        metrics=metrics,
        artifacts=dict(ready.artifacts),
    )


def _with_meaning(
    cell: results.Cell, program: BenchProgram, meanings: Mapping[str, Meaning]
) -> results.Cell:
    """The cell, not scored where its engine is known to mean something else in such programs."""
    why = why_not_scored(meanings, cell.engine, program.program.family)
    if why is None:
        return cell
    outcomes = {way: why if one.status == "ok" else one for way, one in cell.outcomes.items()}
    return replace(cell, outcomes=outcomes, metrics={})


def _whole(selection: Selection, ready: ReadyCell) -> Outcome:
    """What a cell is that was not run."""
    if ready.status == "ready":
        reason = f"{selection.reference.name} gave no output to compare with"
        return Outcome("unchecked", reason)
    return Outcome(ready.status, ready.reason)
