"""Engines made ready: toolchains resolved, programs built, and why something cannot be measured.

Each engine is built under its own profile and for its own target; one at a revision from a worktree
of that revision, with the manifests and sources that it has, through the same store.

Nothing is measured here, and the machine's measurement lock is not held. Build seconds are
those of the stages when they were executed, whether that was now or earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from molt_build.building.builder import build
from molt_build.building.outcome import BuildReport, ProgramBuild
from molt_build.building.request import Request, Session
from molt_build.building.session import open_session
from molt_build.engines import Engine
from molt_build.errors import ManifestError, MoltBuildError, ToolMissing, UsageError
from molt_build.lanes.selection import NamedEngine, Selection, check_engine
from molt_build.manifests.model import Manifests, Program, Workload
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.sources.revisions import at_commit, find_commit
from molt_build.sources.source import source_root
from molt_build.store.digest import file_sha256
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.watch import Watch, build_lines


@dataclass(frozen=True)
class Revision:
    """The project as it was, and which of the lane's programs it had."""

    text: str  # as it was asked for
    commit: str  # the full id
    programs: frozenset[str]
    source_digests: Mapping[str, str]  # of each program's entry


@dataclass(frozen=True)
class ReadyEngine:
    """An engine whose programs are built, or known not to build."""

    named: NamedEngine
    toolchain: ResolvedToolchain
    report: BuildReport
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

    def lacks(self, program: str) -> bool:
        """Whether its revision had no program of that name."""
        return self.revision is not None and program not in self.revision.programs


@dataclass(frozen=True)
class Skipped:
    """An engine that cannot be measured: its toolchain is missing, here or at its revision."""

    toolchain: str
    reason: str
    hint: str


@dataclass(frozen=True)
class Prepared:
    """All that can be measured, and what cannot."""

    reference: ReadyEngine
    engines: tuple[ReadyEngine, ...]  # without the reference
    skipped: Mapping[str, Skipped]  # by the name of the engine
    source_digests: Mapping[str, str]  # of each program's entry: the same name, the same program

    @property
    def all_engines(self) -> tuple[ReadyEngine, ...]:
        """The reference first, then the others."""
        return (self.reference, *self.engines)


def prepare(session: Session, selection: Selection, jobs: int, watch: Watch) -> Prepared:
    """Resolve and build everything that is selected.

    An engine whose toolchain is missing is skipped, and so is the earlier state of one where that
    revision has none. Not so the reference, the lane's subject, and the last one left: for those
    the error is raised (`ToolMissing` above all).
    """
    needed = (selection.reference.engine.toolchain, selection.lane.subject)
    wanted = (selection.reference, *selection.engines)
    with ExitStack() as at_end:
        states = {
            revision: at_end.enter_context(_state(session, revision, selection, watch))
            for revision in dict.fromkeys((None, *(one.engine.revision for one in wanted)))
        }
        resolved: dict[str, ResolvedToolchain] = {}
        missing: dict[str, MoltBuildError] = {}
        for one in wanted:
            state = states[one.engine.revision]
            watch.phase(f"preparing {one.name}", 1)
            try:
                if state.at is not None:
                    _check_then(state.session.manifests, selection, one.engine)
                resolved[one.name] = state.session.resolver.resolve(one.engine.toolchain)
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
        reports: dict[Engine, BuildReport] = {}
        for one in left:
            if one.engine not in reports:
                state, toolchain = states[one.engine.revision], resolved[one.name]
                reports[one.engine] = _build(state, selection, one, toolchain, jobs, watch)
    ready = [
        ReadyEngine(one, resolved[one.name], reports[one.engine], states[one.engine.revision].at)
        for one in left
    ]
    skipped = {
        one.name: Skipped(one.engine.toolchain, why.message, why.hint or "")
        for one in wanted
        if (why := missing.get(one.name)) is not None
    }
    digests = _digests(session, selection.programs)
    return Prepared(ready[0], tuple(ready[1:]), skipped, digests)


def build_facts(report: BuildReport, programs: Sequence[str]) -> dict[str, object]:
    """What a build did, for the result; times of builds are told apart from times of runs."""
    return {
        "executed": report.count(EXECUTED),
        "hits": report.count(HIT),
        "up_to_date": report.count(UP_TO_DATE),
        "failed": report.count(FAILED),
        "seconds": round(report.seconds, 3),
        "programs": {
            name: {
                "status": build_status(report.programs[name]),
                "seconds": round(report.programs[name].seconds, 3),
                "reason": report.programs[name].reason,
            }
            for name in programs
            if name in report.programs
        },
    }


def build_status(made: ProgramBuild) -> str:
    """`ok`, or why there is nothing to run."""
    if made.is_unsupported:
        return "unsupported"
    return "ok" if made.is_built else "build-failed"


@dataclass(frozen=True)
class _State:
    """The project as it is now, or as it was at a revision, opened to build the lane's programs."""

    session: Session
    at: Revision | None
    programs: Mapping[str, tuple[Program, Workload]]  # by name, the start-up program among them


@contextmanager
def _state(
    session: Session, revision: str | None, selection: Selection, watch: Watch
) -> Iterator[_State]:
    wanted = [*selection.programs, *([selection.startup] if selection.startup else [])]
    names = [program.name for program, _ in wanted]
    if revision is None:
        yield _State(session, None, dict(zip(names, wanted, strict=True)))
        return
    watch.phase(f"checking out {revision}", 1)
    commit = find_commit(session.project, revision)
    folder = at_commit(session.project, commit, session.flights)
    watch.step()
    with ExitStack() as at_end:
        try:
            then = at_end.enter_context(open_session(folder, watch.note))
        except ManifestError as error:
            lines = error.message.splitlines()
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            message = f"the manifests at {revision} are not valid now: {lines[0]}{more}"
            raise UsageError(message, error.hint) from None
        programs = {
            program.name: (program, workload)
            for workload in then.manifests.workloads.values()
            for program in workload.programs
            if program.name in names
        }
        digests = _digests(then, programs.values())
        yield _State(then, Revision(revision, commit, frozenset(programs), digests), programs)


def _check_then(manifests: Manifests, selection: Selection, engine: Engine) -> None:
    try:
        check_engine(manifests, selection.lane, engine)
    except UsageError as error:
        raise UsageError(f"at {engine.revision}: {error.message}", error.hint) from None


def _build(
    state: _State,
    selection: Selection,
    named: NamedEngine,
    toolchain: ResolvedToolchain,
    jobs: int,
    watch: Watch,
) -> BuildReport:
    names = [
        name
        for name, (_, workload) in state.programs.items()
        if workload.language in toolchain.manifest.accepts
    ]
    watch.phase(f"building with {named.name}", len(names))
    request = Request(
        toolchain=toolchain.name,
        profile=named.engine.profile or selection.profile,
        target=named.engine.target or selection.lane.target,
        programs=tuple(names),
        jobs=jobs,
        keep_going=True,
    )
    return build(replace(state.session, progress=build_lines(watch)), request)


def _digests(session: Session, programs: Iterable[tuple[Program, Workload]]) -> dict[str, str]:
    digests = {}
    for program, workload in programs:
        with suppress(OSError):  # a program without its file has failed to build, and says so
            root = source_root(workload.source, session.project, session.tools, session.flights)
            digests[program.name] = "sha256:" + file_sha256(root / program.entry)
    return digests
