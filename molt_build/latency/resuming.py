"""What an interrupted run of the cases left.

Of its own a run has these events (`molt_build.runs.samples` has the others):

    {"event": "sample", ...}  one sample of a cell
    {"event": "cell", ...}    a cell that is done, as published
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.latency.measuring import Sample
from molt_build.latency.selection import Cell
from molt_build.plain import from_plain
from molt_build.runs.rows import cell_workload
from molt_build.runs.samples import of_whole_events, read_samples

CellKey = tuple[str, str, str]


@dataclass(frozen=True)
class Earlier:
    """An interrupted run."""

    fingerprint: Mapping[str, str]
    rows: Mapping[CellKey, dict[str, Any]]  # of cells that are done
    samples: Mapping[CellKey, Sequence[Sample]]  # of all cells
    parts: Sequence[dict[str, Any]]  # of one that was killed, only when it began

    def kept(self, cells: Sequence[Cell]) -> str:
        """What is not measured again, in words."""
        done = [cell for cell in cells if cell.key in self.rows]
        begun = [c for c in cells if c.key not in self.rows and self.samples.get(c.key)]
        count = sum(len(self.samples.get(cell.key, ())) for cell in cells)
        words = f"{len(done)} of {len(cells)} cells and {count} samples"
        if begun:
            words += f", {len(self.samples[begun[0].key])} of them of {' '.join(begun[0].key)}"
        return words


@of_whole_events
def read_earlier(folder: Path) -> Earlier:
    """What the run in the folder left; raises `UsageError` when it cannot be read."""
    fingerprint: Mapping[str, str] | None = None
    rows: dict[CellKey, dict[str, Any]] = {}
    samples: dict[CellKey, list[Sample]] = {}
    parts: list[dict[str, Any]] = []
    for event in read_samples(folder):
        match event["event"]:
            case "command":
                parts.append(part_row(event))
            case "start":
                fingerprint = event["fingerprint"]
            case "sample":
                case, toolchain, workload = event["cell"]
                sample = from_plain(Sample, {"load": None, **event["sample"]})
                samples.setdefault((case, toolchain, workload), []).append(sample)
            case "cell":
                row = event["row"]
                rows[row["case"], row["toolchain"], cell_workload(row)] = row
            case "part":
                parts[-1] = part_row(event)
    if fingerprint is None:
        raise LookupError("it has no start")
    return Earlier(fingerprint, rows, samples, parts)


def part_row(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A part as published; one that goes on, or was killed, has no seconds."""
    return {
        "started": facts["started"],
        "seconds": facts.get("seconds", 0.0),
        "warnings": facts.get("warnings", []),
    }
