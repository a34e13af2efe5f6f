"""Engines made ready: toolchains resolved, programs built, and why something cannot be measured.

Each engine is built under its own profile and for its own target; one at a revision with the
manifests and sources that a worktree of that revision has, through the same store. The programs of
a suite are the pinned ones then, too: the toolchain is that of the revision.

Nothing is measured here, and the machine's measurement lock is not held. But for each program that
was built, what its run will load is looked up: a source that is imported in its place would be
measured as the compiler's work. Build seconds are those of the stages when they were executed,
whether that was now or earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build.bench.artifacts import artifacts
from molt_build.bench.cells import ReadyCell, built, first_look
from molt_build.bench.programs import BenchProgram, Staged, programs_of
from molt_build.bench.selection import NamedEngine, Selection, check_engine
from molt_build.building.at_revision import session_at
from molt_build.building.builder import build
from molt_build.building.loaded import loaded_elsewhere
from molt_build.building.outcome import BuildReport, StageResult
from molt_build.building.request import Request
from molt_build.building.session import Session
from molt_build.engines import Engine
from molt_build.errors import MoltBuildError, ToolMissing, UsageError
from molt_build.manifests.model import Lane
from molt_build.manifests.suite import Suite
from molt_build.measure.process import Launcher
from molt_build.measure.scratch import scratch_folders
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.results.bench import EngineBuild
from molt_build.results.facts import EngineFacts, SkippedEngine, UsedToolchain
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.watch import Watch, build_lines


@dataclass(frozen=True)
class Revision:
    """The project as it was, and which of the lane's programs it had."""

    text: str  # as it was asked for
    commit: str  # the full id
    programs: Mapping[str, BenchProgram]


@dataclass(frozen=True)
class ReadyEngine:
    """An engine whose programs are built, or known not to build."""

    named: NamedEngine
    toolchain: ResolvedToolchain
    build: EngineBuild
    cells: Mapping[str, ReadyCell]  # by program
    revision: Revision | None  # None: the project as it is now

    @property
    def name(self) -> str:
        """The engine's name in the result."""
        return self.named.name

    @property
    def identity(self) -> str:
        """What its numbers depend on besides the programs as they are now."""
        at = f" at {self.revision.commit}" if self.revision is not None else ""
        return self.toolchain.identity + at

    @property
    def facts(self) -> EngineFacts:
        """The engine as it is measured."""
        commit = None if self.revision is None else self.revision.commit
        return engine_facts(self.toolchain, self.named.engine, commit)


@dataclass(frozen=True)
class Prepared:
    """All that can be measured, and what cannot."""

    staged: Staged
    engines: tuple[ReadyEngine, ...]  # the reference first
    skipped: tuple[SkippedEngine, ...]

    @property
    def cells(self) -> dict[tuple[str, str], ReadyCell]:
        """(program, engine) -> cell."""
        return {(name, one.name): cell for one in self.engines for name, cell in one.cells.items()}


def prepare(session: Session, staged: Staged, jobs: int, watch: Watch, of: str = "") -> Prepared:
    """Resolve and build everything that is selected; `of` says of what, in titles.

    An engine whose toolchain is missing is skipped, and so is the earlier state of one where that
    revision has none. Not so the reference, the lane's subject, and the last one left: for those
    the error is raised (`ToolMissing` above all).
    """
    selection = staged.selection
    libraries = _libraries(session, selection.suite)
    with ExitStack() as at_end:
        scratch = at_end.enter_context(scratch_folders("molt-build-look-"))
        launcher = at_end.enter_context(Launcher())
        states = {
            revision: at_end.enter_context(_state(session, revision, staged, jobs, watch))
            for revision in dict.fromkeys(one.engine.revision for one in selection.all_engines)
        }
        resolved, skipped = _resolved(selection, states, watch, of)
        reports: dict[Engine, BuildReport] = {}
        ready = []
        for one in selection.all_engines:
            if one.name not in resolved:
                continue
            state, toolchain = states[one.engine.revision], resolved[one.name]
            target = toolchain.manifest.target(one.engine.target or "")
            cells = {
                name: first_look(state.programs[name], one, toolchain, target)
                if name in state.programs
                else _absent(program, one)
                for name, program in staged.all.items()
            }
            wanted = [cell.program for cell in cells.values() if cell.status == "ready"]
            if one.engine not in reports:
                watch.phase(f"building{of} with {one.name}", len(wanted))
                reports[one.engine] = _build(state, selection, one, wanted, jobs, watch)
            report = reports[one.engine]
            of_program: dict[str, list[StageResult]] = {}
            for row in report.actions:
                of_program.setdefault(row.program, []).append(row)
            for program in wanted:
                made = report.programs[program.program.name]
                actions = of_program.get(made.program, [])
                look = cells[program.name]
                cell = built(selection, look, toolchain, target, made, actions, libraries)
                if cell.status == "ready" and toolchain.manifest.stages:
                    cell = _looked_at(launcher, scratch, cell, made.out_dir)
                if cell.status == "ready":
                    found = artifacts(cell, toolchain, target, session.stat_cache)
                    cell = replace(cell, artifacts=found)
                cells[program.name] = cell
            ready.append(ReadyEngine(one, toolchain, build_counts(report), cells, state.at))
    return Prepared(staged, tuple(ready), tuple(skipped))


def _looked_at(launcher: Launcher, scratch: Path, cell: ReadyCell, out_dir: str) -> ReadyCell:
    """The cell; failed where its run would load something else than what was built."""
    module = Path(cell.program.program.entry).stem
    wrong = loaded_elsewhere(launcher, scratch, cell.argv, cell.environment, module, out_dir)
    return replace(cell, status="failed", reason=wrong) if wrong else cell


@dataclass(frozen=True)
class _State:
    """The project as it is now, or as it was at a revision, opened to build the lane's programs."""

    session: Session
    at: Revision | None
    programs: Mapping[str, BenchProgram]  # by name, the start-up program among them


@contextmanager
def _state(
    session: Session, revision: str | None, staged: Staged, jobs: int, watch: Watch
) -> Iterator[_State]:
    if revision is None:
        yield _State(session, None, staged.all)
        return
    with session_at(session, revision, jobs, watch) as (then, commit):
        programs = staged.all
        if isinstance(staged.selection.lane, Lane):
            programs = programs_of(then, then.manifests, programs, staged.selection.lane)
        yield _State(then, Revision(revision, commit, programs), programs)


def _resolved(
    selection: Selection, states: Mapping[str | None, _State], watch: Watch, of: str
) -> tuple[dict[str, ResolvedToolchain], list[SkippedEngine]]:
    """The toolchains of the engines that can be measured, and those that cannot."""
    wanted = selection.all_engines
    needed = (selection.reference.engine.toolchain, selection.subject.toolchain)
    resolved: dict[str, ResolvedToolchain] = {}
    missing: dict[str, MoltBuildError] = {}
    for one in wanted:
        state = states[one.engine.revision]
        watch.phase(f"preparing {one.name}{of and ' for'}{of}", 1)
        try:
            if state.at is not None:
                _check_then(state, selection, one.engine)
            resolved[one.name] = resolve(state.session, selection, one.engine)
        except MoltBuildError as error:
            is_needed = state.at is None and one.engine.toolchain in needed
            is_wrong = isinstance(error, UsageError) and one.then_of is None
            if is_needed or one is selection.reference or (state.at and is_wrong):
                raise
            missing[one.name] = error
            watch.note(f"{one.name} is skipped: {error.message}")
        watch.step()
    left = [one for one in wanted if one.name in resolved]
    has_pairs = any(one.then_of in resolved for one in left)
    if missing and (len(left) == 1 or (selection.asked.against and not has_pairs)):
        last = list(missing.values())[-1]
        kind = UsageError if isinstance(last, UsageError) else ToolMissing
        raise kind(last.message, last.hint)
    skipped = [
        SkippedEngine(one.name, one.engine.toolchain, why.message, why.hint or "")
        for one in wanted
        if (why := missing.get(one.name)) is not None
    ]
    return resolved, skipped


def resolve(session: Session, selection: Selection, engine: Engine) -> ResolvedToolchain:
    """The toolchain of an engine of a lane, for its profile and its target; raises what that
    raises."""
    profile, target = engine.profile or selection.profile, engine.target or selection.target
    return session.resolver.resolve(engine.toolchain, profile, target)


def _check_then(state: _State, selection: Selection, engine: Engine) -> None:
    languages = {one.workload.language for one in state.programs.values() if not one.is_staged}
    try:
        check_engine(state.session.manifests, engine, selection.name, languages)
    except UsageError as error:
        raise UsageError(f"at {engine.revision}: {error.message}", error.hint) from None


def _libraries(session: Session, suite: Suite | None) -> str | None:
    """The folder of the packages that the suite's programs import.

    Raises `ToolMissing` when they cannot be installed.
    """
    environment = None if suite is None else packages_of(session, suite)
    if environment is None:
        return None
    python = f"python{session.resolver.python.minor}"
    return str(environment / "lib" / python / "site-packages")


def packages_of(session: Session, suite: Suite) -> Path | None:
    """The environment of the packages that the suite's programs import; None: they import none.

    Raises `ToolMissing` when they cannot be installed.
    """
    if suite.python is None:
        return None
    pin = f"molt-build pin --suite {suite.name}"
    install = f"molt-build prepare --lane {suite.name}"
    return session.resolver.environments.of(f"suite {suite.name}", suite.python, pin, install)


def _absent(program: BenchProgram, one: NamedEngine) -> ReadyCell:
    """There was no such program at the engine's revision."""
    reason = f"there was no such program at {one.engine.revision}"
    return ReadyCell(program, one.name, "unsupported", "", "absent", reason)


def _build(
    state: _State,
    selection: Selection,
    one: NamedEngine,
    programs: Sequence[BenchProgram],
    jobs: int,
    watch: Watch,
) -> BuildReport:
    session, engine = state.session, one.engine
    is_staged = selection.suite is not None
    if is_staged:
        workloads = {program.workload.name: program.workload for program in programs}
        session = replace(session, manifests=replace(session.manifests, workloads=workloads))
    request = Request(
        toolchain=engine.toolchain,
        profile=engine.profile or selection.profile,
        target=engine.target or selection.target,
        programs=tuple(program.program.name for program in programs),
        jobs=jobs,
        keep_going=True,
        is_planned=not is_staged,
    )
    return build(replace(session, progress=build_lines(watch)), request)


def engine_facts(toolchain: ResolvedToolchain, engine: Engine, commit: str | None) -> EngineFacts:
    """An engine as results have it; `commit` None: of the project's files as they are."""
    manifest = toolchain.manifest
    return EngineFacts(
        toolchain=toolchain.name,
        profile=engine.profile,
        target=engine.target,
        revision=commit,
        kind="compiler" if manifest.engine == "compiler" else "interpreter",
        description=manifest.description,
        identity=toolchain.identity,
        components=toolchain.components(),
        versions=dict(toolchain.versions),
        requires=toolchain.packages,
        uses={
            role: UsedToolchain(used.name, dict(used.versions))
            for role, used in toolchain.roles.items()
        },
    )


def build_counts(report: BuildReport) -> EngineBuild:
    """What a build did; times of builds are told apart from times of runs."""
    return EngineBuild(
        executed=report.count(EXECUTED),
        hits=report.count(HIT),
        up_to_date=report.count(UP_TO_DATE),
        failed=report.count(FAILED),
        seconds=round(report.seconds, 3),
        saved_s=round(report.saved_s, 3),
    )
