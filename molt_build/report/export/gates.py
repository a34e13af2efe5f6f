"""A run of gates in the formats of other tools: what each gate's worst member came to.

Bencher and github-action-benchmark chart numbers, so a gate without one is in the tables alone. A
chart of the latter has one direction: gates with a highest value are where smaller is better
(`github-action-benchmark`), those with a lowest where bigger is (`...-ratios`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from molt_build.codec import to_plain
from molt_build.errors import UsageError
from molt_build.report.export.csv_table import table
from molt_build.report.gate_reports import summary
from molt_build.results.gates import GatesResult, JudgedGate, JudgedMember

_GATE = ("gate", "against", "severity", "engine", "verdict", "reason", "unit", "is_maximum")
_MEMBER = ("of", "verdict", "value", "low", "high", "limit", "blocks", "note")
_LATENCY = "latency"  # Bencher's own measure, in nanoseconds


def csv_text(result: GatesResult) -> str:
    """A row for each member that is named, and one for each gate without any."""
    rows: list[list[object]] = []
    for gate in result.gates:
        head = [result.run, *(getattr(gate, name) for name in _GATE)]
        rows += [[*head, *(getattr(one, name) for name in _MEMBER)] for one in gate.members]
        rows += [] if gate.members else [[*head, *[None] * len(_MEMBER)]]
    return table(["run", *_GATE, *(f"member_{name}" for name in _MEMBER)], rows)


def json_text(result: GatesResult) -> str:
    """The tree that was judged, and an object for each gate."""
    facts = {
        "run": result.run,
        "started": result.started,
        "environment": to_plain(result.environment),
        "head": to_plain(result.head),
        "gates": [to_plain(gate) for gate in result.gates],
    }
    return json.dumps(facts, indent=1) + "\n"


text = summary


def bencher(result: GatesResult) -> str:
    """Gate -> measure -> value with the ends of its interval; the measure is the gate's unit."""
    benchmarks = {}
    for gate, worst in _with_numbers(result):
        is_time = gate.unit == "s"
        measure = _LATENCY if is_time else re.sub(r"[^a-z0-9]+", "-", gate.unit.lower()) or "value"
        values = {"value": worst.value, "lower_value": worst.low, "upper_value": worst.high}
        known = {name: value for name, value in values.items() if value is not None}
        scaled = {name: value * 1e9 if is_time else value for name, value in known.items()}
        benchmarks[gate.gate] = {measure.strip("-"): scaled}
    if not benchmarks:
        raise _nothing(result)
    return json.dumps(benchmarks, indent=1) + "\n"


def smaller_is_better(result: GatesResult) -> str:
    """Gates with a highest value, as a list for the action's charts."""
    return _charted(result, is_maximum=True)


def bigger_is_better(result: GatesResult) -> str:
    """Gates with a lowest value, as a list for the action's charts."""
    return _charted(result, is_maximum=False)


def _charted(result: GatesResult, *, is_maximum: bool) -> str:
    rows = []
    for gate, worst in _with_numbers(result):
        if gate.is_maximum is not is_maximum:
            continue
        row: dict[str, object] = {
            "name": gate.gate,
            "unit": gate.unit or "value",
            "value": worst.value,
        }
        if worst.low is not None and worst.high is not None:
            row["range"] = f"± {(worst.high - worst.low) / 2:.3g}"
        limit = "" if worst.limit is None else f", may be {worst.limit:.6g}"
        rows.append({**row, "extra": f"{gate.verdict}: {worst.of}{limit}"})
    if not rows:
        raise _nothing(result)
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _with_numbers(result: GatesResult) -> Iterator[tuple[JudgedGate, JudgedMember]]:
    """The gates that have a number, with the member that does worst."""
    for gate in result.gates:
        worst = next((one for one in gate.members if one.value is not None), None)
        if worst is not None and not gate.reason:
            yield gate, worst


def _nothing(result: GatesResult) -> UsageError:
    message = f"{result.run} has no gate with such a number"
    return UsageError(message, "--format csv, json and md have all gates")
