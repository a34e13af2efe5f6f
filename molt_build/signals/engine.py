"""The signals of one engine: its programs built, what is wanted of them copied, read and added up.

Programs are built by an ordinary build: what is there is a hit or up to date. An output that lies
in neither store nor checkout any more costs its stage another execution, as for whoever needs it.
What was not built has its reason in the place of its number; others are read all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build.building.builder import build
from molt_build.building.outcome import BuildReport, StageResult
from molt_build.building.request import Request
from molt_build.building.session import Session
from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.manifests.signal import Signal
from molt_build.results.facts import SkippedEngine
from molt_build.results.signals import SignalEngine, SignalPart, SignalRow, total
from molt_build.signals import material, readers
from molt_build.signals.reading import Material, NotRead, largest
from molt_build.signals.selection import EngineTask, Selection, outputs_read
from molt_build.watch import Watch, build_lines, counted

NOTES_KEPT = 3  # of programs, in the row of all of them


@dataclass(frozen=True)
class Reach:
    """What reading has to do with: the project as it is now, or as it was."""

    session: Session
    base: Material  # without files and programs: what holds for each number
    revision: str = ""  # as it was asked for; "": now


@dataclass(frozen=True)
class ReadEngine:
    """What was read of an engine, or why it could not be built."""

    facts: SignalEngine | None
    rows: tuple[SignalRow, ...]
    skipped: SkippedEngine | None = None


def read_engine(
    selection: Selection, task: EngineTask, reach: Reach, jobs: int, watch: Watch
) -> ReadEngine:
    """Every signal of an engine; a toolchain that is missing is a reason, and ends nothing."""
    session, engine = reach.session, task.engine
    manifests = session.manifests
    building = [name for name in task.signals if selection.signals[name].needs_builds]
    profile, target = engine.profile or selection.profile, engine.target or selection.target
    identity = None
    try:
        if engine.toolchain not in manifests.toolchains:
            raise ToolMissing(f"there was no toolchain {engine.toolchain} at {reach.revision}")
        if profile not in manifests.profiles:
            raise ToolMissing(f"there was no profile {profile} at {reach.revision}")
        if building:
            watch.phase(f"preparing {task.name}", 1)
            manifests.toolchains[engine.toolchain].target(target)
            identity = session.resolver.resolve(engine.toolchain, profile, target).identity
            watch.step()
    except MoltBuildError as error:
        watch.note(f"{task.name} is skipped: {error.message}")
        why = SkippedEngine(task.name, engine.toolchain, error.message, error.hint or "")
        return ReadEngine(None, (), why)
    facts = SignalEngine(engine.toolchain, profile, target, identity)
    scratch = session.staging.fresh("signals-")
    try:
        reading = _Reading(selection, task, reach, scratch, facts)
        if building:
            reading.build(building, jobs, watch)
        wanted = [name for name in task.signals if name in selection.wanted]
        watch.phase(f"reading {task.name}", len(wanted))
        rows: list[SignalRow] = []
        for name in wanted:
            rows += reading.rows(name)
            watch.step(name)
    finally:
        session.staging.discard(scratch)
    return ReadEngine(facts, tuple(rows))


class _Reading:
    """One engine, being read."""

    def __init__(
        self,
        selection: Selection,
        task: EngineTask,
        reach: Reach,
        scratch: Path,
        facts: SignalEngine,
    ) -> None:
        self._selection = selection
        self._task = task
        self._reach = reach
        self._scratch = scratch
        self._facts = facts
        self._built: dict[str, material.Built] = {}
        self._reasons: dict[str, str] = {}  # of programs that were not built
        self._stages: dict[str, tuple[StageResult, ...]] = {}
        # signal -> program ("" where all are read at once) -> its row, without division
        self._numbers: dict[str, dict[str, SignalRow]] = {}

    def build(self, signals: Iterable[str], jobs: int, watch: Watch) -> None:
        """Build the programs of these signals, and copy what they read."""
        session, task = self._reach.session, self._task
        toolchain = session.manifests.toolchains[task.engine.toolchain]
        names = list(signals)
        there, copied = [], set[str]()
        for program in task.programs(names):
            found = session.manifests.programs.get(program)
            if found is None:
                self._reasons[program] = f"there was no such program at {self._reach.revision}"
            elif why_not := toolchain.why_not(found[1].language):
                self._reasons[program] = why_not
            else:
                there.append(program)
        for name in names:
            copied.update(
                outputs_read(self._selection.signals[name], toolchain, self._facts.target)
            )
        watch.phase(f"building with {task.name}", len(there))
        request = Request(
            toolchain=toolchain.name,
            profile=self._facts.profile,
            target=self._facts.target,
            programs=tuple(there),
            jobs=jobs,
            keep_going=True,
            copied=copied,
            copied_to=self._scratch,
        )
        self._take(build(replace(session, progress=build_lines(watch)), request))

    def _take(self, report: BuildReport) -> None:
        stages: dict[str, list[StageResult]] = {}
        for action in report.actions:
            stages.setdefault(action.program, []).append(action)
        for name, made in report.programs.items():
            if made.is_built:
                self._built[name] = material.Built(name, made.copies)
                self._stages[name] = tuple(stages.get(name, ()))
            else:
                verb = "it is not taken" if made.is_unsupported else "it was not built"
                self._reasons[name] = f"{verb}: {made.reason}"

    def rows(self, name: str) -> list[SignalRow]:
        """The rows of a signal; in the scope of programs the one of all of them is the last."""
        signal = self._selection.signals[name]
        rows = self._read(signal)
        if signal.per is not None:
            rows = self._divided(signal, rows)
        found = list(rows.values())
        if signal.scope == "engine" or (signal.total == "none" and signal.per is None):
            return found
        return [*found, self._in_all(signal, found)]

    def _read(self, signal: Signal) -> dict[str, SignalRow]:
        """The rows that are read, without division; each is read once."""
        if signal.name not in self._numbers:
            programs = tuple(self._task.signals.get(signal.name, ()))
            those = {"": programs} if signal.scope == "engine" else {p: (p,) for p in programs}
            self._numbers[signal.name] = {p: self._row(signal, p, of) for p, of in those.items()}
        return self._numbers[signal.name]

    def _row(self, signal: Signal, program: str, programs: tuple[str, ...]) -> SignalRow:
        """The row of one number; `program` is "" for that of the engine."""
        name, engine = signal.name, self._task.name
        if not programs:
            return SignalRow(name, engine, program, None, "no program has it")
        built = tuple(one for one in programs if one in self._built or not signal.needs_builds)
        if not built:
            reason = self._reasons.get(programs[0], "it was not built")
            return SignalRow(name, engine, program, None, reason)
        try:
            found = readers.read(signal, self._material(signal, built))
        except NotRead as error:
            return SignalRow(name, engine, program, None, str(error))
        return SignalRow(
            name,
            engine,
            program,
            found.value,
            programs=len(built),
            parts=found.parts,
            notes=(*found.notes, *material.without(len(programs) - len(built))),
        )

    def _material(self, signal: Signal, programs: tuple[str, ...]) -> Material:
        session, toolchain = self._reach.session, self._task.engine.toolchain
        base = replace(
            self._reach.base,
            engine=self._task.engine,
            programs=programs,
            stages={name: self._stages[name] for name in programs if name in self._stages},
        )
        if not signal.outputs:
            return base
        manifest = session.manifests.toolchains[toolchain]
        wanted = outputs_read(signal, manifest, self._facts.target)
        built = [self._built[name] for name in programs]
        files = material.of_outputs(signal, wanted, built)
        return replace(base, files=material.printed(signal, files, session, self._scratch))

    def _divided(self, signal: Signal, rows: Mapping[str, SignalRow]) -> dict[str, SignalRow]:
        divisors = self._read(self._selection.signals[signal.per or ""])
        return {
            name: quotient(row, divisors.get(name)) if row.value is not None else row
            for name, row in rows.items()
        }

    def _in_all(self, signal: Signal, rows: list[SignalRow]) -> SignalRow:
        """What the numbers of programs come to."""
        name, engine = signal.name, self._task.name
        read = [row for row in rows if row.value is not None]
        if not read:
            return SignalRow(name, engine, "", None, "no program could be read")
        value: float | None
        if signal.per is not None:
            value = self._quotient_in_all(signal, [row.program for row in read])
        else:
            value = total([row.value for row in read if row.value is not None], signal.total)
        if value is None:
            reason = f"a {signal.total.replace('-', ' ')} needs numbers above 0"
            return SignalRow(name, engine, "", None, reason)
        is_sum = signal.per is None and signal.total == "sum"
        notes = tuple(dict.fromkeys(note for row in read for note in row.notes))
        left_out = len(rows) - len(read)
        return SignalRow(
            name,
            engine,
            "",
            value,
            programs=len(read),
            parts=added_up(row.parts for row in read) if is_sum else (),
            notes=(
                *(notes if len(notes) <= NOTES_KEPT else ()),
                *(
                    (f"without {left_out} of {counted(len(rows), 'program')}, not read",)
                    if left_out
                    else ()
                ),
            ),
        )

    def _quotient_in_all(self, signal: Signal, programs: list[str]) -> float:
        """The sum of the ones over the sum of the others, over programs that have both."""
        above = self._numbers[signal.name]
        below = self._read(self._selection.signals[signal.per or ""])
        sums = [sum(rows[p].value or 0 for p in programs) for rows in (above, below)]
        return sums[0] / sums[1]


def added_up(parts: Iterable[Iterable[SignalPart]]) -> tuple[SignalPart, ...]:
    """The parts of several numbers, those of one name together, the largest first."""
    sums: dict[tuple[str, str], float] = {}
    for those in parts:
        for part in those:
            key = part.group, part.name
            sums[key] = sums.get(key, 0) + part.value
    return largest(SignalPart(name, value, group) for (group, name), value in sums.items())


def quotient(row: SignalRow, divisor: SignalRow | None) -> SignalRow:
    """A row divided by another, or why it cannot be."""
    if divisor is None or divisor.value is None:
        name = divisor.signal if divisor is not None else "what it is divided by"
        why = divisor.reason if divisor is not None else "there is none"
        return replace(row, value=None, reason=f"{name}: {why}", parts=())
    if not divisor.value or row.value is None:
        return replace(row, value=None, reason=f"{divisor.signal} is 0", parts=())
    return replace(row, value=row.value / divisor.value, parts=())
