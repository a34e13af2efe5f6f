"""The KPIs of a compile-progress run, and for how many runs each has held.

Read from the results on disk: one run, and the recorded runs before it on the same class of
machine. A *recorded* run is complete and had as many samples as its cases say. A KPI's *streak*
counts its latest recorded runs, one after the other, in which it was green; a run in which it could
not be judged, since its case was skipped or not asked for, neither adds to the streak nor ends it.
A case that failed is red.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """A KPI of one cell of the page's run, and what the runs up to it say: oldest first."""

    kpi: Mapping[str, Any]
    cell: Cell
    points: tuple[tuple[float | None, bool | None], ...]  # (value, is green) of each run
    is_recorded: bool  # the page's run, which is the last of them

    @property
    def streak(self) -> int:
        """For how many consecutive latest recorded runs it was green."""
        length = 0
        recorded = self.points if self.is_recorded else self.points[:-1]
        for _, is_green in reversed(recorded):
            if is_green is False:
                break
            length += is_green is True
        return length


def judged_kpis(chosen: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> list[Judged]:
    """Every KPI of a run, with its points in the history, of which the run is the last."""
    return [
        Judged(kpi, cell, tuple(_point(p, cell, kpi) for p in history), is_recorded(chosen))
        for cell in chosen["cells"]
        for kpi in cell["kpis"]
    ]


def is_recorded(result: Mapping[str, Any]) -> bool:
    """Whether a run counts in streaks."""
    return bool(result.get("is_recorded", result["is_complete"]))


def history_of(
    results: Sequence[dict[str, Any]], chosen: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The recorded runs before the chosen one on the same class of machine, and that one."""
    machine = chosen["environment"].get("machine_class")
    before = [
        result
        for result in results
        if is_recorded(result)
        and result["run"] < chosen["run"]
        and result["environment"].get("machine_class") == machine
    ]
    return [*before, chosen]


def _cell_key(cell: Cell) -> tuple[Any, ...]:
    return tuple(cell.get(k) for k in ("case", "toolchain", "workload", "shard", "daemon"))


def _point(
    result: Mapping[str, Any], cell: Cell, kpi: Mapping[str, Any]
) -> tuple[float | None, bool | None]:
    for other in result["cells"]:
        if _cell_key(other) == _cell_key(cell):
            for row in other["kpis"]:
                if row["name"] == kpi["name"]:
                    return row["value"], row["is_green"]
    return None, None
