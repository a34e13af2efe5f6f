"""Engines made ready: toolchains resolved, programs built, and why something cannot be measured.

Each engine is built under its own profile and for its own target; a toolchain is resolved once.

Nothing is measured here, and the machine's measurement lock is not held. Build seconds are
those of the stages when they were executed, whether that was now or earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from molt_build.building.builder import build
from molt_build.building.outcome import BuildReport, ProgramBuild
from molt_build.building.request import Request, Session
from molt_build.engines import Engine
from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.lanes.selection import NamedEngine, Selection
from molt_build.manifests.model import Program, Workload
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.sources.source import source_root
from molt_build.store.digest import file_sha256
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.watch import Watch, build_lines


@dataclass(frozen=True)
class ReadyEngine:
    """An engine whose programs are built, or known not to build."""

    named: NamedEngine
    toolchain: ResolvedToolchain
    report: BuildReport

    @property
    def name(self) -> str:
        """The engine's name in the result."""
        return self.named.name


@dataclass(frozen=True)
class Skipped:
    """An engine that cannot be measured: its toolchain is not on this machine."""

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

    A toolchain that is missing is skipped, except the reference, the lane's subject, and the
    last one left; for those the error is raised (`ToolMissing` above all).
    """
    needed = (selection.reference.engine.toolchain, selection.lane.subject)
    wanted = (selection.reference, *selection.engines)
    resolved: dict[str, ResolvedToolchain] = {}
    missing: dict[str, MoltBuildError] = {}
    for name in dict.fromkeys(one.engine.toolchain for one in wanted):
        watch.phase(f"preparing {name}", 1)
        try:
            resolved[name] = session.resolver.resolve(name)
        except MoltBuildError as error:
            if name in needed:
                raise
            missing[name] = error
            watch.note(f"{name} is skipped: {error.message}")
        watch.step()
    left = [one for one in wanted if one.engine.toolchain in resolved]
    if len(left) == 1 and missing:
        last = list(missing.values())[-1]
        raise ToolMissing(last.message, last.hint)
    reports: dict[Engine, BuildReport] = {}
    for one in left:
        if one.engine not in reports:
            toolchain = resolved[one.engine.toolchain]
            reports[one.engine] = _build(session, selection, one, toolchain, jobs, watch)
    ready = [ReadyEngine(one, resolved[one.engine.toolchain], reports[one.engine]) for one in left]
    skipped = {
        one.name: Skipped(name, missing[name].message, missing[name].hint or "")
        for one in wanted
        if (name := one.engine.toolchain) in missing
    }
    return Prepared(ready[0], tuple(ready[1:]), skipped, _digests(session, selection))


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


def _build(
    session: Session,
    selection: Selection,
    named: NamedEngine,
    toolchain: ResolvedToolchain,
    jobs: int,
    watch: Watch,
) -> BuildReport:
    names = [program.name for program, _ in selection.programs]
    if selection.startup is not None and _is_taken(toolchain, selection.startup):
        names.append(selection.startup[0].name)
    watch.phase(f"building with {named.name}", len(names))
    request = Request(
        toolchain=toolchain.name,
        profile=named.engine.profile or selection.profile,
        target=named.engine.target or selection.lane.target,
        programs=tuple(dict.fromkeys(names)),
        jobs=jobs,
        keep_going=True,
    )
    return build(replace(session, progress=build_lines(watch)), request)


def _is_taken(toolchain: ResolvedToolchain, pair: tuple[Program, Workload]) -> bool:
    return pair[1].language in toolchain.manifest.accepts


def _digests(session: Session, selection: Selection) -> dict[str, str]:
    digests = {}
    for program, workload in selection.programs:
        with suppress(OSError):  # a program without its file has failed to build, and says so
            root = source_root(workload.source, session.project, session.tools, session.flights)
            digests[program.name] = "sha256:" + file_sha256(root / program.entry)
    return digests
