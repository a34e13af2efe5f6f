"""Which Python ran what was timed, as far as a result knows: in pyperf's words.

An interpreter tells its version itself. What a compiler made runs on the reference's interpreter
where its command begins with the same program; a program of its own is no Python's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from molt_build.report.export.timed import Timed
from molt_build.report.formatting import plain
from molt_build.results.bench import BenchResult, LaneResult
from molt_build.results.cases import CasesResult
from molt_build.results.facts import EngineFacts

_VERSION = re.compile(r"\bPython (\d+\.\d+\.\d+\S*)")


def python_facts(result: BenchResult | CasesResult, one: Timed) -> Mapping[str, str]:
    """`python_version` and `python_implementation`, and what the engine and its tools are."""
    if isinstance(result, CasesResult):
        python = result.interpreter
        implementation = python.implementation.lower()
        return {"python_version": python.version, "python_implementation": implementation}
    if one.lane is None or one.engine not in result.engines:
        return {}
    engine = result.engines[one.engine]
    runs_on = _runs_on(result, one.lane, one.engine)
    return {
        **(_of_interpreter(runs_on) if runs_on is not None else {}),
        "engine": one.engine,
        "engine_version": _first(engine.versions) or " ".join(engine.requires),
        "engine_identity": engine.identity,
        **{f"uses_{role}": _first(used.versions) for role, used in engine.uses.items()},
    }


def _runs_on(result: BenchResult, lane: LaneResult, name: str) -> EngineFacts | None:
    """The interpreter that runs an engine's programs."""
    if result.engines[name].kind == "interpreter":
        return result.engines[name]
    argv = {cell.engine: cell.argv[0] for cell in lane.cells if cell.argv}
    is_same = name in argv and argv[name] == argv.get(lane.reference)
    reference = result.engines.get(lane.reference)
    is_interpreter = reference is not None and reference.kind == "interpreter"
    return reference if is_same and is_interpreter else None


def _of_interpreter(engine: EngineFacts) -> dict[str, str]:
    found = _VERSION.search("\n".join(engine.versions.values()))
    if found is None:
        return {}
    implementation = re.split(r"[\d_-]", engine.toolchain)[0]  # cpython, pypy
    return {"python_version": found[1], "python_implementation": implementation}


def _first(versions: Mapping[str, str]) -> str:
    return plain(next((line for line in versions.values() if line.strip()), ""))
