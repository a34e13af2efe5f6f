"""The register of regressions: opened by gates that fail, closed by green runs.

What `molt-build gates` finds changes the register so:

- A gate that fails opens an entry, unless it has one that is not closed: that is open again if it
  was mitigated or waived.
- A waiver of the gate that holds for what is beyond its limit makes the entry waived.
- A gate that passed in `GREEN_RUNS` runs in a row, since it was found, closes the entry. A run is
  the one that a gate was judged by: to judge it thrice is no streak. What was stale or unmeasured
  neither counts nor breaks it.

What people write stays: hypotheses, entries of their own, and `mitigated`, which only they can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from molt_build.manifests.editing import (
    read_manifest,
    replace_manifest,
    with_row,
    with_values,
)
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Manifests
from molt_build.manifests.register import REGISTER, Register, Regression, State
from molt_build.results.gates import GatesResult, JudgedGate
from molt_build.temporary import write_whole

GREEN_RUNS = 3  # in a row, that close a regression
_HEAD = """\
#:schema ../schemas/register.schema.json
kind = "register"
schema_version = 1
name = "regressions"
description = "What got worse: opened by gates that fail, closed by green runs."
"""
_ROWS = "regressions"


@dataclass(frozen=True)
class Change:
    """A regression that is new, or in another state; as it is now."""

    now: Regression
    place: int | None  # in the register; None: it is new


def changes(
    register: Register, manifests: Manifests, result: GatesResult, past: Sequence[GatesResult]
) -> list[Change]:
    """What a run of the gates changes; `past` are earlier ones, the latest last."""
    found = []
    places = {one.id: place for place, one in enumerate(register.regressions)}
    for gate in result.gates:
        one = register.alive.get(gate.gate)
        if one is None:
            if gate.verdict == "fail":
                found.append(Change(_new(register, gate, result), None))
            continue
        state = _state(one, gate, manifests.gates[gate.gate], [*past, result])
        if state != one.state:
            closed = _day(result) if state == "closed" else None
            found.append(Change(replace(one, state=state, closed=closed), places[one.id]))
    return found


def write_changes(project: Path, manifests: Manifests, made: Sequence[Change]) -> Path:
    """Write them into the register, which is begun where there is none; its file.

    Raises `UsageError` where that is written so that it cannot be edited, `EnvironmentFailed`.
    """
    declared = manifests.files.get(f"register:{manifests.register.name}")
    file = Path(declared) if declared is not None else project / REGISTER
    file = project / file
    if not made:
        return file
    text = read_manifest(file) if declared is not None else _HEAD
    for change in made:
        one = change.now
        if change.place is None:
            row = {
                "id": one.id,
                "gate": one.gate,
                "found": one.found,
                "state": one.state,
                "hypothesis": one.hypothesis,
                "members": list(one.members),
                "run": one.run,
                "commit": one.commit,
            }
            text = with_row(text, _ROWS, {k: v for k, v in row.items() if v is not None})
        else:
            values: dict[str, str | None] = {"state": one.state}
            values |= {} if one.closed is None else {"closed": one.closed}
            text = with_values(text, (_ROWS, change.place), values)
    if declared is None:
        write_whole(file, text, mode=0o644)
    else:
        replace_manifest(file, text)
    return file


def green_runs(gate: str, results: Sequence[GatesResult], since: str) -> int:
    """In how many runs in a row, the latest ones, a gate passed, of those that began since a day.

    `results` are those of gates, the latest last.
    """
    seen: set[tuple[str, str]] = set()
    for judged in _judged(gate, results):
        evidence = judged.evidence
        if judged.verdict in ("stale", "unmeasured") or evidence is None:
            continue
        if judged.verdict != "pass" or evidence.started[:10] < since:
            break
        seen.add((evidence.run, evidence.started))
    return len(seen)


def _judged(gate: str, results: Sequence[GatesResult]) -> Iterator[JudgedGate]:
    """The gate as it was judged, the latest first."""
    for result in reversed(results):
        yield from (one for one in result.gates if one.gate == gate)


def _new(register: Register, gate: JudgedGate, result: GatesResult) -> Regression:
    ids = {one.id for one in register.regressions}
    number = 1
    while f"{gate.gate}-{number}" in ids:
        number += 1
    evidence = gate.evidence
    return Regression(
        id=f"{gate.gate}-{number}",
        gate=gate.gate,
        found=_day(result),
        state="open",
        members=tuple(dict.fromkeys(one.of for one in gate.members if one.verdict == "fail")),
        run=None if evidence is None else evidence.run,
        commit=None if evidence is None else evidence.git_commit,
    )


def _state(
    one: Regression, gate: JudgedGate, declared: Gate, results: Sequence[GatesResult]
) -> State:
    if gate.verdict == "fail":
        return "open"
    if gate.verdict == "pass":
        is_over = green_runs(gate.gate, results, one.found) >= GREEN_RUNS
        return "closed" if is_over else one.state
    day = date.fromisoformat(_day(results[-1]))
    beyond = [row.of for row in gate.members if row.verdict == "warn"]
    is_waived = any(row.holds(name, day) for row in declared.waivers for name in beyond)
    return "waived" if is_waived else one.state


def _day(result: GatesResult) -> str:
    return result.started[:10]
