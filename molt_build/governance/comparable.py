"""Whether a program under an engine is the same thing in two runs, so that they can be compared."""

from __future__ import annotations

from molt_build.measure.process import Metric
from molt_build.results.bench import LaneResult, Program


def why_not(
    old: LaneResult, new: LaneResult, engine: str, program: str, metric: Metric
) -> str | None:
    """Why it is not; None where it is, and was scored in both, as its reference was."""
    for lane, word in ((old, "earlier"), (new, "later")):
        if program not in lane.programs:
            return f"it is not in the {word} run"
    if old.programs[program].source_digest != new.programs[program].source_digest:
        return "the program itself changed"
    if _how_run(old.programs[program]) != _how_run(new.programs[program]):
        return "it was run with other variables, or for another exit status"
    for lane, word in ((old, "earlier"), (new, "later")):
        cells = lane.cells_by_key
        for name in (engine, lane.reference):
            cell = cells.get((program, name))
            if cell is None or (cell.status == "ok" and metric not in cell.metrics):
                return f"it was not measured in the {word} run"
            outcome = cell.outcome(metric)
            if outcome.status != "ok":
                return f"{name} in the {word} run: {outcome.status}: {outcome.reason}"
    return None


def _how_run(program: Program) -> tuple[object, ...]:
    return dict(program.environment), program.exit_status
