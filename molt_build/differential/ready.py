"""Engines made ready: toolchains resolved, all programs built side by side by the ordinary build.

So what was built for a lane, or for the run before, is taken from the store. A program that does
not build is no error here: that is what its cell says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build.bench.preparing import build_counts, engine_facts
from molt_build.bench.selection import NamedEngine
from molt_build.building.builder import build
from molt_build.building.outcome import ProgramBuild
from molt_build.building.request import Request
from molt_build.building.session import Session
from molt_build.differential.selection import Selection
from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.manifests.toolchain import Toolchain
from molt_build.results.bench import EngineBuild
from molt_build.results.facts import EngineFacts, SkippedEngine
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.watch import Watch, build_lines, counted


@dataclass(frozen=True)
class ReadyEngine:
    """An engine whose programs are built, or known not to build."""

    named: NamedEngine
    toolchain: ResolvedToolchain
    build: EngineBuild
    made: Mapping[str, ProgramBuild]  # by program

    @property
    def name(self) -> str:
        """Its name in the result."""
        return self.named.name

    @property
    def target(self) -> str:
        """What it is built for."""
        return self.named.engine.target or ""

    @property
    def manifest(self) -> Toolchain:
        """What is declared of its toolchain."""
        return self.toolchain.manifest

    @property
    def facts(self) -> EngineFacts:
        """The engine as it is compared."""
        return engine_facts(self.toolchain, self.named.engine, None)


@dataclass(frozen=True)
class Ready:
    """All that can be compared, and what is not there."""

    references: tuple[ReadyEngine, ...]
    engines: tuple[ReadyEngine, ...]
    skipped: tuple[SkippedEngine, ...]

    @property
    def reference(self) -> ReadyEngine:
        """What all others are compared with."""
        return self.references[0]

    @property
    def compared(self) -> tuple[ReadyEngine, ...]:
        """The other references, then the engines."""
        return (*self.references[1:], *self.engines)


def make_ready(session: Session, selection: Selection, jobs: int, watch: Watch) -> Ready:
    """Resolve and build everything that is selected.

    What is missing is skipped; not so the reference, an engine that was asked for by name, and the
    last one that is left: for those the error is raised (`ToolMissing` above all).
    """
    wanted = selection.all_engines
    found: dict[NamedEngine, ResolvedToolchain] = {}
    missing: dict[NamedEngine, MoltBuildError] = {}
    watch.phase("preparing", len(wanted))
    for one in wanted:
        engine = one.engine
        try:
            found[one] = session.resolver.resolve(
                engine.toolchain, engine.profile or "", engine.target or ""
            )
        except MoltBuildError as error:
            is_named = selection.is_named and one in selection.engines
            if one is selection.reference or is_named:
                raise
            missing[one] = error
            watch.note(f"{one.name} is skipped: {error.message}")
        watch.step(one.name)
    if len(found) < 2:
        last = list(missing.values())[-1]
        raise ToolMissing(last.message, last.hint)
    ready = [_built(session, selection, one, found[one], jobs, watch) for one in found]
    return Ready(
        references=tuple(one for one in ready if one.named in selection.references),
        engines=tuple(one for one in ready if one.named in selection.engines),
        skipped=tuple(
            SkippedEngine(one.name, one.engine.toolchain, why.message, why.hint or "")
            for one, why in missing.items()
        ),
    )


def _built(
    session: Session,
    selection: Selection,
    one: NamedEngine,
    toolchain: ResolvedToolchain,
    jobs: int,
    watch: Watch,
) -> ReadyEngine:
    """The engine with its programs; those in a language that it does not take are not taken."""
    manifest = toolchain.manifest
    taken = [p.name for p, workload in selection.programs if manifest.takes(workload.language)]
    watch.phase(f"building {counted(len(taken), 'program')} with {one.name}", len(taken))
    request = Request(
        toolchain=one.engine.toolchain,
        profile=one.engine.profile or selection.profile,
        target=one.engine.target or "",
        programs=tuple(taken),
        jobs=jobs,
        keep_going=True,
    )
    report = build(replace(session, progress=build_lines(watch)), request)
    made = dict(report.programs)
    for program, workload in selection.programs:
        if program.name not in made:
            made[program.name] = _not_taken(program.name, manifest.why_not(workload.language) or "")
    return ReadyEngine(one, toolchain, build_counts(report), made)


def _not_taken(program: str, why: str) -> ProgramBuild:
    return ProgramBuild(
        program=program,
        is_built=False,
        reason=why,
        is_unsupported=True,
        out_dir=str(Path()),
        seconds=0.0,
        argv=(),
        environment={},
    )
