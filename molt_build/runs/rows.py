"""A result of any kind as rows of the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from molt_build.history.runs import CellRow, EngineRow, KpiRow, Run, RunRows
from molt_build.measure.process import STEADY_METRIC
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS_RESULT, LANE_RESULT

LANE, SUITES, CASES = "lane", "suites", "cases"
KINDS = {LANE_RESULT: LANE, FRIENDS_RESULT: SUITES, COMPILE_PROGRESS: CASES}

Facts = Mapping[str, Any]


def rows_of(result: Facts, job: str, timestamp: str, folder: str) -> RunRows:
    """The rows of a result that is what its schema says; its run's folder is JOB/TIMESTAMP."""
    kind = KINDS[result["kind"]]
    run = Run(
        id=f"{job}/{timestamp}",
        job=job,
        timestamp=timestamp,
        kind=kind,
        started=result["started"],
        folder=folder,
        machine_class=result["environment"].get("machine_class", ""),
        problem="",
        result_bytes=None,
        result_mtime_ns=None,
        **_RUNS[kind](result),
    )
    return _CONTENTS[kind](run, result)


def cell_workload(cell: Facts) -> str:
    """A published case cell's workload with its shard, as the history has it."""
    workload = str(cell["workload"])
    return workload if cell["shard"] is None else f"{workload} {cell['shard']}"


def kpi_rows(result: Facts) -> Iterator[KpiRow]:
    """The limits of a run of the cases that could be judged."""
    for cell in result["cells"]:
        for kpi in cell["kpis"]:
            if kpi["is_green"] is not None:
                yield KpiRow(
                    case_name=cell["case"],
                    toolchain=cell["toolchain"],
                    workload=cell_workload(cell),
                    kpi=kpi["name"],
                    metric=kpi["metric"],
                    is_maximum=kpi["op"] == "max",
                    limit_value=kpi["limit"],
                    value=kpi["value"],
                    is_green=kpi["is_green"],
                    source=kpi["source"],
                )


def _lane_run(result: Facts) -> dict[str, Any]:
    return {
        "git_commit": result["environment"]["git_commit"],
        "git_is_dirty": result["environment"]["git_is_dirty"],
        "reference": result["reference"],
        "profile": result["profile"],
        "is_quick": result["quick"],
        "is_interrupted": result["interrupted"],
        "is_of_record": not (result["quick"] or result["interrupted"]),
    }


def _suites_run(result: Facts) -> dict[str, Any]:
    return {
        "git_commit": result["environment"]["git_commit"],
        "git_is_dirty": result["environment"]["git_is_dirty"],
        "reference": None,
        "profile": result["profile"],
        "is_quick": result["is_quick"],
        "is_interrupted": result["is_interrupted"],
        "is_of_record": not (result["is_quick"] or result["is_interrupted"]),
    }


def _cases_run(result: Facts) -> dict[str, Any]:
    return {
        "git_commit": result["git"]["commit"],
        "git_is_dirty": result["git"]["is_dirty"],
        "reference": None,
        "profile": None,
        "is_quick": result["asked"]["is_quick"],
        "is_interrupted": not result["is_complete"],
        "is_of_record": result["is_recorded"],
    }


def _lane(run: Run, result: Facts) -> RunRows:
    programs = result["programs"]
    cells = [
        row
        for cell in result["cells"]
        for row in _cells(cell, programs[cell["program"]]["workload"], result["metric"])
    ]
    return RunRows(run, _engines(result, run.profile, result["target"]), tuple(cells))


def _suites(run: Run, result: Facts) -> RunRows:
    cells = [
        row
        for name, suite in result["suites"].items()
        for cell in suite["cells"]
        for row in (*_cells(cell, name, "wall_s"), *_steady(cell, name))
    ]
    return RunRows(run, _engines(result, run.profile, None), tuple(cells))


def _cases(run: Run, result: Facts) -> RunRows:
    engines = [
        EngineRow(name, name, facts["identity"]) for name, facts in result["toolchains"].items()
    ]
    cells = [
        CellRow(
            case_name=cell["case"],
            workload=cell_workload(cell),
            program="",
            engine=cell["toolchain"],
            metric="wall_s",
            status=cell["status"],
            median=cell["median_s"],
            p95=cell["p95_s"],
            n=cell["n"],
        )
        for cell in result["cells"]
    ]
    return RunRows(run, tuple(engines), tuple(cells), tuple(kpi_rows(result)))


def _engines(result: Facts, profile: str | None, target: str | None) -> tuple[EngineRow, ...]:
    return tuple(
        EngineRow(
            engine=name,
            toolchain=facts["toolchain"],
            identity=facts["identity"],
            profile=facts.get("profile", profile),
            target=facts.get("target", target),
            revision=facts.get("revision"),
        )
        for name, facts in result["toolchains"].items()
    )


def _cells(cell: Facts, workload: str, metric: str) -> Iterator[CellRow]:
    """A row for each metric of a cell; one without numbers where it has none."""
    for name in cell["metrics"] or {metric: None}:
        found, ratio = cell["metrics"].get(name), cell["ratios"].get(name)
        yield _row(cell, workload, name, cell["status"], found, ratio)


def _steady(cell: Facts, workload: str) -> Iterator[CellRow]:
    if cell["steady_status"] is not None:
        status, found, ratio = cell["steady_status"][0], cell["steady"], cell["steady_ratio"]
        yield _row(cell, workload, STEADY_METRIC, status, found, ratio)


def _row(
    cell: Facts, workload: str, metric: str, status: str, found: Facts | None, ratio: Facts | None
) -> CellRow:
    estimate = {name: ratio[name] for name in ("ratio", "low", "high", "blocks")} if ratio else {}
    numbers = {name: found[name] for name in ("median", "p95", "n")} if found else {}
    return CellRow(
        "", workload, cell["program"], cell["engine"], metric, status, **estimate, **numbers
    )


_RUNS: Mapping[str, Callable[[Facts], dict[str, Any]]] = {
    LANE: _lane_run,
    SUITES: _suites_run,
    CASES: _cases_run,
}
_CONTENTS: Mapping[str, Callable[[Run, Facts], RunRows]] = {
    LANE: _lane,
    SUITES: _suites,
    CASES: _cases,
}
