"""The KPIs of a compile-progress run, and for how many runs each has held.

Read from the results on disk: one run, and the recorded runs before it on the same class of
machine. A *recorded* run is complete and had as many samples as its cases say. A KPI's *streak*
counts its latest recorded runs, one after the other, in which it was green; a run in which it could
not be judged, since its case was skipped or not asked for, neither adds to the streak nor ends it.
A case that failed is red.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.errors import UsageError
from molt_build.history.runs import RESULT_FILE, run_folders

KIND = "compile_progress"
SCHEMA_VERSION = 1

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


def read_run(path: Path) -> dict[str, Any]:
    """A run's result, from its file or folder; raises `UsageError` when it is not one."""
    file = path / RESULT_FILE if path.is_dir() else path
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read as a result: {error}") from None
    if not isinstance(result, dict) or result.get("kind") != KIND:
        raise UsageError(f"{file} is not a result of compile-progress")
    if result.get("schema_version") != SCHEMA_VERSION:
        message = f"{file} has result version {result.get('schema_version')}, not {SCHEMA_VERSION}"
        raise UsageError(message, "read it with the molt_build that wrote it")
    return result


def all_results(project: Path) -> list[dict[str, Any]]:
    """All readable results, oldest first."""
    results = []
    for folder in run_folders(project, KIND):
        try:
            results.append(read_run(folder))
        except UsageError:
            continue
    return results


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
