"""Whether a result is what its schema says, and what the code that reads it relies on besides.

`schemas/*result.schema.json` say the shape of results (`molt_build.json_schema`). Beyond the shape:
numbers are finite and not beyond all measure, and rows that name one another are there.

Everything that is wrong is said with its path: `$.cells[3].metrics.wall_s.median: is missing`.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from molt_build.json_schema import Check, Path, Violation, compiled
from molt_build.manifests import search

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
    with open(os.path.join(search.bundled_schemas(), _FILES[kind]), encoding="utf-8") as stream:
        return compiled(json.load(stream))


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


def _lane_rules(result: Any) -> Iterator[Finding]:
    """A result of a lane: rows name one another, and each program has a cell of each engine."""
    engines = [result["reference"], *result["engines"]]
    for number, name in enumerate(engines):
        where: Path = ("reference",) if number == 0 else ("engines", number - 1)
        if name not in result["toolchains"]:
            yield where, f"{name} is not in $.toolchains"
        elif result["toolchains"][name]["engine"] == "compiler" and name not in result["builds"]:
            yield where, f"{name} is not in $.builds"
        for table in ("peak_memory_bytes", "verdicts"):
            if name not in result["summaries"][table] and (number or table != "verdicts"):
                yield where, f"{name} is not in $.summaries.{table}"
    starting = {cell["program"] for cell in result["startup"]}
    for table in ("cells", "startup"):
        for number, cell in enumerate(result[table]):
            if cell["program"] not in result["programs"] and cell["program"] not in starting:
                yield (table, number, "program"), f"{cell['program']} is not in $.programs"
            if cell["engine"] not in result["toolchains"]:
                yield (table, number, "engine"), f"{cell['engine']} is not in $.toolchains"
    cells = {(cell["program"], cell["engine"]) for cell in result["cells"]}
    for program in result["programs"]:
        for engine in engines:
            if (program, engine) not in cells:
                yield ("cells",), f"there is none of program {program} and engine {engine}"
    compared = {
        (cell["program"], cell["engine"])
        for cell in result["cells"]
        if cell["ratios"].get(result["metric"]) is not None
    }
    for engine, verdicts in result["summaries"]["verdicts"].items():
        for word, programs in verdicts.items():
            for number, program in enumerate(programs):
                if (program, engine) not in compared:
                    above = ("summaries", "verdicts", engine, word, number)
                    yield above, f"no cell of {engine} has the ratio of program {program}"
    for number, block in enumerate(result["blocks"]):
        if block["program"] not in result["programs"] and block["program"] not in starting:
            yield ("blocks", number, "program"), f"{block['program']} is not in $.programs"


def _friends_rules(result: Any) -> Iterator[Finding]:
    """A result of suites: what was measured had a plan, of programs that their suite has."""
    for name, suite in result["suites"].items():
        if suite["plan"] is None and (suite["blocks"] or suite["steady_blocks"]):
            yield ("suites", name, "plan"), "is null, though blocks were measured"
        for table in ("cells", "blocks", "steady_blocks"):
            for number, row in enumerate(suite[table]):
                if row["program"] not in suite["programs"]:
                    where = ("suites", name, table, number, "program")
                    yield where, f"{row['program']} is not in $.suites.{name}.programs"


def _progress_rules(result: Any) -> Iterator[Finding]:
    """A result of compile-progress: what was measured has numbers."""
    for number, cell in enumerate(result["cells"]):
        if cell["status"] == "measured":
            for name in ("median_s", "p95_s", "mad_s", "executed_actions"):
                if cell[name] is None:
                    yield ("cells", number, name), "is null, though the cell was measured"


_FILES: Mapping[str, str] = {
    "result": "result.schema.json",
    "friends-result": "friends_result.schema.json",
    "compile_progress": "compile_progress_result.schema.json",
}
_RULES: Mapping[str, Callable[[Any], Iterator[Finding]]] = {
    "result": _lane_rules,
    "friends-result": _friends_rules,
    "compile_progress": _progress_rules,
}
