"""Two runs, program by program: which differences are real.

Runs are compared by their ratios to the reference, never by raw times: a machine that was slower
on one day was slower for the reference too. A difference is real when it is at least the minimum
effect and survives the false-discovery correction over the programs of its engine. What was not
the same thing in both runs is not compared, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import comb
from typing import Any

from molt_build.errors import UsageError
from molt_build.lanes.against import FALSE_DISCOVERY_RATE, change_verdict
from molt_build.lanes.outcome import speedups_of
from molt_build.measure.statistics import MIN_BLOCKS, Comparison, compare_ratios


def compare_results(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    min_effect: float | None = None,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> dict[str, Any]:
    """The comparison as plain data; `min_effect` is the earlier run's unless given.

    Raises `UsageError` where nothing can be compared: other references, other metrics, or no
    engine in common.
    """
    for what in ("reference", "metric"):
        if before[what] != after[what]:
            message = f"the runs have different {what}s: {before[what]} and {after[what]}"
            raise UsageError(message, "ratios are comparable only to the same thing")
    engines = [name for name in before["engines"] if name in after["engines"]]
    if not engines:
        message = f"the runs have no engine in common besides {before['reference']}"
        lists = ", ".join(before["engines"]), ", ".join(after["engines"])
        raise UsageError(message, f"one has {lists[0]}, the other {lists[1]}")
    effect = before["min_effect"] if min_effect is None else min_effect
    warnings = list(_warnings(before, after))
    rows, not_compared = [], []
    changed = [
        name
        for name, program in before["programs"].items()
        if name in after["programs"]
        and program["source_digest"] != after["programs"][name]["source_digest"]
    ]
    for engine in engines:
        old = speedups_of(before, engine, before["metric"])
        new = speedups_of(after, engine, after["metric"])
        for name in dict.fromkeys((*before["programs"], *after["programs"])):
            why = _why_not(before, after, engine, name, changed)
            if why is not None:
                not_compared.append({"program": name, "engine": engine, "reason": why})
                old.pop(name, None)
                new.pop(name, None)
        compared = compare_ratios(
            old, new, min_effect=effect, false_discovery_rate=false_discovery_rate
        )
        rows += [_row(engine, one, effect) for one in compared]
        warnings += _powerless(engine, compared, false_discovery_rate)
    return {
        "before": before["run"],
        "after": after["run"],
        "reference": before["reference"],
        "metric": before["metric"],
        "min_effect": effect,
        "false_discovery_rate": false_discovery_rate,
        "warnings": warnings,
        "programs": rows,
        "not_compared": not_compared,
        "real": {
            word: [f"{r['program']} {r['engine']}" for r in rows if r["verdict"] == word]
            for word in ("faster", "slower")
        },
    }


def _row(engine: str, one: Comparison, min_effect: float) -> dict[str, Any]:
    return {
        "program": one.program,
        "engine": engine,
        "before": asdict(one.before),
        "after": asdict(one.after),
        "change": asdict(one.change),
        "p_value": one.p_value,
        "verdict": change_verdict(one.change, min_effect, is_real=one.is_real),
    }


def _why_not(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    engine: str,
    program: str,
    changed: list[str],
) -> str | None:
    for result, word in ((before, "earlier"), (after, "later")):
        if program not in result["programs"]:
            return f"it is not in the {word} run"
    if program in changed:
        return "the program itself changed"
    for result, word in ((before, "earlier"), (after, "later")):
        for name in (engine, result["reference"]):
            cell = next(
                c for c in result["cells"] if c["program"] == program and c["engine"] == name
            )
            if cell["status"] != "ok":
                return f"{name} in the {word} run: {cell['status']}: {cell['reason']}"
            if not cell["metrics"]:
                return f"it was not measured in the {word} run"
    return None


def _warnings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    warnings = []
    machines = [result["environment"]["machine_class"] for result in (before, after)]
    if machines[0] != machines[1]:
        warnings.append(f"other machine: {machines[0]}, then {machines[1]}")
    for what in ("lane", "profile", "target"):
        if before[what] != after[what]:
            warnings.append(f"other {what}: {before[what]}, then {after[what]}")
    reference = before["reference"]
    for name in (reference, *before["engines"]):
        if name not in after["toolchains"]:
            continue
        old, new = before["toolchains"][name], after["toolchains"][name]
        if old.get("revision") != new.get("revision"):
            warnings.append(f"{name} is of another commit")
        if old["identity"] != new["identity"]:
            what = ", ".join(_differing(old["components"], new["components"])) or "its manifest"
            role = "the reference " if name == reference else ""
            warnings.append(f"{role}{name} is another one: {what}")
    for result in (before, after):
        if result["interrupted"]:
            warnings.append(f"{result['run']} was interrupted")
        warnings += [f"{result['run']}: {line}" for line in result["warnings"]]
    return warnings


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]


def _powerless(engine: str, compared: list[Comparison], rate: float) -> list[str]:
    """Whether a change of one program alone could be found at all with so many blocks."""
    tested = [one for one in compared if one.p_value is not None]
    lines = []
    few = len(compared) - len(tested)
    if few:
        lines.append(f"{engine}: {few} of {len(compared)} programs have under {MIN_BLOCKS} blocks")
    if tested:
        m, n = max((one.before.blocks, one.after.blocks) for one in tested)
        if 2 / comb(m + n, n) > rate / len(tested):
            lines.append(
                f"{engine}: with {m} and {n} blocks a change in one program of {len(tested)} alone "
                "cannot be told from chance; give both runs a larger budget"
            )
    return lines
