"""pyperf's JSON, version 1.0: a benchmark for each name, a run for each of its runs.

A benchmark is named after its program where the file holds one engine, so that two files can be
given to `pyperf compare_to`; else after program and engine. Values are seconds, and those of a
steady state are benchmarks of their own, and so are counts of instructions. What pyperf collects of
a machine goes by pyperf's names here (`aslr`, `cpu_affinity`, `python_hash_seed`, ...); what a
result does not know is left out.
https://pyperf.readthedocs.io/en/latest/api.html#metadata
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from molt_build.report.export.python_facts import python_facts
from molt_build.report.export.timed import Counts, Timed, TimedRun, Timings
from molt_build.results.files import Measured

Facts = Mapping[str, Any]  # what is None is left out


def text(found: Timings) -> str:
    """The suite."""
    benchmarks = [
        {
            "metadata": _known({"name": found.name(one), **_of_one(found.result, one)}),
            "runs": [
                {"metadata": _known(_of_run(run)), "values": [run.seconds]} for run in one.runs
            ],
        }
        for one in found.rows
    ]
    benchmarks += [
        {
            "metadata": _known({"name": f"{found.name(one)} instructions", **_of_counts(one)}),
            "runs": [{"metadata": {}, "values": [count]} for count in one.counts],
        }
        for one in found.counts
    ]
    suite = {"benchmarks": benchmarks, "metadata": _known(_of_all(found.result)), "version": "1.0"}
    return json.dumps(suite) + "\n"


def _of_all(result: Measured) -> Facts:
    machine = result.environment
    return {
        "unit": "second",
        "loops": 1,
        "description": result.run,
        "date": _date(result.started),
        "boot_time": _date(machine.booted),
        "platform": f"{machine.system} {machine.kernel} {machine.architecture}",
        "aslr": machine.aslr,
        "cpu_count": machine.cores,
        "cpu_model_name": machine.cpu_model,
        "cpu_config": machine.governor and f"governor:{machine.governor}",
        "load_avg_1min": machine.load_average and machine.load_average[0],
    }


def _of_one(result: Measured, one: Timed) -> Facts:
    cpu = one.lane.pinned_cpu if one.lane is not None else None
    affinity = None if cpu is None else str(cpu)
    tags = [tag for tag in one.tags if tag != "all"]  # which is pyperf's own word
    return {"tags": tags or None, "cpu_affinity": affinity, **python_facts(result, one)}


def _of_counts(one: Counts) -> Facts:
    tags = [tag for tag in one.tags if tag != "all"]
    return {"unit": "integer", "tags": tags or None, "command": one.command}


def _of_run(run: TimedRun) -> Facts:
    peak, seed = run.peak_memory_bytes, run.hash_seed
    return {"duration": run.whole_s, "command_max_rss": peak, "python_hash_seed": seed}


def _date(utc: str | None) -> str | None:
    return utc and utc.replace("T", " ").rstrip("Z")


def _known(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if value not in (None, "")}
