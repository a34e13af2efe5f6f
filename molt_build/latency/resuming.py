"""What an interrupted run left, and whether it may go on.

`samples.jsonl` of a run holds, a line for each event:

    {"event": "start", ...}   what is measured: must be the same for the run to go on
    {"event": "part", ...}    the run was started or resumed
    {"event": "sample", ...}  one sample of a cell
    {"event": "cell", ...}    a cell that is done, as published
    {"event": "end", ...}     the end of a part that could still say so

Events are on disk before what follows begins, so that a killed run has lost no complete sample.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.errors import UsageError
from molt_build.history.kpis import cell_workload
from molt_build.latency.measuring import Sample
from molt_build.latency.selection import Asked, Cell
from molt_build.runs.folder import (
    COMPILE_PROGRESS,
    RESULT_FILE,
    of_whole_events,
    read_samples,
    run_folders,
)

CellKey = tuple[str, str, str]


@dataclass(frozen=True)
class Earlier:
    """An interrupted run."""

    folder: Path
    subject: Mapping[str, str]
    asked: Asked
    command: tuple[str, ...]
    started: str
    rows: Mapping[CellKey, dict[str, Any]]  # of cells that are done
    samples: Mapping[CellKey, Sequence[Sample]]  # of all cells
    parts: tuple[dict[str, Any], ...]

    def kept(self, cells: Sequence[Cell]) -> str:
        """What is not measured again, in words."""
        done = [cell for cell in cells if cell.key in self.rows]
        begun = [c for c in cells if c.key not in self.rows and self.samples.get(c.key)]
        count = sum(len(self.samples.get(cell.key, ())) for cell in cells)
        words = f"{len(done)} of {len(cells)} cells and {count} samples"
        if begun:
            words += f", {len(self.samples[begun[0].key])} of them of {' '.join(begun[0].key)}"
        return words


def is_complete(folder: Path) -> bool:
    """Whether a run's result says that every cell is there."""
    try:
        result = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(result, dict) and result.get("is_complete") is True


def find_unfinished(project: Path, run: str | None) -> Path:
    """The folder of a run to go on with; the latest unfinished one when none is named.

    Raises `UsageError` when there is none, or the one that is named is complete.
    """
    folders = run_folders(project, COMPILE_PROGRESS)
    unfinished = [folder for folder in folders if not is_complete(folder)]
    if run is None:
        if not unfinished:
            message = "there is no unfinished run"
            raise UsageError(message, "without --resume a new one is begun")
        return unfinished[-1]
    for folder in folders:
        if folder.name == Path(run).name:
            if folder not in unfinished:
                raise UsageError(f"{folder.name} is complete: there is nothing to go on with")
            return folder
    names = ", ".join(folder.name for folder in unfinished[-3:])
    raise UsageError(f"there is no run {run}", f"unfinished: {names}" if names else None)


@of_whole_events
def read_earlier(folder: Path) -> Earlier:
    """What the run in the folder left; raises `UsageError` when it never began."""
    start: dict[str, Any] | None = None
    rows: dict[CellKey, dict[str, Any]] = {}
    samples: dict[CellKey, list[Sample]] = {}
    parts: list[dict[str, Any]] = []
    for event in read_samples(folder):
        kind = event["event"]
        if kind == "start":
            start = event
        elif kind == "part":
            parts.append({"started": event["started"], "seconds": 0.0, "warnings": []})
        elif kind == "sample":
            samples.setdefault(_key(event["cell"]), []).append(sample_from(event["sample"]))
        elif kind == "cell":
            row = event["row"]
            rows[(row["case"], row["toolchain"], cell_workload(row))] = row
        elif kind == "end" and parts:
            parts[-1] |= {"seconds": event["seconds"], "warnings": event["warnings"]}
    if start is None:
        message = f"{folder.name} ended before anything was measured"
        raise UsageError(message, "begin a new run, without --resume")
    asked: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in start["asked"].items()
    }
    return Earlier(
        folder=folder,
        subject=start["subject"],
        asked=Asked(**asked),
        command=tuple(start["command"]),
        started=start["started"],
        rows=rows,
        samples=samples,
        parts=tuple(parts),
    )


def check_same(earlier: Earlier, asked: Asked) -> None:
    """Raises `UsageError` when other options are given than the run was begun with."""
    if asked not in (earlier.asked, Asked()):
        message = f"{earlier.folder.name} was begun with other options"
        raise UsageError(message, "use --resume alone: it goes on with what was asked then")


def check_subject(earlier: Earlier, subject: Mapping[str, str]) -> None:
    """Raises `UsageError` naming what changed since, when the halves would not fit together."""
    names = dict.fromkeys((*earlier.subject, *subject))
    changed = [name for name in names if earlier.subject.get(name) != subject.get(name)]
    if changed:
        message = f"{earlier.folder.name} cannot go on, since these changed: {', '.join(changed)}"
        raise UsageError(message, "begin a new run, without --resume")


def sample_from(row: Mapping[str, Any]) -> Sample:
    """A sample that `Sample.as_json` wrote."""
    load = row.get("load")
    return Sample(
        **{
            **row,
            "lock_waits_s": tuple(row["lock_waits_s"]),
            "load": None if load is None else (load[0], load[1]),
        }
    )


def _key(words: Sequence[str]) -> CellKey:
    case, toolchain, workload = words
    return case, toolchain, workload
