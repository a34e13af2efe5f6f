"""Whether a result is what its types say, and what the code that reads it relies on besides.

The types say the shape (`molt_build.results.schema`). Beyond the shape: numbers are finite and not
beyond all measure, and rows that name one another are there.

Everything that is wrong is said with its path: `$.cells[3].metrics.wall_s.median: is missing`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from molt_build.json_schema import Check, Path, Violation, compiled
from molt_build.results.schema import schema_of

# Numbers of results are seconds, bytes, counts and ratios: what is larger was never measured, and
# what is nearer to zero (but not zero) has a ratio to others that is no number.
LARGEST, SMALLEST = 1e30, 1e-30

Finding = tuple[Path, str]

_NOUNS: Mapping[str, str] = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_BOUNDS: Mapping[str, str] = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
}
_LENGTHS: Mapping[str, str] = {
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
}


def what_is_wrong(kind: str, result: Any) -> Iterator[str]:
    """Each thing that is wrong with a result of a kind, as `PATH: what`."""
    violations: list[Violation] = []
    schema_check(kind)(result, (), violations)
    found = [finding for one in violations for finding in _said(one)]
    if type(result) is dict:
        _unmeasured(result, (), found)
    if not found:
        found += [*_intervals(result), *_RULES[kind](result)]
    for path, what in found:
        yield f"{shown(path)}: {what}"


def shown(path: Path) -> str:
    """A path as it is written: `$.cells[3].reason`."""
    words = [f"[{p}]" if isinstance(p, int) else f".{p}" if _NAME(p) else f"[{p!r}]" for p in path]
    return "$" + "".join(words)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*").fullmatch


@lru_cache(maxsize=8)
def schema_check(kind: str) -> Check:
    """The check of a kind's schema."""
    return compiled(schema_of(kind))


def _said(one: Violation) -> list[Finding]:
    """A violation in words."""
    path, value, wanted = one.path, one.value, one.wanted
    if one.keyword == "required":
        return [((*path, name), "is missing") for name in wanted if name not in value]
    if one.keyword == "additionalProperties":
        known = one.schema.get("properties", {})
        return [((*path, name), "is unknown") for name in value if name not in known]
    if one.keyword == "type":
        nouns = [_NOUNS[name] for name in (wanted if isinstance(wanted, list) else [wanted])]
        return [(path, f"should be {' or '.join(nouns)}, and is {described(value)}")]
    if one.keyword in ("enum", "const"):
        allowed = wanted if one.keyword == "enum" else [wanted]
        words = ", ".join("null" if word is None else str(word) for word in allowed)
        return [(path, f"should be {words}, and is {described(value)}")]
    if one.keyword in _BOUNDS:
        return [(path, f"should be {_BOUNDS[one.keyword]} {wanted}, and is {described(value)}")]
    if one.keyword in _LENGTHS:
        length = _LENGTHS[one.keyword].format(wanted)
        return [(path, f"should have {length}, and has {len(value)}")]
    if one.keyword == "anyOf":
        return [(path, f"should be an object or null, and is {described(value)}")]
    return [(path, f"{described(value)} does not match {wanted}")]


def _unmeasured(table: Any, path: Path, found: list[Finding]) -> None:
    """Numbers of a list or object that nothing can have been measured to have."""
    for key, value in table.items() if type(table) is dict else enumerate(table):
        of = type(value)
        if of is float or of is int:
            if value and not SMALLEST <= abs(value) <= LARGEST:
                found.append(((*path, key), f"{described(value)} is no number that was measured"))
        elif of is dict or of is list:
            _unmeasured(value, (*path, key), found)


def described(value: object) -> str:
    """A JSON value in words, not all of a long one."""
    if isinstance(value, dict | list):
        return _NOUNS["object" if isinstance(value, dict) else "array"]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return "a number of many digits"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _intervals(value: Any, path: Path = ()) -> Iterator[Finding]:
    """Intervals that have one end only."""
    if isinstance(value, dict):
        if "low" in value and "high" in value and (value["low"] is None) != (value["high"] is None):
            yield path, "has one end of its interval only"
        for name, item in value.items():
            yield from _intervals(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _intervals(item, (*path, number))


def _bench_rules(result: Any) -> Iterator[Finding]:
    """A result of lanes: rows name one another."""
    if not result["lanes"]:
        yield ("lanes",), "has none"
    for name, lane in result["lanes"].items():
        for path, what in _lane_rules(result, lane):
            yield ("lanes", name, *path), what


def _lane_rules(result: Any, lane: Any) -> Iterator[Finding]:
    programs = {*lane["programs"], *(cell["program"] for cell in lane["startup"])}
    if lane["reference"] not in lane["engines"]:
        yield ("reference",), f"{lane['reference']} is not in its engines"
    missing = {row["engine"] for row in lane["skipped"]}
    for number, name in enumerate(lane["engines"] if lane["measurements"] else ()):
        if name not in missing and name not in result["engines"]:
            yield ("engines", number), f"{name} is not in $.engines"
    for table in ("cells", "startup"):
        for number, cell in enumerate(lane[table]):
            if cell["program"] not in programs:
                yield (table, number, "program"), f"{cell['program']} is not in its programs"
            if cell["engine"] not in result["engines"]:
                yield (table, number, "engine"), f"{cell['engine']} is not in $.engines"
            if "run" not in cell["outcomes"]:
                yield (table, number, "outcomes"), "has no run"
    for way, measurement in lane["measurements"].items():
        for number, block in enumerate(measurement["blocks"]):
            if block["program"] not in programs:
                where = ("measurements", way, "blocks", number, "program")
                yield where, f"{block['program']} is not in its programs"
    for number, pair in enumerate(lane.get("pairs", ())):
        for name in ("engine", "over"):
            if pair[name] not in lane["engines"]:
                yield ("pairs", number, name), f"{pair[name]} is not in its engines"
        for name in pair["programs"]:
            if name not in lane["programs"]:
                yield ("pairs", number, "programs", name), f"{name} is not in its programs"


def _cases_rules(result: Any) -> Iterator[Finding]:
    """A result of the cases: what was measured has numbers."""
    for number, cell in enumerate(result["cells"]):
        if cell["status"] == "measured":
            for name in ("wall_s", "executed_actions"):
                if cell[name] is None:
                    yield ("cells", number, name), "is null, though the cell was measured"


def _signals_rules(result: Any) -> Iterator[Finding]:
    """A result of signals: rows are of its signals and engines, and have a number or a reason."""
    then = result["against"]
    for path, rows in ((("rows",), result["rows"]), (("against", "rows"), then and then["rows"])):
        for number, row in enumerate(rows or ()):
            if row["signal"] not in result["signals"]:
                yield (*path, number, "signal"), f"{row['signal']} is not in $.signals"
            if row["engine"] and path == ("rows",) and row["engine"] not in result["engines"]:
                yield (*path, number, "engine"), f"{row['engine']} is not in $.engines"
            if (row["value"] is None) != bool(row["reason"]):
                yield (*path, number), "has neither a number nor a reason, or both"


def _differential_rules(result: Any) -> Iterator[Finding]:
    """A result of the differential job: rows name one another."""
    compared = dict.fromkeys((*result["references"], *result["compared"]))
    for number, cell in enumerate(result["cells"]):
        if cell["program"] not in result["programs"]:
            yield ("cells", number, "program"), f"{cell['program']} is not in $.programs"
        if cell["engine"] not in compared:
            yield ("cells", number, "engine"), f"{cell['engine']} is not in $.compared"
    for name in compared:
        if name not in result["engines"]:
            yield ("engines", name), "is missing"


def _gates_rules(result: Any) -> Iterator[Finding]:
    """A result of gates: what passes or fires rests on a run, and what does not says why."""
    for number, gate in enumerate(result["gates"]):
        is_judged = gate["verdict"] in ("pass", "warn", "fail")
        if is_judged and gate["evidence"] is None:
            yield ("gates", number, "evidence"), "is null, though the gate was judged"
        if is_judged == bool(gate["reason"]):
            yield ("gates", number, "reason"), "is there where it was judged, or is not where not"


def _bisect_rules(result: Any) -> Iterator[Finding]:
    """A result of bisect: what is found was looked at."""
    looked = {row["commit"] for row in result["revisions"]}
    for name in ("first_bad", "last_good"):
        if result[name] is not None and result[name] not in looked:
            yield (name,), "is not in $.revisions"
    if (result["outcome"] in ("found", "range")) != bool(result["suspects"]):
        yield ("suspects",), "are there without an outcome, or are not with one"


_RULES: Mapping[str, Callable[[Any], Iterator[Finding]]] = {
    "bench": _bench_rules,
    "cases": _cases_rules,
    "signals": _signals_rules,
    "differential": _differential_rules,
    "gates": _gates_rules,
    "bisect": _bisect_rules,
}
