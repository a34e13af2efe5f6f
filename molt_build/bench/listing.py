"""What a selection of lanes and suites would measure, from manifests alone: nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from molt_build.bench.programs import chosen_programs
from molt_build.bench.selection import Selection
from molt_build.manifests.model import Lane, Manifests
from molt_build.manifests.suite import Suite, SuiteProgram
from molt_build.plan.warm import SKIPPED
from molt_build.watch import counted


def listed_lane(selection: Selection, manifests: Manifests) -> dict[str, Any]:
    """A lane of workloads with its engines and programs; raises `UsageError` for unknown ones."""
    lane = selection.lane
    assert isinstance(lane, Lane)
    names = chosen_programs(lane, manifests, selection.asked.programs)
    return {
        "name": lane.name,
        "description": lane.description,
        "engines": [engine.name for engine in selection.all_engines],
        "programs": [
            {"name": one.name, "workload": workload.name, "entry": one.entry, "skip": one.skip}
            for one, workload in map(manifests.programs.__getitem__, names)
        ],
    }


def lane_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """The list as text."""
    programs = row["programs"]
    skipped = sum(1 for program in programs if program["skip"])
    yield f"{row['name']}: {row['description']}"
    told = counted(len(programs), "program") + (f", {skipped} skipped" if skipped else "")
    yield f"{told}, with {', '.join(row['engines'])}"
    for program in programs:
        yield f"  {program['name']}" + (f": {SKIPPED}{program['skip']}" if program["skip"] else "")


def listed(selections: Sequence[Selection]) -> list[dict[str, Any]]:
    """Each suite with its programs, how each engine runs them, and its exclusions."""
    suites = [(one, one.suite) for one in selections]
    return [_suite(selection, suite) for selection, suite in suites if suite is not None]


def _suite(selection: Selection, suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "description": suite.description,
        "licence": suite.licence,
        "engines": [engine.name for engine in selection.all_engines],
        "programs": [
            _program(selection, suite, program)
            for program in suite.programs
            if selection.takes(program.name) or not program.name
        ],
        "exclusions": [
            {"entries": list(one.entries), "reason": one.reason} for one in suite.exclusions
        ],
    }


def _program(selection: Selection, suite: Suite, program: SuiteProgram) -> dict[str, Any]:
    modes = {
        engine.name: suite.mode_of(program, engine.engine.toolchain)
        for engine in selection.all_engines
    }
    return {
        "name": program.name,  # "": each file of the entry is a program
        "entry": program.entry,
        "kernel": program.kernel,
        "tags": list(program.tags),
        "is_quick": program.is_quick,
        "c_accelerated": program.c_accelerated,
        "unchecked": program.unchecked,
        "modes": {
            engine: {"mode": mode.mode, "reason": mode.reason} for engine, mode in modes.items()
        },
    }


def lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The list as text."""
    for row in rows:
        yield f"{row['name']} ({row['licence']}): {row['description']}"
        for program in row["programs"]:
            yield f"  {_line(program)}"
        for exclusion in row["exclusions"]:
            yield f"  left out: {', '.join(exclusion['entries'])}: {exclusion['reason']}"


def _line(program: Mapping[str, Any]) -> str:
    kernel = program["kernel"]
    words = [program["name"] or f"each of {program['entry']}"]
    words += [f"[{kernel}]"] if kernel not in ("", program["name"]) else []
    words += ["(quick)"] if program["is_quick"] else []
    line = " ".join(words)
    for engine, mode in program["modes"].items():
        line += f"; {engine}: {mode['mode']}"
        line += f" ({mode['reason']})" if mode["reason"] else ""
    for fact in ("c_accelerated", "unchecked"):
        line += f"; {fact}: {program[fact]}" if program[fact] else ""
    return line
