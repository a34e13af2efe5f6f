"""Why a measurement found nothing to compare, in one sentence, with what to do about it."""

from __future__ import annotations

from collections import Counter

from molt_build.bench.cells import why_uncountable
from molt_build.bench.preparing import Prepared
from molt_build.bench.ways import NOTHING_LEFT, Measured
from molt_build.watch import counted

_WORDS = {
    "build-failed": "could not be built",
    "unsupported": "not taken",
    "absent": "not there",
    "c_accelerated": "not measured, as it works in C",
    "differs": "printed something else than {reference}",
    "failed": "failed",
    "timeout": "ran into the time limit",
    "unchecked": "could not be checked",
}


def nothing_measured(prepared: Prepared, measured: Measured, title: str) -> str:
    """Empty where a program was scored, or where the measurement was interrupted.

    With a `title` it was one of several lanes, which share a budget: none is advised then.
    """
    run = next(iter(measured.ways.values()))
    reference, *others = [engine.name for engine in prepared.engines]
    names = [one.name for one in prepared.staged.programs]
    scored = run.measurement.is_scored
    if measured.is_interrupted or any(
        scored(name, engine) for name in names for engine in others or [reference]
    ):
        return ""
    counts = Counter(
        _why(prepared, measured, name, [reference, *others]).format(reference=reference)
        for name in names
    )
    why = ", ".join(f"{counted(number, 'program')} {what}" for what, number in counts.items())
    if any(cell.status == "left-out" for cell in run.measurement.cells.values()) and run.enough:
        advice = "" if title else f"; {run.enough.advice}"
        return f"nothing was measured: {why}{advice}"
    return f"nothing was measured: {why}; the result says of each why"


def _why(prepared: Prepared, measured: Measured, name: str, engines: list[str]) -> str:
    """What came of a program under the first engine, the reference first, that cannot be scored."""
    states = next(iter(measured.ways.values())).measurement.cells
    for engine in engines:
        ready, state = prepared.cells[name, engine], states.get((name, engine))
        if ready.status != "ready":
            return _WORDS.get(ready.status, ready.status)
        if "run" not in measured.ways and why_uncountable(ready, measured.counter):
            return f"that {measured.counter and measured.counter.name} cannot count"
        if state is not None and state.status == "left-out" and state.reason != NOTHING_LEFT:
            return state.reason.replace("does not fit", "did not fit")
        if state is not None and state.status not in ("ok", "left-out"):
            return _WORDS.get(state.status, state.status)
    return "could not be compared"
