"""What is measured: cases, narrowed by what was asked for, as cells.

A *cell* is one case with one toolchain on one workload. With several clients the workloads of a
case are dealt out among them, so that each builds something of its own, and the cell is about all
of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from molt_build.errors import UsageError
from molt_build.manifests.model import Case, CaseWorkload, Manifests, Shard
from molt_build.names import known, name_hint

QUICK_REPEATS = 2
NO_DAEMON = "this case needs a build daemon, and there is no build daemon yet"


@dataclass(frozen=True)
class Asked:
    """What was asked for; what the manifests say holds where nothing was."""

    cases: tuple[str, ...] = ()  # () means all
    workloads: tuple[str, ...] = ()
    toolchains: tuple[str, ...] = ()
    repeats: int | None = None
    is_quick: bool = False
    has_diagnostics: bool = False

    @property
    def unrecorded_because(self) -> str:
        """Why such a run is no record; empty when it can be one."""
        if self.is_quick or self.repeats is not None:
            return "it has not as many samples as its cases ask for"
        return "diagnostics take time of their own" if self.has_diagnostics else ""


@dataclass(frozen=True)
class Cell:
    """One case with one toolchain on one workload."""

    case: Case
    toolchain: str
    workload: str  # names joined by "+" where clients have workloads of their own
    shard: str | None  # "K/N"
    deals: tuple[tuple[str, ...], ...]  # the programs of each client
    reference: str | None  # the case's, where it takes the workload
    repeats: int
    warm_ups: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from all others of a run, and is the same in the next run."""
        return self.case.name, self.toolchain, label(self.workload, self.shard)

    @property
    def file_name(self) -> str:
        """Its key as the beginning of a file's name."""
        return "-".join(self.key).replace(" ", "-").replace("/", "-")

    @property
    def programs(self) -> tuple[str, ...]:
        """All programs, each once."""
        return tuple(dict.fromkeys(name for deal in self.deals for name in deal))

    @property
    def sample_count(self) -> int:
        """How many samples are measured: with a comparison a pair for each repeat."""
        return self.repeats * (2 if self.case.compare_shards else 1)

    @property
    def skip_reason(self) -> str:
        """Why the case cannot be measured by this molt_build; empty when it can.

        The one place that knows that there is no build daemon.
        """
        return NO_DAEMON if self.case.daemon else ""


def label(workload: str, shard: str | None) -> str:
    """A cell's workload with its shard: `differential 1/4`."""
    return workload if shard is None else f"{workload} {shard}"


def shard_programs(names: Sequence[str], shard: Shard | None) -> tuple[str, ...]:
    """The shard's part of the names, sorted; all parts together are all names, each once."""
    ordered = sorted(names)
    return tuple(ordered) if shard is None else tuple(ordered[shard.number - 1 :: shard.of])


def select(manifests: Manifests, asked: Asked) -> list[Cell]:
    """The cells; raises `UsageError` for names that do not exist, and when nothing is left."""
    if not manifests.cases:
        message = "the project has no case manifests"
        raise UsageError(message, "docs/compile_progress.md shows one; put it into manifests/cases")
    used = [workload for case in manifests.cases.values() for workload in case.workloads]
    for name in asked.cases:
        known("case", name, manifests.cases)
    for name in asked.workloads:
        labels = list(dict.fromkeys(workload.label for workload in used))
        if name not in labels:
            raise UsageError(f"no case has a workload {name}", name_hint(name, labels))
    for name in asked.toolchains:
        toolchains = list(dict.fromkeys(t for w in used for t in w.toolchains))
        if name not in toolchains:
            raise UsageError(f"no case has a toolchain {name}", name_hint(name, toolchains))
    cells = [
        cell
        for case in manifests.cases.values()
        if not asked.cases or case.name in asked.cases
        for cell in _cells(manifests, case, asked)
    ]
    if not cells:
        message = "no case is left: none has this workload with this toolchain"
        raise UsageError(message, "molt-build compile-progress --list shows them all")
    return cells


def _cells(manifests: Manifests, case: Case, asked: Asked) -> list[Cell]:
    repeats = asked.repeats or case.repeats
    if asked.is_quick:
        repeats = min(repeats, QUICK_REPEATS)
    cells = []
    for toolchain in case.toolchains:
        if asked.toolchains and toolchain not in asked.toolchains:
            continue
        taken = [workload for workload in case.workloads if toolchain in workload.toolchains]
        groups = [[workload] for workload in taken] if case.clients == 1 else [taken]
        for group in groups:
            names = [workload.label for workload in group]
            if not group or (asked.workloads and not set(names) & set(asked.workloads)):
                continue
            shards = {workload.shard for workload in group}
            one = shards.pop() if len(shards) == 1 else None
            parts = [_programs(manifests, workload) for workload in group]
            cells.append(
                Cell(
                    case=case,
                    toolchain=toolchain,
                    workload="+".join(names),
                    shard=None if one is None else f"{one.number}/{one.of}",
                    deals=deal(parts, case.clients),
                    reference=_reference(manifests, case, group),
                    repeats=repeats,
                    warm_ups=case.warm_ups,
                )
            )
    return cells


def deal(parts: Sequence[Sequence[str]], clients: int) -> tuple[tuple[str, ...], ...]:
    """The programs of each client: workloads of its own while there are enough, else programs.

    `parts` are the programs of each workload. Where there are fewer programs than clients some
    build the same one.
    """
    if len(parts) >= clients:
        return tuple(
            tuple(name for part in parts[client::clients] for name in part)
            for client in range(clients)
        )
    deals = []
    for client in range(clients):
        part = parts[client % len(parts)]
        sharing = len(range(client % len(parts), clients, len(parts)))
        position = client // len(parts)
        deals.append(tuple(part[position::sharing]) or (part[position % len(part)],))
    return tuple(deals)


def _reference(manifests: Manifests, case: Case, workloads: Sequence[CaseWorkload]) -> str | None:
    if case.reference is None:
        return None
    languages = {manifests.workloads[workload.name].language for workload in workloads}
    return (
        case.reference if languages <= set(manifests.toolchains[case.reference].accepts) else None
    )


def _programs(manifests: Manifests, workload: CaseWorkload) -> tuple[str, ...]:
    names = [program.name for program in manifests.workloads[workload.name].programs]
    return shard_programs(workload.programs or names, workload.shard)
