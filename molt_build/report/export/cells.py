"""A run of lanes as every format sees it: cells, each with its own runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molt_build.measure.process import Metric, Way
from molt_build.results.bench import BenchResult, Cell, LaneResult


@dataclass(frozen=True)
class Run:
    """A run of a cell: what was measured of it, and the hash seed of its block."""

    metrics: Mapping[Metric, float]
    hash_seed: int


@dataclass(frozen=True)
class ExportedCell:
    """A program under an engine, with the values of each of its runs."""

    lane: LaneResult
    cell: Cell
    runs: Mapping[Way, Sequence[Run]]  # of the ways of measuring in which it was scored

    @property
    def title(self) -> str:
        """Its program's name, told from those of other suites."""
        name = self.cell.program
        return name if self.lane.suite is None else f"{self.lane.name}/{name}"

    @property
    def workload(self) -> str:
        """The workload or suite that its program is of."""
        return self.lane.programs[self.cell.program].workload

    @property
    def family(self) -> str:
        """The kind of work that its program does; in a suite, what it computes."""
        program = self.lane.programs[self.cell.program]
        return program.family if self.lane.suite is None else program.kernel

    @property
    def build_s(self) -> float | None:
        """What its stages took; None where nothing was built."""
        return self.cell.build.seconds if self.cell.build is not None else None


@dataclass(frozen=True)
class Exported:
    """A run, or some of its engines."""

    result: BenchResult
    engines: tuple[str, ...]  # the reference first
    cells: tuple[ExportedCell, ...]


def exported(result: BenchResult, engines: Sequence[str] | None = None) -> Exported:
    """What a run has to give, of these engines or of all."""
    measured = [(lane.reference, *lane.compared) for lane in result.lanes.values()]
    every = dict.fromkeys(name for names in measured for name in names)
    wanted = tuple(every) if engines is None else tuple(engines)
    cells = [cell for lane in result.lanes.values() for cell in _cells(lane)]
    return Exported(result, wanted, tuple(one for one in cells if one.cell.engine in wanted))


def _cells(lane: LaneResult) -> Iterator[ExportedCell]:
    runs: dict[tuple[str, str, Way], list[Run]] = {}
    for way, measurement in lane.measurements.items():
        for block in measurement.blocks:
            for run in block.runs:
                found = runs.setdefault((block.program, run.engine, way), [])
                found.append(Run(run.metrics, block.hash_seed))
    for cell in lane.cells:
        scored: list[Way] = [way for way, one in cell.outcomes.items() if one.status == "ok"]
        own = {way: runs.get((cell.program, cell.engine, way), []) for way in scored}
        yield ExportedCell(lane, cell, own)
