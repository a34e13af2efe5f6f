"""What is measured: cases, narrowed by what was asked for, as cells.

A *cell* is one case with one toolchain on one workload. With several clients the workloads of a
case are dealt out among them, so that each builds something of its own, and the cell is about all
of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from molt_build.engines import Engine, parse
from molt_build.errors import UsageError
from molt_build.manifests.model import Case, CaseWorkload, Manifests, Shard
from molt_build.names import known
from molt_build.results.cases import CasesAsked, cell_label, cell_name

QUICK_REPEATS = 2
NO_DAEMON = "this case needs a build daemon, and there is no build daemon yet"


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

    @property
    def label(self) -> str:
        """Its workload with its shard."""
        return cell_label(self.workload, self.shard)

    @property
    def name(self) -> str:
        """What tells it from all others of a run, and is the same in its result."""
        return cell_name(self.case.name, self.toolchain, self.label)

    @property
    def file_name(self) -> str:
        """Its name as the beginning of a file's."""
        return self.name.replace(" ", "-").replace("/", "-")

    @property
    def programs(self) -> tuple[str, ...]:
        """All programs, each once."""
        return tuple(dict.fromkeys(name for deal in self.deals for name in deal))

    @property
    def toolchains(self) -> tuple[str, ...]:
        """What builds, and what is compared with."""
        return (self.toolchain, *([self.reference] if self.reference else []))

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


def shard_programs(names: Sequence[str], shard: Shard | None) -> tuple[str, ...]:
    """The shard's part of the names, sorted; all parts together are all names, each once."""
    ordered = sorted(names)
    return tuple(ordered) if shard is None else tuple(ordered[shard.number - 1 :: shard.of])


def select(manifests: Manifests, asked: CasesAsked) -> list[Cell]:
    """The cells; raises `UsageError` for names that do not exist, and when nothing is left."""
    if not manifests.cases:
        message = "the project has no case manifests"
        raise UsageError(message, "docs/compile_progress.md shows one; put it into manifests/cases")
    cases = manifests.cases.values()
    used = [workload for case in cases for workload in case.workloads]
    engines = [parse(name) for name in asked.toolchains]
    for kind, names, there in (
        ("case", asked.cases, [*manifests.cases]),
        ("program or workload of a case", asked.workloads, [one.label for one in used]),
        (
            "toolchain of a case",
            [one.toolchain for one in engines],
            [toolchain for one in used for toolchain in one.toolchains],
        ),
        ("profile of a case", [one.profile for one in engines], [one.profile for one in cases]),
        ("target of a case", [one.target for one in engines], [one.target for one in cases]),
    ):
        for name in names:
            if name is not None:
                known(kind, name, dict.fromkeys(there))
    if any(one.revision is not None for one in engines):
        message = "cases are about the project as it is, not as it was at a revision"
        raise UsageError(message, "molt-build bench LANE --engine E measures an earlier state")
    cells = [
        cell
        for case in cases
        if not asked.cases or case.name in asked.cases
        for cell in _cells(manifests, case, asked, engines)
    ]
    if not cells:
        message = "no case is left: none has this program with this engine"
        raise UsageError(message, "molt-build compile_progress --list shows them all")
    return cells


def _cells(
    manifests: Manifests, case: Case, asked: CasesAsked, engines: Sequence[Engine]
) -> Iterator[Cell]:
    for toolchain in case.toolchains:
        own = Engine(toolchain, case.profile, case.target)
        if engines and own not in (one.within(case.profile, case.target) for one in engines):
            continue
        taken = [workload for workload in case.workloads if toolchain in workload.toolchains]
        for group in [[workload] for workload in taken] if case.clients == 1 else [taken]:
            names = [workload.label for workload in group]
            if names and (not asked.workloads or set(names) & set(asked.workloads)):
                yield _cell(manifests, case, toolchain, group, asked)


def _cell(
    manifests: Manifests,
    case: Case,
    toolchain: str,
    group: Sequence[CaseWorkload],
    asked: CasesAsked,
) -> Cell:
    repeats = asked.repeats or case.repeats
    shards = {workload.shard for workload in group}
    shard = shards.pop() if len(shards) == 1 else None
    reference = case.reference
    languages = {manifests.workloads[workload.name].language for workload in group}
    if reference is not None and not languages <= {*manifests.toolchains[reference].accepts}:
        reference = None
    return Cell(
        case=case,
        toolchain=toolchain,
        workload="+".join(workload.label for workload in group),
        shard=None if shard is None else f"{shard.number}/{shard.of}",
        deals=deal([_programs(manifests, workload) for workload in group], case.clients),
        reference=reference,
        repeats=min(repeats, QUICK_REPEATS) if asked.is_quick else repeats,
    )


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


def _programs(manifests: Manifests, workload: CaseWorkload) -> tuple[str, ...]:
    names = [program.name for program in manifests.workloads[workload.name].programs]
    return shard_programs(workload.programs or names, workload.shard)
