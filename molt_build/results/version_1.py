"""Results of version 1, which had no types, as those of version 2.

There were three kinds, each with a dialect of its own: `result` of a lane, `friends-result` of
suites, `compile_progress` of the cases. What they did not record is empty or null here. What lanes
and suites say together (means, verdicts) is computed anew from their blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from molt_build.codec import OtherShape
from molt_build.results.facts import SCHEMA_VERSION

VERSION = 1

Facts = Mapping[str, Any]


def upgraded(result: Facts) -> dict[str, Any]:
    """The same result as version 2 has it; raises `OtherShape` where it is none of version 1."""
    kind = result.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise OtherShape("it is no result of a run")
    try:
        return {**_KINDS[kind](result), "schema_version": SCHEMA_VERSION}
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise OtherShape(f"it is not what version 1 of a {kind} was ({what})") from error


def _lane_run(result: Facts) -> dict[str, Any]:
    name, metric, reference = result["lane"], result["metric"], result["reference"]
    toolchains = result["toolchains"]

    def engine(facts: Facts) -> dict[str, Any]:
        own = {"profile": result["profile"], "target": result["target"], "revision": None}
        return _engine({**own, **facts})

    def cell(row: Facts) -> dict[str, Any]:
        built = result["builds"].get(row["engine"], {}).get("programs", {}).get(row["program"])
        is_compiler = toolchains[row["engine"]]["engine"] == "compiler"
        is_scored = bool(row["metrics"])
        ratios = row["ratios"] or dict.fromkeys(row["metrics"])
        return {
            "program": row["program"],
            "engine": row["engine"],
            "mode": "unsupported" if row["status"] == "unsupported" else "runs_unmodified",
            "note": "",
            "build": _build(built) if built and is_compiler else None,
            "argv": row["argv"],
            "environment": row["environment"],
            "command": "",
            "exit_status": 0 if is_scored else None,
            "log": "",
            "outcomes": {"run": {"status": row["status"], "reason": row["reason"]}},
            "metrics": _metrics(row["metrics"], ratios, {metric: row["verdict"]}),
        }

    def program(title: str, facts: Facts) -> dict[str, Any]:
        return {
            **{key: facts[key] for key in ("workload", "family", "tags", "description")},
            "kernel": title,
            "track": None,
            "entry": "",
            "module": "",
            "form": "program",
            "size": None,
            "args": [],
            "timeout_s": result["plan"]["run_timeout_s"],
            "c_accelerated": None,
            "unchecked": None,
            "source_digest": facts["source_digest"],
            "staged": None,
        }

    interrupted = result["interrupted"]
    programs = {title: program(title, facts) for title, facts in result["programs"].items()}
    engines = [reference, *result["engines"]]
    skipped = [{"engine": row["toolchain"], **row} for row in result["skipped"]]
    ok = {(c["program"], c["engine"]) for c in result["cells"] if c["status"] == "ok"}
    subjects = [one for one in engines if toolchains[one]["toolchain"] == result["subject"]]
    lane = {
        "name": name,
        "description": result["description"],
        "status": "interrupted" if interrupted else "measured",
        "reason": "",
        "suite": None,
        "profile": result["profile"],
        "target": result["target"],
        "reference": reference,
        "subject": next((one for one in subjects if one != reference), None),
        "engines": list(dict.fromkeys((*engines, *(row["engine"] for row in skipped)))),
        "judged": result["judged"],
        "columns": list(dict.fromkeys((metric, "wall_s", "peak_memory_bytes"))),
        "min_effect": result["min_effect"],
        "asked": {"programs": [], "engines": []},
        "skipped": skipped,
        "pinned_cpu": result["plan"]["pinned_cpu"],
        "peak_memory_floor_bytes": result["plan"]["peak_memory_floor_bytes"],
        "measurements": {
            "run": _measurement(result["plan"], result["plan"]["hash_seeds"], result["blocks"])
        },
        "parts": [_part(part) for part in result["parts"]],
        "warnings": result["warnings"],
        "programs": programs,
        "exclusions": [],
        "coverage": {
            "present": len(programs),
            "programs": len(programs),
            "scored": sum(all((p, e) in ok for e in engines) for p in programs),
            "quick_left_out": 0,
        },
        "builds": {
            one: {
                key: facts[key] for key in ("executed", "hits", "up_to_date", "failed", "seconds")
            }
            for one, facts in result["builds"].items()
        },
        "cells": [cell(row) for row in result["cells"]],
        "startup": [cell(row) for row in result["startup"]],
        "summaries": {},
        "against": _against(result.get("against"), metric),
    }
    return {
        "kind": "bench",
        "run": result["run"],
        "command": result["command"],
        "started": result["started"],
        "finished": result["finished"],
        "seconds": sum(part["seconds"] for part in result["parts"]),
        "is_quick": result["quick"],
        "is_interrupted": interrupted,
        "budget_s": result["plan"]["budget_s"],
        "environment": result["environment"],
        "engines": {one: engine(facts) for one, facts in toolchains.items()},
        "tracks": [],
        "lanes": {name: lane},
    }


def _suites_run(result: Facts) -> dict[str, Any]:
    own = {"profile": result["profile"], "target": "native", "revision": None}
    return {
        "kind": "bench",
        "run": f"friends/{result['run']}",
        "command": result["command"],
        "started": result["started"],
        "finished": result["started"],
        "seconds": result["seconds"],
        "is_quick": result["is_quick"],
        "is_interrupted": result["is_interrupted"],
        "budget_s": result["budget_s"],
        "environment": result["environment"],
        "engines": {one: _engine({**own, **f}) for one, f in result["toolchains"].items()},
        "tracks": result["tracks"],
        "lanes": {name: _suite(result, suite) for name, suite in result["suites"].items()},
    }


def _suite(result: Facts, suite: Facts) -> dict[str, Any]:
    plan = suite["plan"]
    measurements = {}
    if plan is not None:
        for way, blocks in (("run", suite["blocks"]), ("steady", suite["steady_blocks"])):
            if plan[way] is not None:
                measurements[way] = _measurement(plan[way], plan["hash_seeds"], blocks)

    def program(facts: Facts) -> dict[str, Any]:
        names = ("description", "kernel", "tags", "track", "entry", "module", "form", "size")
        more = ("args", "c_accelerated", "unchecked", "source_digest", "staged")
        found = {key: facts[key] for key in (*names, *more)}
        return {"workload": suite["name"], "family": suite["name"], "timeout_s": None, **found}

    def cell(row: Facts) -> dict[str, Any]:
        steady = {"steady_s": row["steady"]} if row["steady"] else {}
        ratios = {**row["ratios"], "steady_s": row["steady_ratio"]}
        outcomes = {"run": {"status": row["status"], "reason": row["reason"]}}
        if row["steady_status"] is not None:
            status, reason = row["steady_status"]
            outcomes["steady"] = {"status": status, "reason": reason}
        names = ("program", "engine", "mode", "note", "argv", "environment", "command")
        return {
            **{key: row[key] for key in (*names, "exit_status", "log")},
            "build": row["build"] and _build(row["build"]),
            "outcomes": outcomes,
            "metrics": _metrics({**row["metrics"], **steady}, ratios, {"wall_s": row["verdict"]}),
        }

    names = ("name", "description", "status", "reason", "reference", "subject", "engines")
    return {
        **{key: suite[key] for key in (*names, "asked", "warnings", "exclusions", "coverage")},
        "suite": {
            key: suite[key] for key in ("friend", "licence", "source", "adapter", "jit_engines")
        },
        "profile": result["profile"],
        "target": "native",
        "judged": [],
        "columns": ["wall_s", "steady_s"] if "steady" in measurements else ["wall_s"],
        "min_effect": result["min_effect"],
        "skipped": [{"engine": row["toolchain"], **row} for row in suite["skipped"]],
        "pinned_cpu": None,
        "peak_memory_floor_bytes": 0,
        "measurements": measurements,
        "parts": [_part(part) for part in suite["parts"]],
        "programs": {name: program(facts) for name, facts in suite["programs"].items()},
        "builds": {},
        "cells": [cell(row) for row in suite["cells"]],
        "startup": [],
        "summaries": {},
        "against": None,
    }


def _cases_run(result: Facts) -> dict[str, Any]:
    same = ("command", "started", "finished", "is_complete", "is_resumed", "asked", "switches")
    git = {f"git_{name}": value for name, value in result["git"].items()}
    because = result.get("unrecorded_because") or "it had fewer samples than its cases ask for"
    return {
        "kind": "cases",
        "run": f"compile_progress/{result['run']}",
        **{key: result[key] for key in same},
        "unrecorded_because": "" if result["is_recorded"] else because,
        "environment": {**result["environment"], **git},
        **{key: result[key] for key in ("interpreter", "toolchains")},
        "parts": [_part(part) for part in result["parts"]],
        "cells": [_case_cell(cell) for cell in result["cells"]],
    }


def _case_cell(cell: Facts) -> dict[str, Any]:
    what = ("case", "profile", "toolchain", "workload", "shard", "programs", "cache_state")
    how = ("daemon", "clients", "status", "reason", "warm_ups", "hit_ratio", "executed_actions")
    more = ("timeouts", "retries", "lock_wait_p95_s", "seconds_by_stage", "kpis")
    walls = [sample["wall_s"] for sample in cell["samples"] if sample["shards"] == "on"]
    summary = {
        "n": cell["n"],
        "median": cell["median_s"],
        "p95": None if cell["p95_is_max"] else cell["p95_s"],
        "maximum": max(walls, default=None),
        "mad": cell["mad_s"],
        "minimum": min(walls, default=None),
    }
    compared, equality = cell["comparison"], cell["equality"]
    return {
        **{key: cell[key] for key in (*what, *how, *more)},
        "samples": [{"load": None, **sample} for sample in cell["samples"]],
        "wall_s": None if cell["median_s"] is None else summary,
        "ratio_to_interpreter": _estimate(cell["ratio_to_interpreter"]),
        "equality": equality and {key: equality[key] for key in ("checked", "different")},
        "attribution": _attribution(cell["attribution"]),
        "comparison": compared
        and {
            **compared,
            "wall_ratio": _estimate(compared["wall_ratio"]),
            "lock_wait_ratio": _estimate(compared["lock_wait_ratio"]),
        },
    }


def _attribution(facts: Facts | None) -> dict[str, Any] | None:
    if not facts:
        return None
    empty: dict[str, Any] = {"kind": "", "alone": 0, "stages": [], "toolchains": []}
    empty |= {"programs": [], "old": None, "new": None}
    rows = [{**empty, **row} for row in facts.get("components", [])]
    return {"stages": facts.get("stages", {}), "components": rows}


def _estimate(row: Facts | None) -> dict[str, Any] | None:
    """An estimate of the cases, which had names of its own."""
    if row is None:
        return None
    ends = {"low": row["low"], "high": row["high"]}
    return {"ratio": row["estimate"], **ends, "blocks": row["n"]}


def _engine(facts: Facts) -> dict[str, Any]:
    kept = {name: value for name, value in facts.items() if name != "engine"}
    return {**kept, "kind": facts["engine"]}


def _measurement(plan: Facts, seeds: Sequence[int], blocks: Iterable[Facts]) -> dict[str, Any]:
    names = ("blocks", "sweep_s", "expected_s", "budget_s")
    return {
        "plan": {**{key: plan[key] for key in names}, "hash_seeds": seeds[: plan["blocks"]]},
        "blocks": [
            {
                **{key: block[key] for key in ("program", "index", "hash_seed")},
                "wanting": [],
                "runs": [
                    {
                        "engine": run["engine"],
                        "metrics": {k: value for k, value in run.items() if k != "engine"},
                    }
                    for run in block["runs"]
                ],
            }
            for block in blocks
        ],
    }


def _metrics(found: Facts, ratios: Facts, verdicts: Facts) -> dict[str, Any]:
    return {
        name: {"summary": row, "speedup": ratios.get(name), "verdict": verdicts.get(name)}
        for name, row in found.items()
    }


def _build(facts: Facts) -> dict[str, Any]:
    found = {"status": facts["status"], "seconds": facts["seconds"]}
    return {**found, "commands": facts.get("commands", [])}


def _part(part: Facts) -> dict[str, Any]:
    return {"blocks": 0, "noise_before": None, "noise_after": None, **part}


def _against(facts: Facts | None, metric: str) -> dict[str, Any] | None:
    if facts is None:
        return None
    kept = {name: value for name, value in facts.items() if name != "rows"}
    return {**kept, "metric": metric, "changes": facts["rows"]}


_KINDS: Mapping[Any, Callable[[Facts], dict[str, Any]]] = {
    "result": _lane_run,
    "friends-result": _suites_run,
    "compile_progress": _cases_run,
}
