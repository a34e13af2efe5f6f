"""Whether a result is what its schema says, and what the code that reads it relies on besides.

`schemas/*result.schema.json` say the shape of results. They use a few keywords only, so they are
compiled to plain functions here: a run of many blocks has a hundred thousand values, and a page
reads dozens of runs. (`tests/test_results_damaged.py` holds the functions to `jsonschema`.) Beyond
the shape: numbers are finite and not beyond all measure, and rows that name one another are there.

Everything that is wrong is said with its path: `$.cells[3].metrics.wall_s.median: is missing`.
"""

from __future__ import annotations

import json
import math
import operator
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from molt_build.manifests import search

# Keywords that say nothing of a value.
ANNOTATIONS = frozenset(("$schema", "$id", "$defs", "title", "description"))
# Numbers of results are seconds, bytes, counts and ratios: what is larger was never measured, and
# what is nearer to zero (but not zero) has a ratio to others that is no number.
LARGEST, SMALLEST = 1e30, 1e-30

Path = tuple[str | int, ...]
Finding = tuple[Path, str]
Check = Callable[[Any, Path, list[Finding]], None]

_NOUNS: Mapping[str, str] = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def what_is_wrong(kind: str, result: Any) -> Iterator[str]:
    """Each thing that is wrong with a result of a kind, as `PATH: what`."""
    found: list[Finding] = []
    schema_check(kind)(result, (), found)
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
        root = json.load(stream)
    made: dict[str, Check] = {}
    return _compiled(root, root, made)


def _compiled(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    keywords = [keyword for keyword in schema if keyword not in ANNOTATIONS]
    if "properties" in schema and "additionalProperties" in schema:
        keywords.remove("additionalProperties")  # checked with them
    checks = [_KEYWORDS[keyword](schema, root, made) for keyword in keywords]
    if len(checks) == 1:
        return checks[0]

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        before = len(found)
        for one in checks:
            one(value, path, found)
            if len(found) > before:  # the rest would say it again
                return

    return check


def _ref(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    name = schema["$ref"].removeprefix("#/$defs/")
    if name not in made:
        made[name] = _compiled(root["$defs"][name], root, made)
    return made[name]


def _type(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    nouns = " or ".join(_NOUNS[one] for one in wanted)
    classes: set[type] = set()
    for one in wanted:
        classes |= _CLASSES[one]

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        if type(value) not in classes:
            found.append((path, f"should be {nouns}, and is {described(value)}"))
        elif type(value) is float or type(value) is int:
            size = abs(value)
            if not size <= LARGEST or 0 < size < SMALLEST:
                found.append((path, f"{described(value)} is no number that was measured"))

    return check


def _properties(
    schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]
) -> Check:
    known = {
        name: _compiled(part, root, made) for name, part in schema.get("properties", {}).items()
    }
    rest = schema.get("additionalProperties", True)
    check_rest = _compiled(rest, root, made) if isinstance(rest, dict) else None

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        for name, item in value.items() if type(value) is dict else ():
            one = known.get(name, check_rest)
            if one is not None:
                one(item, (*path, name), found)
            elif rest is False:
                found.append(((*path, name), "is unknown"))

    return check


def _required(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    def check(value: Any, path: Path, found: list[Finding]) -> None:
        if type(value) is dict:
            missing = [name for name in schema["required"] if name not in value]
            found += [((*path, name), "is missing") for name in missing]

    return check


def _items(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    one = _compiled(schema["items"], root, made)

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        for number, item in enumerate(value if type(value) is list else ()):
            one(item, (*path, number), found)

    return check


def _depth(found: list[Finding]) -> int:
    return len(found[0][0])


def _any_of(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    branches = [_compiled(part, root, made) for part in schema["anyOf"]]

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        each: list[list[Finding]] = []
        for branch in branches:
            tried: list[Finding] = []
            branch(value, path, tried)
            if not tried:
                return
            each.append(tried)
        found.extend(sorted(each, key=_depth)[-1])  # of the branch that fits the furthest

    return check


def _enum(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    allowed = schema["enum"] if "enum" in schema else [schema["const"]]
    words = ", ".join("null" if one is None else str(one) for one in allowed)

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        if not any(type(value) is type(one) and value == one for one in allowed):
            found.append((path, f"should be {words}, and is {described(value)}"))

    return check


def _pattern(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    pattern = schema["pattern"]
    # Python's `$` also matches before a final line feed, that of JSON Schema does not.
    search_in = re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern).search

    def check(value: Any, path: Path, found: list[Finding]) -> None:
        if type(value) is str and search_in(value) is None:
            found.append((path, f"{described(value)} does not match {pattern}"))

    return check


def _bound(keyword: str, holds: Callable[[Any, Any], bool], words: str) -> Any:
    def compiled(schema: Mapping[str, Any], *_: Any) -> Check:
        limit = schema[keyword]

        def check(value: Any, path: Path, found: list[Finding]) -> None:
            if type(value) in (int, float) and not holds(value, limit):
                found.append((path, f"should be {words} {limit}, and is {described(value)}"))

        return check

    return compiled


def _length(keyword: str, of: type[Any], holds: Callable[[Any, Any], bool], words: str) -> Any:
    def compiled(schema: Mapping[str, Any], *_: Any) -> Check:
        limit = schema[keyword]

        def check(value: Any, path: Path, found: list[Finding]) -> None:
            if isinstance(value, of) and not holds(len(value), limit):
                noun = "entries" if of is list else "characters"
                found.append((path, f"should have {words} {limit} {noun}, and has {len(value)}"))

        return check

    return compiled


_CLASSES: Mapping[str, set[type]] = {
    "string": {str},
    "number": {int, float},
    "integer": {int},
    "boolean": {bool},
    "array": {list},
    "object": {dict},
    "null": {type(None)},
}
_KEYWORDS: Mapping[str, Callable[..., Check]] = {
    "$ref": _ref,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _properties,
    "required": _required,
    "items": _items,
    "anyOf": _any_of,
    "enum": _enum,
    "const": _enum,
    "pattern": _pattern,
    "minItems": _length("minItems", list, operator.ge, "at least"),
    "maxItems": _length("maxItems", list, operator.le, "at most"),
    "maxLength": _length("maxLength", str, operator.le, "at most"),
    "minLength": _length("minLength", str, operator.ge, "at least"),
    "minimum": _bound("minimum", operator.ge, "at least"),
    "maximum": _bound("maximum", operator.le, "at most"),
    "exclusiveMinimum": _bound("exclusiveMinimum", operator.gt, "above"),
}


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
