"""What the store was good for in a project's builds, added up over the history.

Reads the tables `builds` and `build_actions` of `.molt-build/history.sqlite`, and the count of
builds that had nothing to do, and changes nothing. A history that is absent, damaged, or of a
version without them, gives nothing: this is a figure for people, and
`molt_build.history.database` deals with damage when something is to be recorded.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.history.database import HISTORY_FILE
from molt_build.history.nothing_done import read_nothing_done


@dataclass(frozen=True)
class Usage:
    """Sums over all recorded builds, and over those that had nothing to do."""

    builds: Annotated[int, "Recorded: something was executed, taken from the store, or failed."]
    hits: Annotated[int, "Actions that were found in the store."]
    up_to_date: Annotated[int, "Actions that lay as they were written."]
    executed: Annotated[int, "Actions that were executed."]
    failed: Annotated[int, "Actions that failed."]
    executed_s: Annotated[float, "What executed ones took."]
    wasted: Annotated[int, "Executed under a new key, and the same bytes as before."]
    wasted_s: Annotated[float, "What these took."]
    nothing_done: Annotated[int, "Builds in which everything was up to date."]
    saved_s: Annotated[float, "What their actions took when they were executed."]
    hit_ratio: Annotated[float | None, "Hits over hits and executed; null before either."]


def read_usage(project: Path) -> Usage | None:
    """The sums, or None where no builds are recorded."""
    nothing_done, saved_s = read_nothing_done(project)
    sums = _recorded(project / HISTORY_FILE) or (0, 0, 0, 0, 0, 0.0, 0, 0.0)
    _, hits, _, executed, *_ = sums
    ratio = hits / (hits + executed) if hits + executed else None
    used = Usage(*sums, nothing_done, saved_s, ratio)
    return used if used.builds or nothing_done else None


def _recorded(file: Path) -> tuple[int, int, int, int, int, float, int, float] | None:
    """The sums over recorded builds, in the order of `Usage`."""
    if not file.is_file():
        return None
    try:
        history = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
    except sqlite3.Error:
        return None
    try:
        builds, hits, up_to_date, executed, failed = history.execute(
            "SELECT count(*), total(hits), total(up_to_date), total(executed), total(failed)"
            " FROM builds"
        ).fetchone()
        executed_s, wasted, wasted_s = history.execute(
            "SELECT total(seconds), total(is_wasted), total(seconds * is_wasted)"
            " FROM build_actions WHERE status = 'executed'"
        ).fetchone()
        counts = (int(builds), int(hits), int(up_to_date), int(executed), int(failed))
        return (*counts, float(executed_s), int(wasted), float(wasted_s))
    except (sqlite3.Error, ValueError, TypeError, OverflowError):
        return None
    finally:
        history.close()
