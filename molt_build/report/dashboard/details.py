"""What a result says beside the numbers of its rows: what was asked, of which machine, and why not.

Only the latest results are read whole, and of each what the page shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from molt_build.measure.environment import Environment
from molt_build.report.beside_speed import beside_speed
from molt_build.report.dashboard.packing import rounded
from molt_build.report.formatting import plain, tool_versions
from molt_build.report.scorecard import is_measured, scored
from molt_build.results.bench import BenchResult, ColumnSummary, LaneResult
from molt_build.results.cases import CaseCell, CasesResult
from molt_build.results.differential import DifferentialResult
from molt_build.results.facts import EngineFacts, Part
from molt_build.results.files import Result
from molt_build.results.gates import GatesResult
from molt_build.results.signals import SignalsResult

Facts = dict[str, Any]


def details_of(result: Result) -> Facts:
    """What every run has, and what its kind has besides."""
    found: Facts = {
        "command": " ".join(result.command),
        "finished": result.finished,
        "environment": environment_of(result.environment),
    }
    if isinstance(result, BenchResult):
        found["lanes"] = {name: _lane(lane) for name, lane in result.lanes.items()}
        found["engines"] = _engines(result.engines)
        found["seconds"] = rounded(result.seconds)
    elif isinstance(result, CasesResult):
        found["parts"] = [_part(part) for part in result.parts]
        found["cases"] = [_case(cell) for cell in result.cells]
        found["switches"] = dict(result.switches)
    elif isinstance(result, SignalsResult):
        found["signals"] = _signals(result)
    elif isinstance(result, DifferentialResult):
        found["engines"] = _engines(result.engines)
    elif isinstance(result, GatesResult):
        found["gates"] = _gates(result)
    return found


def environment_of(environment: Environment) -> Facts:
    """What is known of the machine."""
    return {name: value for name, value in asdict(environment).items() if value is not None}


def _engines(engines: Mapping[str, EngineFacts]) -> Facts:
    return {
        name: {
            "versions": tool_versions(facts),
            "identity": facts.identity.rpartition(":")[2][:12],
            "profile": facts.profile,
            "target": facts.target,
        }
        for name, facts in engines.items()
    }


def _part(part: Part) -> Facts:
    noise = {"before": part.noise_before, "after": part.noise_after}
    return {
        "started": part.started,
        "seconds": rounded(part.seconds),
        "blocks": part.blocks,
        "others": rounded(part.others_share),
        "warnings": list(part.warnings),
        **{name: None if one is None else rounded(one.spread) for name, one in noise.items()},
    }


def _lane(lane: LaneResult) -> Facts:
    suite = lane.suite
    return {
        "description": lane.description,
        "status": lane.status,
        "reason": plain(lane.reason),
        "reference": lane.reference,
        "subject": lane.subject,
        "engines": list(lane.engines),
        "columns": list(lane.columns),
        "effects": {metric: lane.effect(metric) for metric in lane.columns},
        "skipped": {one.engine: plain(one.reason) for one in lane.skipped},
        "warnings": [plain(one) for one in lane.warnings],
        "parts": [_part(part) for part in lane.parts],
        "programs": {
            name: {"family": one.family, "what": one.description, "track": one.track}
            for name, one in lane.programs.items()
        },
        "means": {metric: _means(one) for metric, one in lane.summaries.items()},
        "why": {
            f"{cell.program} {cell.engine}": plain(cell.reason)
            for cell in lane.cells
            if cell.status != "ok"
        },
        "suite": None
        if suite is None
        else {
            "friend": suite.friend,
            "licence": suite.licence,
            "source": f"{suite.source.kind}: {suite.source.location}",
            "scored": lane.coverage.scored,
            "of": lane.coverage.programs,
        },
    }


def _means(column: ColumnSummary) -> Facts:
    """By engine the mean over the programs that all engines scored."""
    return {
        engine: [rounded(one.ratio, 5), rounded(one.low, 5), rounded(one.high, 5), one.programs]
        for engine, one in column.compared.items()
        if one is not None
    }


def _case(cell: CaseCell) -> Facts:
    wall, ratio, shards = cell.wall_s, cell.ratio_to_interpreter, cell.comparison
    return {
        "case": cell.case,
        "toolchain": cell.toolchain,
        "workload": cell.label,
        "profile": cell.profile,
        "store": cell.cache_state,
        "daemon": cell.daemon,
        "clients": cell.clients,
        "status": cell.status,
        "reason": plain(cell.reason),
        "wall": None
        if wall is None
        else [rounded(one) for one in (wall.median, wall.minimum, wall.p95_or_maximum)],
        "n": 0 if wall is None else wall.n,
        "ratio": _estimate(ratio),
        "hits": rounded(cell.hit_ratio),
        "executed": rounded(cell.executed_actions),
        "waited": rounded(cell.lock_wait_p95_s),
        "retries": cell.retries,
        "timeouts": cell.timeouts,
        "shards": None
        if shards is None
        else {
            "wall": _estimate(shards.wall_ratio),
            "on": rounded(shards.lock_wait_p95_on_s),
            "off": rounded(shards.lock_wait_p95_off_s),
            "waits": _estimate(shards.lock_wait_ratio),
        },
        "kpis": [
            {
                "name": one.name,
                "metric": one.metric,
                "op": one.op,
                "limit": rounded(one.limit),
                "value": rounded(one.value),
                "green": one.is_green,
                "source": one.source,
            }
            for one in cell.kpis
        ],
    }


def _estimate(one: Any) -> list[float | int | None] | None:
    return None if one is None else [rounded(one.ratio), rounded(one.low), rounded(one.high)]


def _signals(result: SignalsResult) -> Facts:
    return {
        "facts": {
            name: {
                "what": one.description,
                "unit": one.unit,
                "better": one.better,
                "scope": one.scope,
                "measured": one.is_measured,
            }
            for name, one in result.signals.items()
        },
        "lanes": {name: list(programs) for name, programs in result.lanes.items()},
        "totals": [
            [row.signal, row.engine, rounded(row.value, 6), row.programs, plain(row.reason)]
            for row in result.rows
            if not row.program
        ],
    }


def _gates(result: GatesResult) -> list[Facts]:
    return [
        {
            "gate": gate.gate,
            "what": gate.description,
            "owner": gate.owner,
            "severity": gate.severity,
            "against": gate.against,
            "engine": gate.engine,
            "verdict": gate.verdict,
            "reason": gate.reason,
            "unit": gate.unit,
            "max": gate.is_maximum,
            "worst": None if not gate.members else asdict(gate.members[0]),
            "run": None if gate.evidence is None else gate.evidence.run,
            "commit": None if gate.evidence is None else gate.evidence.git_commit,
            "notes": list(gate.notes),
        }
        for gate in result.gates
    ]


def signals_beside_speed(result: BenchResult, signals: SignalsResult) -> list[Facts]:
    """Each signal beside the speed-ups of a lane's programs, where both are of the same things."""
    found = []
    for name, lane in result.lanes.items():
        if not is_measured(lane) or name not in signals.lanes:
            continue
        one = scored([result], name)
        if one.score is None:
            continue
        for row in beside_speed(one, one.score, signals):
            rho = row.correlation
            found.append(
                {
                    "lane": name,
                    "signal": row.signal,
                    "engine": row.engine,
                    "run": result.run,
                    "signals": signals.run,
                    "rho": None
                    if rho is None
                    else [rounded(one) for one in (rho.rho, rho.low, rho.high)],
                    "programs": {
                        program: [rounded(value, 6), rounded(speed)]
                        for program, (value, speed) in row.programs.items()
                    },
                }
            )
    return found
