"""A run of a lane or of suites as every format sees it: cells, each with its own runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from molt_build.measure.process import STEADY_METRIC
from molt_build.runs.folder import FRIENDS_RESULT

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class ExportedCell:
    """A program under an engine; `runs` are those of blocks, each metric -> value."""

    title: str  # tells it from the programs of other suites
    program: str
    workload: str
    family: str
    engine: str
    status: str
    reason: str
    verdict: str | None
    argv: tuple[str, ...]
    build_s: float | None
    metrics: Mapping[str, Facts]
    ratios: Mapping[str, Facts]
    runs: tuple[Facts, ...]
    steady_runs: tuple[Facts, ...]  # of the steady state, when it is scored there


@dataclass(frozen=True)
class Exported:
    """A run; the reference is the first of its engines."""

    run: str
    started: str
    environment: Facts
    engines: tuple[str, ...]
    cells: tuple[ExportedCell, ...]

    def only(self, engines: Sequence[str]) -> Exported:
        """The same with these engines."""
        cells = tuple(cell for cell in self.cells if cell.engine in engines)
        return replace(self, engines=tuple(engines), cells=cells)


def exported(result: Facts) -> Exported:
    """What a lane's or the suites' result has to give."""
    if result["kind"] == FRIENDS_RESULT:
        suites = result["suites"].values()
        engines = dict.fromkeys(e for s in suites for e in (s["reference"], *s["engines"]))
        cells = [cell for suite in suites for cell in _suite_cells(suite)]
    else:
        engines = dict.fromkeys((result["reference"], *result["engines"]))
        cells = _lane_cells(result)
    facts = result["run"], result["started"], result["environment"]
    return Exported(*facts, tuple(engines), tuple(cells))


def _lane_cells(result: Facts) -> list[ExportedCell]:
    runs = _runs(result["blocks"])
    cells = []
    for cell in result["cells"]:
        program, built = result["programs"][cell["program"]], result["builds"].get(cell["engine"])
        facts = (built or {}).get("programs", {}).get(cell["program"], {})
        cells.append(
            ExportedCell(
                title=cell["program"],
                workload=program["workload"],
                family=program["family"],
                build_s=facts.get("seconds"),
                metrics=cell["metrics"],
                ratios=_known(cell["ratios"]),
                runs=tuple(runs.get((cell["program"], cell["engine"]), ())),
                steady_runs=(),
                **_own(cell),
            )
        )
    return cells


def _suite_cells(suite: Facts) -> list[ExportedCell]:
    runs, steady_runs = _runs(suite["blocks"]), _runs(suite["steady_blocks"])
    cells = []
    for cell in suite["cells"]:
        key = cell["program"], cell["engine"]
        is_steady = cell["steady_status"] is not None and cell["steady_status"][0] == "ok"
        cells.append(
            ExportedCell(
                title=f"{suite['name']}/{cell['program']}",
                workload=suite["name"],
                family=suite["programs"][cell["program"]]["kernel"],
                build_s=cell["build"]["seconds"] if cell["build"] else None,
                metrics=_known({**cell["metrics"], STEADY_METRIC: cell["steady"]}),
                ratios=_known({**cell["ratios"], STEADY_METRIC: cell["steady_ratio"]}),
                runs=tuple(runs.get(key, ())),
                steady_runs=tuple(steady_runs.get(key, ()) if is_steady else ()),
                **_own(cell),
            )
        )
    return cells


def _own(cell: Facts) -> dict[str, Any]:
    names = ("program", "engine", "status", "reason", "verdict")
    return {**{name: cell[name] for name in names}, "argv": tuple(cell["argv"])}


def _known(values: Mapping[str, Facts | None]) -> dict[str, Facts]:
    return {name: value for name, value in values.items() if value is not None}


def _runs(blocks: Iterable[Facts]) -> dict[tuple[str, str], list[Facts]]:
    found: dict[tuple[str, str], list[Facts]] = {}
    for block in blocks:
        for run in block["runs"]:
            found.setdefault((block["program"], run["engine"]), []).append(run)
    return found
