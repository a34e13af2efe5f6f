"""A run of the differential job, from the manifests to its result on disk and in the history.

Programs are built engine by engine, then run side by side: each program under the reference and all
engines by one worker, which has a launcher and folders of its own. What a program gave is on disk
before the next one counts as done, so a run that was interrupted goes on (`--resume`) with the
programs that are left. Nothing is timed, so the machine is not held; but what would disturb another
measurement is not begun while that goes on (`molt_build.measure.machine.await_turn`).
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from molt_build import interrupts
from molt_build.building.session import Session
from molt_build.clock import utc
from molt_build.codec import from_plain, to_plain
from molt_build.differential.comparing import compare_program
from molt_build.differential.declared import affected, declarations
from molt_build.differential.generated import (
    REDUCED,
    can_be_reduced,
    reduce_all,
    session_with_generated,
)
from molt_build.differential.observing import HASH_SEED, Observer, observer
from molt_build.differential.ready import Ready, make_ready
from molt_build.differential.selection import Selection, select
from molt_build.manifests.workload import Program, Workload
from molt_build.measure.environment import Environment
from molt_build.results.differential import (
    ComparedCell,
    ComparedProgram,
    DifferentialAsked,
    DifferentialResult,
    ReducedProgram,
)
from molt_build.results.facts import SCHEMA_VERSION
from molt_build.runs.folder import DIFFERENTIAL, check_new_run, create_run
from molt_build.runs.job import (
    Finished,
    add_command,
    check_fingerprint,
    check_unfinished,
    gone_on_with,
    read_commands,
    remove_unmeasured,
)
from molt_build.runs.recorded import publish
from molt_build.runs.samples import SamplesFile, of_whole_events, read_samples
from molt_build.store.digest import file_sha256
from molt_build.watch import Watch, counted


@dataclass
class Done:
    """What a run has: by program its cells, and by program and engine what that was reduced to."""

    cells: dict[str, Sequence[ComparedCell]] = field(default_factory=dict)
    reduced: dict[tuple[str, str], ReducedProgram] = field(default_factory=dict)


def run_differential(
    session: Session,
    asked: DifferentialAsked,
    watch: Watch,
    *,
    jobs: int,
    command: Sequence[str],
    resume: str | None = None,
    is_resumed: bool = False,
) -> Finished[DifferentialResult]:
    """Build, run and compare; write the result and its history rows.

    With `is_resumed` the run named `resume`, else the latest unfinished one, goes on with what was
    asked then. Raises `UsageError` for names that do not exist and for a run that cannot go on,
    `ToolMissing` when the reference is not there, and KeyboardInterrupt when nothing was compared.
    """
    folder: Path | None = None
    if is_resumed:
        folder, asked = gone_on_with(session.project, DIFFERENTIAL, resume, asked, watch.note)
    else:
        check_new_run(session.project, DIFFERENTIAL)
    session = session_with_generated(session, asked)
    selection = select(session.manifests, asked)
    began = time.time()
    ready = make_ready(session, selection, jobs, watch)
    environment = session.environment()
    programs = _programs(session, selection)
    facts = _fingerprint(selection, ready, programs, environment)
    if folder is None:
        folder = create_run(session.project, DIFFERENTIAL, began)
    try:
        done = Done()
        if is_resumed:
            check_unfinished(folder)
            done = read_earlier(folder, facts)
        run = _Run(session, selection, ready, folder, watch, done)
        with SamplesFile(folder) as samples:
            add_command(samples, asked, command)
            if not is_resumed:
                samples.add("start", {"fingerprint": facts})
            is_interrupted = run.compare(samples, jobs) or run.reduce(samples)
    except KeyboardInterrupt:
        remove_unmeasured(folder)
        raise
    result = _result(run, programs, environment, began, is_interrupted=is_interrupted)
    publish(session.project, folder, result, watch.note)
    return Finished(folder, result, is_interrupted, tuple(failures(result)))


def failures(result: DifferentialResult) -> Iterator[str]:
    """What makes the command fail, a line each."""
    for engine in result.compared:
        cells = [cell for cell in result.cells_of(engine) if cell.status == "unexplained"]
        if cells:
            number = counted(len(cells), "program is", "programs are")
            yield f"{engine}: {number} unexplained: {', '.join(cell.program for cell in cells)}"
    unchecked = [cell.program for cell in result.cells if cell.status == "unchecked"]
    if unchecked:
        names = ", ".join(dict.fromkeys(unchecked))
        yield f"{result.reference} does not end as these programs say they end: {names}"
    for one in result.in_state("gone"):
        yield f"{one.toolchain}: declared, and gone: {', '.join(one.gone)} ({one.reason})"
    for one in result.in_state("expired"):
        names = ", ".join(one.programs)
        yield f"{one.toolchain}: declared until {one.expires}, and over: {names} ({one.reason})"


@dataclass
class _Run:
    """A run that is going on."""

    session: Session
    selection: Selection
    ready: Ready
    folder: Path
    watch: Watch
    done: Done

    def compare(self, samples: SamplesFile, jobs: int) -> bool:
        """Every program that is not there yet; whether it was interrupted.

        Raises KeyboardInterrupt where nothing is there, and what a worker raises.
        """
        done = self.done.cells
        left = [program for program, _ in self.selection.programs if program.name not in done]
        if done:
            self.watch.note(f"kept: {counted(len(done), 'program')}")
        engines = counted(len(self.ready.compared), "engine")
        title = f"running {counted(len(left), 'program')} under {self.ready.reference.name} "
        self.watch.phase(f"{title}and {engines}", len(left))
        timeout_s = self.selection.run_timeout_s
        try:
            with _workers(self.session, timeout_s, max(1, min(jobs, len(left)))) as submit:
                futures = {submit(program, self.ready): program.name for program in left}
                for future in as_completed(futures):
                    cells = future.result()
                    name = futures[future]
                    samples.add("program", {"program": name, "cells": to_plain(tuple(cells))})
                    done[name] = cells
                    self.watch.step(name)
        except KeyboardInterrupt:
            if not done:
                raise
            interrupts.taken()
            return True
        return False

    def reduce(self, samples: SamplesFile) -> bool:
        """What diverges of generated programs and is not there yet; whether it was interrupted."""
        if self.selection.asked.generate is None:
            return False
        left = [
            cell
            for cells in self.done.cells.values()
            for cell in cells
            if can_be_reduced(cell) and (cell.program, cell.engine) not in self.done.reduced
        ]
        try:
            found = reduce_all(self.session, self.selection, left, self.folder, self.watch)
            for one in found:
                samples.add(REDUCED, {REDUCED: to_plain(one)})
                self.done.reduced[one.program, one.engine] = one
        except KeyboardInterrupt:
            interrupts.taken()
            return True
        return False


@contextmanager
def _workers(session: Session, timeout_s: float, number: int) -> Iterator[Any]:
    """What submits a program to the next worker that is free.

    Whatever ends the block ends the programs that still run, and begins no other.
    """
    with ExitStack() as at_end:
        each = [at_end.enter_context(observer(session, timeout_s=timeout_s)) for _ in range(number)]
        free: queue.SimpleQueue[Observer] = queue.SimpleQueue()
        for one in each:
            free.put(one)

        def compare(program: Program, ready: Ready) -> list[ComparedCell]:
            worker = free.get()
            try:
                return compare_program(worker, program, ready)
            finally:
                free.put(worker)

        pool = ThreadPoolExecutor(number, thread_name_prefix="differential")

        def submit(program: Program, ready: Ready) -> Future[list[ComparedCell]]:
            with interrupts.held():  # else a thread could run of which the pool does not know
                return pool.submit(compare, program, ready)

        try:
            yield submit
        finally:
            for one in each:
                one.stop()
            pool.shutdown(cancel_futures=True)


def _programs(session: Session, selection: Selection) -> dict[str, ComparedProgram]:
    return {
        program.name: ComparedProgram(
            workload=workload.name,
            family=program.family,
            description=program.description,
            entry=program.entry,
            source_digest=_source_digest(session, program, workload),
            exit_status=program.exit_status,
        )
        for program, workload in selection.programs
    }


def _source_digest(session: Session, program: Program, workload: Workload) -> str | None:
    with suppress(OSError):  # a program without its file does not build, and says so
        root = session.source_root(workload.source)
        return "sha256:" + file_sha256(root / program.entry)
    return None


def _fingerprint(
    selection: Selection,
    ready: Ready,
    programs: Mapping[str, ComparedProgram],
    environment: Environment,
) -> dict[str, Any]:
    """What two parts of a run must have in common."""
    return {
        "engines": {
            one.name: one.toolchain.identity for one in (*ready.references, *ready.engines)
        },
        "programs": {name: one.source_digest for name, one in programs.items()},
        "parameters": {p.name: [list(p.args), p.exit_status] for p, _ in selection.programs},
        "run_timeout_s": selection.run_timeout_s,
        "hash_seed": HASH_SEED,
        "machine_class": environment.machine_class,
    }


@of_whole_events
def read_earlier(folder: Path, /, facts: Mapping[str, Any]) -> Done:
    """What an interrupted run has; raises `UsageError` where it cannot go on."""
    done = Done()
    for event in read_samples(folder):
        if event["event"] == "start":
            check_fingerprint(folder.name, event["fingerprint"], facts)
        elif event["event"] == "program":
            done.cells[event["program"]] = from_plain(tuple[ComparedCell, ...], event["cells"])
        elif event["event"] == REDUCED:
            one = from_plain(ReducedProgram, event[REDUCED])
            done.reduced[one.program, one.engine] = one
    return done


def _result(
    run: _Run,
    programs: Mapping[str, ComparedProgram],
    environment: Environment,
    began: float,
    *,
    is_interrupted: bool,
) -> DifferentialResult:
    ready, selection = run.ready, run.selection
    commands = read_commands(run.folder, DifferentialAsked)
    done = run.done.cells
    names = [program.name for program, _ in selection.programs if program.name in done]
    cells = tuple(cell for name in names for cell in done[name])
    of_run = {name: programs[name] for name in names}
    every = (*ready.references, *ready.engines)
    return DifferentialResult(
        run=f"{DIFFERENTIAL}/{run.folder.name}",
        kind="differential",
        schema_version=SCHEMA_VERSION,
        command=commands[0].words,
        started=commands[0].started,
        finished=utc(time.time()),
        seconds=round(time.time() - began, 3),
        is_interrupted=is_interrupted,
        asked=selection.asked,
        environment=environment,
        profile=selection.profile,
        run_timeout_s=selection.run_timeout_s,
        references=tuple(one.name for one in ready.references),
        compared=tuple(one.name for one in ready.compared),
        skipped=ready.skipped,
        engines={one.name: one.facts for one in every},
        builds={one.name: one.build for one in every},
        programs=of_run,
        cells=cells,
        divergences=declarations(
            ready,
            selection.settings,
            of_run,
            cells,
            run.session.manifests.programs.keys(),
            datetime.fromtimestamp(began, UTC).date(),
        ),
        affected=affected(ready, selection.settings, of_run, cells),
        reduced=tuple(run.done.reduced.values()),
    )
