"""A run of the cases, from their manifests to its result on disk and in the history.

Toolchains are resolved, and what they need is installed, before anything is measured. The machine's
measurement lock is held from the first cell to the last. `result.json` is rewritten after each
cell; whatever ends the run, its folder says what was measured, and `--resume` goes on from there.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from molt_build import interrupts
from molt_build.building.opening import open_session
from molt_build.clock import utc
from molt_build.codec import to_plain
from molt_build.engines import Engine
from molt_build.errors import MoltBuildError
from molt_build.latency.measuring import Measurement
from molt_build.latency.resuming import Earlier, fingerprint, read_earlier
from molt_build.latency.selection import Cell, select
from molt_build.latency.summary import measured_cell, skipped_cell
from molt_build.latency.time_left import Kind, TimeLeft
from molt_build.latency.workspace import switches, workspace
from molt_build.manifests.model import Manifests
from molt_build.measure import machine
from molt_build.measure.environment import Environment, read_environment
from molt_build.results.cases import (
    CaseCell,
    CasesAsked,
    CasesResult,
    CaseToolchain,
    Interpreter,
    Sample,
)
from molt_build.results.facts import SCHEMA_VERSION
from molt_build.results.files import write_result
from molt_build.runs.folder import COMPILE_PROGRESS, check_new_run, create_run
from molt_build.runs.job import (
    Finished,
    RunningPart,
    add_command,
    asked_then,
    check_unfinished,
    read_commands,
    unfinished_run,
)
from molt_build.runs.progress import PieceWatch
from molt_build.runs.recorded import publish
from molt_build.runs.samples import SamplesFile
from molt_build.toolchains.wanted import asked as asked_for
from molt_build.watch import Watch

NOT_COMPLETE = "it is not complete"


@dataclass(frozen=True)
class Ready:
    """The cells, and their toolchains: identities, or why they are not there."""

    manifests: Manifests
    cells: Sequence[Cell]
    toolchains: Mapping[str, CaseToolchain]
    host_python: str | None  # the version of {python}, where it is another than molt_build's

    @property
    def identities(self) -> dict[str, str]:
        """Of the toolchains that are there."""
        return {name: one.identity for name, one in self.toolchains.items() if one.identity}

    def why_skipped(self, cell: Cell) -> str:
        """Why a cell cannot be measured; empty when it can."""
        needed = [_known_as(self.manifests, one) for one in _engines(cell)]
        for name, toolchain in self.toolchains.items():
            if name in needed and toolchain.reason:
                return f"{name} is not there: {toolchain.reason}"
        return cell.skip_reason


def run_cases(
    project: Path,
    asked: CasesAsked,
    watch: Watch,
    *,
    command: Sequence[str],
    resume: str | None = None,
    is_resumed: bool = False,
) -> Finished[CasesResult]:
    """Measure, write the result, and record its KPIs when it is complete.

    With `is_resumed` the run named `resume`, else the latest unfinished one, goes on with what was
    asked then; what it has is kept. Raises `UsageError` when it cannot go on, and lets
    KeyboardInterrupt pass when nothing was begun.
    """
    folder: Path | None = None
    if is_resumed:
        folder = unfinished_run(project, COMPILE_PROGRESS, resume)
        asked = asked_then(folder, asked)
    else:
        check_new_run(project, COMPILE_PROGRESS)
    ready = _prepare(project, asked, watch)
    with machine.exclusively(watch) as turn:
        environment = replace(read_environment(project), host_python=ready.host_python)
        facts = fingerprint(project, ready.manifests, ready.cells, ready.identities, environment)
        earlier = Earlier()
        if folder is None:
            folder = create_run(project, COMPILE_PROGRESS, time.time())
        else:
            check_unfinished(folder)
            earlier = read_earlier(folder, facts)
            watch.note(f"going on with {folder.name}: kept {earlier.kept(ready.cells)}")
        with SamplesFile(folder) as samples:
            add_command(samples, asked, command)
            if not is_resumed:
                samples.add("start", {"fingerprint": facts})
            begun = _begun(folder, ready, earlier, environment, is_resumed)
            run = _Run(project, folder, ready, earlier, watch, turn, samples, begun)
            is_interrupted = run.measure()
        publish(project, folder, run.result, watch.note)
    return Finished(folder, run.result, is_interrupted, tuple(failures(run.result)))


def _prepare(project: Path, asked: CasesAsked, watch: Watch) -> Ready:
    """Resolve every toolchain; what is pinned is installed now, where it is not yet."""
    with open_session(project, watch.note) as session:
        cells = select(session.manifests, asked)
        wanted = [cell for cell in cells if not cell.skip_reason]
        needed = {
            _known_as(session.manifests, one): one for cell in wanted for one in _engines(cell)
        }
        watch.phase("preparing toolchains", len(needed))
        toolchains = {}
        for name, one in needed.items():
            try:
                identity = session.resolver.resolve(*one).identity
                toolchains[name] = CaseToolchain(identity, "")
            except MoltBuildError as error:
                toolchains[name] = CaseToolchain(None, error.message)
                watch.note(f"{name} is skipped: {error.message}")
            watch.step(name)
        host_python = session.resolver.python.other_version
        return Ready(session.manifests, cells, toolchains, host_python)


def _engines(cell: Cell) -> list[tuple[str, str, str]]:
    """The toolchains of a cell, each for its profile and its target."""
    own = [(cell.toolchain, cell.case.profile, cell.case.target)]
    return own + ([(cell.reference, cell.case.profile, "native")] if cell.reference else [])


def _known_as(manifests: Manifests, engine: tuple[str, str, str]) -> str:
    """What a toolchain is called in a run whose cases may have several profiles and targets: as an
    engine, with what decides which one it is."""
    name, profile, target = asked_for(manifests, *engine)
    return str(Engine(name, profile or None, target or None))


def _begun(
    folder: Path, ready: Ready, earlier: Earlier, environment: Environment, is_resumed: bool
) -> CasesResult:
    """The result before anything is measured now."""
    first = read_commands(folder, CasesAsked)[0]
    result = CasesResult(
        run=f"{COMPILE_PROGRESS}/{folder.name}",
        kind="cases",
        schema_version=SCHEMA_VERSION,
        command=first.words,
        started=first.started,
        finished=None,
        is_complete=False,
        is_resumed=is_resumed,
        unrecorded_because=NOT_COMPLETE,
        asked=first.asked,
        switches=switches(),
        environment=environment,
        interpreter=Interpreter(
            version=platform.python_version(),
            implementation=platform.python_implementation(),
            executable=sys.executable,
            median_s=None,
        ),
        toolchains=ready.toolchains,
        parts=earlier.parts,
        cells=(),
        started_by="script",
    )
    kept = (earlier.cells.get(cell.name) for cell in ready.cells)
    return _with_cells(result, *(cell for cell in kept if cell is not None))


def _with_cells(result: CasesResult, *more: CaseCell) -> CasesResult:
    cells = (*result.cells, *more)
    idle = [sample.interpreter_s for cell in cells for sample in cell.samples]
    interpreter = replace(result.interpreter, median_s=median(idle) if idle else None)
    return replace(result, cells=cells, interpreter=interpreter)


def _finished(result: CasesResult) -> CasesResult:
    """The result when every cell is there."""
    because = unrecorded_because(result.asked)
    if not because and result.switches:
        because = f"switched by {' and '.join(result.switches)}"
    now = utc(time.time())
    return replace(result, finished=now, is_complete=True, unrecorded_because=because)


def unrecorded_because(asked: CasesAsked) -> str:
    """Why a run that was asked for so is no record; empty when it can be one."""
    if asked.is_quick or asked.repeats is not None:
        return "it has not as many samples as its cases ask for"
    return "diagnostics take time of their own" if asked.has_diagnostics else ""


@dataclass
class _Run:
    """A run that is going on; `result` is what it has so far."""

    project: Path
    folder: Path
    ready: Ready
    earlier: Earlier
    watch: Watch
    turn: int  # to measure on this machine: a descriptor
    samples: SamplesFile
    result: CasesResult
    samples_taken: int = 0  # now, those that were kept not among them
    time_left: TimeLeft = field(init=False)

    def __post_init__(self) -> None:
        cells = [cell for cell in self.ready.cells if not self.ready.why_skipped(cell)]
        earlier = self.earlier
        self.time_left = TimeLeft(cells, earlier.samples, earlier.cells.values())

    def measure(self) -> bool:
        """All cells that are not there yet; whether it was interrupted."""
        running = RunningPart()
        self.result = replace(self.result, parts=(*self.earlier.parts, running.part))
        is_interrupted = False
        try:
            for cell in self.ready.cells:
                if cell.name not in self.earlier.cells:
                    self._add(self._measured(cell))
            self.result = _finished(self.result)
        except KeyboardInterrupt:
            interrupts.taken()
            is_interrupted = True
        finally:
            part = running.end(self.samples, self.samples_taken)
            self.result = replace(self.result, parts=(*self.earlier.parts, part))
            if not self.result.is_complete:
                write_result(self.folder, self.result)
        return is_interrupted

    def _add(self, cell: CaseCell) -> None:
        self.samples.add("cell", {"row": to_plain(cell)})
        self.result = _with_cells(self.result, cell)
        write_result(self.folder, self.result)
        if cell.status == "measured" and cell.wall_s is not None:
            said = f"median {cell.wall_s.median:.3f} s of {cell.wall_s.n}"
        else:
            said = f"{cell.status}: {cell.reason}"
        self.watch.note(f"{cell.name}: {said}")

    def _measured(self, cell: Cell) -> CaseCell:
        reason = self.ready.why_skipped(cell)
        if reason:
            return skipped_cell(cell, reason)
        done = self.earlier.samples.get(cell.name, ())
        cells = self.ready.cells
        place, left = f"[{cells.index(cell) + 1}/{len(cells)}]", self.time_left
        watch = PieceWatch(self.watch, place, left.left_s, left.is_all_known)
        kinds: list[Kind] = ["set-up"]

        def on_phase(what: str, kind: Kind, steps: int) -> None:
            kinds.append(kind)
            watch.phase(f"{cell.name}: {what}", steps)

        def on_step(what: str) -> None:
            left.did(cell, kinds[-1])
            watch.step(what)

        def on_sample(sample: Sample) -> None:
            self.samples.add("sample", {"cell": cell.name, "sample": to_plain(sample)})
            self.samples_taken += 1

        left.begin()
        with workspace(self.project, self.ready.manifests, cell, self.turn) as clients:
            has_diagnostics = self.result.asked.has_diagnostics
            told = (on_phase, on_step, on_sample)
            measurement = Measurement(cell, clients, self.folder, has_diagnostics, *told)
            measured = measurement.run(done)
        left.end(cell)
        return measured_cell(cell, measured)


def failures(result: CasesResult) -> list[str]:
    """What makes the run a failure: cells that failed, and red KPIs of the program's."""
    found = []
    for cell in result.cells:
        if cell.status == "failed":
            found.append(f"{cell.name}: failed: {cell.reason}")
            continue
        for kpi in cell.kpis:
            if kpi.source == "program" and kpi.is_green is False:
                relation = "at most" if kpi.op == "max" else "at least"
                limit = f"{kpi.value:.3g}, and must be {relation} {kpi.limit:g}"
                found.append(f"{cell.name}: the KPI {kpi.name} is red: {kpi.metric} is {limit}")
    return found
