"""The programs of a lane, as they are built and run, whether they are a workload's or a suite's.

Those of a workload lie where its source does. Those of a suite are staged first
(`molt_build.bench.staging`), and each is a workload of its own, so that it is built, stored and
attributed like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from molt_build.bench.selection import Selection
from molt_build.building.session import Session
from molt_build.errors import UsageError
from molt_build.manifests.model import Lane, Manifests
from molt_build.manifests.suite import Mode
from molt_build.manifests.workload import Form, Program, Workload
from molt_build.names import PROGRAM_PREFIX, name_hint, programs_named
from molt_build.store.digest import file_sha256
from molt_build.watch import Watch


@dataclass(frozen=True)
class BenchProgram:
    """A program that is measured; with a `failure` it cannot be built, and that says why."""

    name: str  # in the result
    program: Program  # as it is built, under a name that is unique in the manifests
    workload: Workload  # that it belongs to when it is built
    owner: str  # the workload or the suite that it is reported under
    entry: str  # its file in the source
    folder: Path  # with its file and those beside it
    module: str
    kernel: str
    args: tuple[str, ...]  # as they are declared
    drive: str | None  # the file that calls it, where it is driven
    timeout_s: float
    source_digest: str | None = None
    is_staged: bool = False
    failure: str = ""
    volatile: tuple[str, ...] = ()
    c_accelerated: str | None = None
    unchecked: str | None = None
    modes: Mapping[str, Mode] = field(default_factory=dict)  # by toolchain, where they are said
    default: Mode = field(default_factory=lambda: Mode("runs_unmodified"))

    @property
    def form(self) -> Form:
        """How it is run: by the adapter, by being imported, or as it is."""
        return self.program.form

    def mode_of(self, toolchain: str) -> Mode:
        """How engines of the toolchain run it."""
        return self.modes.get(toolchain, self.default)


@dataclass(frozen=True)
class Staged:
    """A lane's programs that were asked for, and what of it is none."""

    selection: Selection
    programs: tuple[BenchProgram, ...]
    startup: BenchProgram | None  # an empty program: what starting costs
    exclusions: tuple[tuple[str, str], ...]  # file, reason
    present: int  # programs, and files that count as programs but are not measured
    left_out: int  # programs that were not asked for

    @property
    def all(self) -> dict[str, BenchProgram]:
        """What is measured, by name; the start-up program is the last."""
        startup = [self.startup] if self.startup is not None else []
        return {one.name: one for one in (*self.programs, *startup)}


def stage_lane(session: Session, selection: Selection, watch: Watch) -> Staged:
    """The programs of a lane of workloads; raises `UsageError` for programs that it has not."""
    lane, manifests = selection.lane, session.manifests
    assert isinstance(lane, Lane)
    watch.phase(f"finding the programs of {lane.name}", 1)
    names = [p.name for name in lane.workloads for p in manifests.workloads[name].programs]
    chosen = chosen_programs(lane, manifests, selection.asked.programs)
    programs = programs_of(session, manifests, chosen, lane)
    startup = programs_of(session, manifests, filter(None, (lane.startup_program,)), lane)
    watch.step()
    return Staged(
        selection=selection,
        programs=tuple(programs.values()),
        startup=next(iter(startup.values()), None),
        exclusions=(),
        present=len(names),
        left_out=len(names) - len(programs),
    )


def programs_of(
    session: Session, manifests: Manifests, names: Iterable[str], lane: Lane
) -> dict[str, BenchProgram]:
    """Those of the programs that the manifests' workloads have, by name, in the order of names."""
    found = {
        program.name: (program, workload)
        for workload in manifests.workloads.values()
        for program in workload.programs
    }
    return {name: _program(session, *found[name], lane) for name in names if name in found}


def _program(session: Session, program: Program, workload: Workload, lane: Lane) -> BenchProgram:
    root, digest = Path(), None
    with suppress(OSError):  # a program without its file fails to build, and says so
        root = session.source_root(workload.source)
        digest = "sha256:" + file_sha256(root / program.entry)
    file = root / program.entry
    is_driven = program.form == "driven"
    return BenchProgram(
        name=program.name,
        program=program,
        workload=workload,
        owner=workload.name,
        entry=program.entry,
        folder=file.parent,
        module=file.stem if is_driven else "",
        kernel=program.kernel or program.name.removeprefix(PROGRAM_PREFIX),
        args=program.args,
        drive=workload.adapter.drive if is_driven and workload.adapter else None,
        timeout_s=lane.run_timeout_s,
        source_digest=digest,
        default=Mode("requires_adapter" if is_driven else "runs_unmodified"),
    )


def chosen_programs(lane: Lane, manifests: Manifests, benches: Sequence[str]) -> list[str]:
    """The names of those that are asked for, by names or patterns, in the order of the manifests.

    Raises `UsageError` for what the lane has not.
    """
    names = [p.name for name in lane.workloads for p in manifests.workloads[name].programs]
    chosen: set[str] = set()
    for bench in benches:
        found = programs_named(bench, names)
        if not found:
            short = [name.removeprefix(PROGRAM_PREFIX) for name in names]
            hint = name_hint(bench.removeprefix(PROGRAM_PREFIX), short)
            raise UsageError(f"{lane.name} has no program {bench}", hint)
        chosen.update(found)
    return [name for name in names if not benches or name in chosen]
