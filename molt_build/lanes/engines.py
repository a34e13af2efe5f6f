"""Engines made ready: toolchains resolved, programs built, and why something cannot be measured.

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
from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.lanes.selection import Engine, Selection
from molt_build.manifests.model import Program, Workload
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.sources.source import source_root
from molt_build.store.digest import file_sha256
from molt_build.toolchains.resolving import ResolvedToolchain
from molt_build.watch import Watch, build_lines


@dataclass(frozen=True)
class ReadyEngine:
    """An engine whose programs are built, or known not to build."""

    engine: Engine
    toolchain: ResolvedToolchain
    report: BuildReport

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.engine.name


@dataclass(frozen=True)
class Skipped:
    """A toolchain that is not on this machine."""

    toolchain: str
    reason: str
    hint: str


@dataclass(frozen=True)
class Prepared:
    """All that can be measured, and what cannot."""

    reference: ReadyEngine
    engines: tuple[ReadyEngine, ...]  # without the reference
    skipped: tuple[Skipped, ...]
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
    resolved: dict[str, ResolvedToolchain] = {}
    skipped: dict[str, Skipped] = {}
    last_error: MoltBuildError | None = None
    for engine in (selection.reference, *selection.engines):
        if engine.toolchain in resolved or engine.toolchain in skipped:
            continue
        watch.phase(f"preparing {engine.toolchain}", 1)
        try:
            resolved[engine.toolchain] = session.resolver.resolve(engine.toolchain)
        except MoltBuildError as error:
            if engine.toolchain in (selection.reference.toolchain, selection.lane.subject):
                raise
            skipped[engine.toolchain] = Skipped(engine.toolchain, error.message, error.hint or "")
            watch.note(f"{engine.toolchain} is skipped: {error.message}")
            last_error = error
        watch.step()
    left = [engine for engine in selection.engines if engine.toolchain in resolved]
    if not left and last_error is not None:
        raise ToolMissing(last_error.message, last_error.hint)
    reports = {
        name: _build(session, selection, toolchain, jobs, watch)
        for name, toolchain in resolved.items()
    }
    ready = [
        ReadyEngine(engine, resolved[engine.toolchain], reports[engine.toolchain])
        for engine in (selection.reference, *left)
    ]
    return Prepared(
        ready[0], tuple(ready[1:]), tuple(skipped.values()), _digests(session, selection)
    )


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
    session: Session, selection: Selection, toolchain: ResolvedToolchain, jobs: int, watch: Watch
) -> BuildReport:
    names = [program.name for program, _ in selection.programs]
    if selection.startup is not None and _is_taken(toolchain, selection.startup):
        names.append(selection.startup[0].name)
    watch.phase(f"building with {toolchain.name}", len(names))

    request = Request(
        toolchain=toolchain.name,
        profile=selection.profile,
        target=selection.lane.target,
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
