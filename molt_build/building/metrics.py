"""What a stage tells about itself: numbers in a JSON file that it writes.

The manifest says where the file lies and which of its numbers are *metrics*, each a path of keys
with dots between them (`phases.parse`). They are read when the command has ended well, and kept in
the entry: a hit, and a build that finds everything up to date, tell what the run told that made the
result. What is declared and not there is the stage's failure; it is never a gap in a table.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

from molt_build.actions.action import Action
from molt_build.errors import BuildFailed

MAX_BYTES = 64 << 20
_HINT = "a metric is a finite number of a JSON object that the stage writes: see docs/manifests.md"


def metrics_file(action: Action, roots: dict[str, str]) -> Path | None:
    """Where the stage writes its numbers; None when it tells nothing."""
    metrics = action.stage.metrics
    if metrics is None:
        return None
    return Path(action.path_of(metrics.path, roots))


def read_metrics(action: Action, file: Path | None) -> dict[str, float]:
    """The numbers by their names; raises `BuildFailed`, with the path in the file, without one."""
    metrics = action.stage.metrics
    if metrics is None or file is None:
        return {}
    title = action.title
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BuildFailed(f"{title}: {file.name} has more than {MAX_BYTES >> 20} MiB", _HINT)
        told = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise BuildFailed(f"{title}: {file.name} is no JSON: {reason}", _HINT) from error
    found: dict[str, float] = {}
    for name, path in metrics.values.items():
        value, seen = told, ""
        for key in path.split("."):
            seen = f"{seen}.{key}" if seen else key
            if not isinstance(value, dict) or key not in value:
                message = f"{title}: the metric {name} is missing: {file.name} has no {seen}"
                raise BuildFailed(message, _HINT)
            value = value[key]
        if not _is_number(value):
            shown = json.dumps(value)[:60]
            message = f"{title}: the metric {name} is no number: {path} in {file.name} is {shown}"
            raise BuildFailed(message, _HINT)
        found[name] = value
    return found


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
