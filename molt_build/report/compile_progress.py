"""The published page of compile_progress: how long builds take, and which KPIs hold for how long.

`docs/benchmarks/compile_progress.md` and small pictures beside it, made from the result of one run
and from those of the recorded runs before it. Nothing of the machine but its class is published.
The words are those of `templates/compile_progress.md.j2`; what stands in its tables is made here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from molt_build.errors import UsageError
from molt_build.history.database import memory_history
from molt_build.history.runs import write_run
from molt_build.report.formatting import (
    NO_VALUE,
    interval,
    limit_words,
    machine_words,
    plain,
    seconds,
)
from molt_build.report.kpi_pictures import (
    TREND_RUNS,
    changes,
    known_seconds,
    kpi_value,
    metric_words,
    not_drawn,
    trends,
)
from molt_build.report.kpi_trends import Judged, judged_kpis, runs_before
from molt_build.report.page import PAGES, Page, Picture, rendered
from molt_build.results.cases import CaseCell, CasesResult
from molt_build.results.costs import ComponentCost
from molt_build.results.files import read_cases, result_file
from molt_build.runs.folder import COMPILE_PROGRESS
from molt_build.runs.history_rows import Place, rows_of
from molt_build.runs.published import PUBLISHED, published_folder, published_runs
from molt_build.runs.recorded import find_run, known_runs, readable_runs

EXIT_GATE_RUNS = 7
MAX_COMPONENTS = 15
MOST_RUNS = 20  # that a page is made of
PAGE = PAGES / f"{COMPILE_PROGRESS}.md"


def page_of(results: Sequence[CasesResult], folder: str = COMPILE_PROGRESS) -> Page:
    """The page of the last of these runs, seen with those before it, in the order of time.

    Streaks and trends are those of these runs alone, whatever a history knows beside them. Raises
    `UsageError` for runs of several classes of machines.
    """
    chosen = results[-1]
    with memory_history() as history:
        for result in results:
            place = Place(result.job, result.timestamp, f"{PUBLISHED}/{result.run}")
            write_run(history, rows_of(result, place))
        before = runs_before(history, chosen, lambda line: None)
        judged = judged_kpis(history, chosen, before)
    if len(before) != len(results) - 1:
        others = [one.run for one in results[:-1]]
        message = f"{', '.join(others)} cannot be seen together with {chosen.run}"
        raise UsageError(message, "runs of record of one class of machine, the latest last")
    days = [started[:10] for started in (*(one.started for one in before), chosen.started)]
    pictures = tuple(trends(judged, days))
    words = text(chosen, results, [one.timestamp for one in before], judged, pictures)
    return Page(words, folder, pictures)


def page_results(
    project: Path, run: str | None = None, warn: Callable[[str], None] = lambda line: None
) -> list[CasesResult]:
    """The results that the page of a run is made of, itself (default: the latest complete) last.

    Before it the runs of record on the same class of machine, so far as their results are there,
    in `bench/results` or published; of many the latest. Results that cannot be read are passed
    over, and `warn` hears of it. Raises `UsageError` when there is no such run.
    """
    with known_runs(project, warn) as history:
        chosen = read_cases(
            _latest(history, project, warn)
            if run is None
            else find_run(project, run, COMPILE_PROGRESS, warn)
        )
        known = {one.id: project / one.folder for one in runs_before(history, chosen, warn)}
    folders = {name: folder for name, folder in known.items() if result_file(folder) is not None}
    for name in published_runs(project):
        if name.partition("/")[0] == COMPILE_PROGRESS:
            folders.setdefault(name, published_folder(project, name))
    earlier = [name for name in sorted(folders) if name < chosen.run]
    found: list[CasesResult] = [chosen]
    for name in reversed(earlier):
        if len(found) < MOST_RUNS:
            result = read_cases(folders[name])
            if result.is_recorded and _machine(result) == _machine(chosen):
                found.append(result)
    return found[::-1]


def _machine(result: CasesResult) -> str:
    return result.environment.machine_class


def _latest(history: sqlite3.Connection, project: Path, warn: Callable[[str], None]) -> Path:
    """The folder of the latest complete run, of the latest of record where there is one."""
    runs = readable_runs(history, project, COMPILE_PROGRESS, warn)
    complete = [run for run in reversed(runs) if not run.is_interrupted]
    if not complete:
        message = "there is no complete run of compile_progress"
        raise UsageError(message, "molt-build compile_progress makes one")
    chosen = next((run for run in complete if run.is_of_record), complete[0])
    return project / chosen.folder


def text(
    chosen: CasesResult,
    results: Sequence[CasesResult],
    before: Sequence[str],
    judged: Sequence[Judged],
    pictures: Sequence[Picture],
) -> str:
    """The whole page of a run; `before` are the TIMESTAMPs of those it is seen with."""
    verdicts = [row.kpi.is_green for row in judged]
    gate = [
        row.streak
        for row in judged
        if row.kpi.source == "program" and row.points[-1][1] is not None
    ]
    checked = [cell for cell in chosen.cells if cell.equality]
    components = _components(chosen)
    return rendered(
        "compile_progress.md.j2",
        run=chosen,
        results=results,
        history=[*before, chosen.timestamp],
        machine=machine_words(chosen),
        green=verdicts.count(True),
        red=verdicts.count(False),
        not_judged=verdicts.count(None),
        gate=gate,
        gate_runs=EXIT_GATE_RUNS,
        kpis=_kpis(judged),
        cells=[_cell(cell) for cell in chosen.cells if cell.status != "skipped"],
        has_maxima=any(cell.wall_s and cell.wall_s.p95 is None for cell in chosen.cells),
        has_intervals_of_starts=any(
            cell.ratio_to_interpreter and cell.ratio_to_interpreter.low is not None
            for cell in chosen.cells
        ),
        compared=[cell for cell in chosen.cells if cell.comparison],
        pictures=pictures,
        folder=COMPILE_PROGRESS,
        trend_runs=TREND_RUNS,
        changes=changes(judged),
        not_drawn=not_drawn(judged),
        components=components[:MAX_COMPONENTS],
        cheaper=len(components[MAX_COMPONENTS:]),
        checked=checked,
        different=_different(checked),
        left_out=_left_out(chosen),
        known_seconds=known_seconds,
    )


def _kpis(judged: Sequence[Judged]) -> list[list[str]]:
    """A row for each KPI, the red ones first, then what was not judged."""
    order = {False: 0, None: 1, True: 2}
    ordered = sorted(judged, key=lambda row: (order[row.kpi.is_green], row.kpi.source != "program"))
    rows = []
    for row in ordered:
        kpi, cell = row.kpi, row.cell
        measured = kpi_value(kpi.value, kpi.metric)
        more = f" ({row.streak})" if row.streak > EXIT_GATE_RUNS else ""
        rows.append(
            [
                {True: "pass", False: "**FAIL**", None: "not judged"}[kpi.is_green],
                f"{kpi.name} ({metric_words(kpi.metric)})",
                cell.case,
                cell.toolchain,
                cell.label,
                cell.status if kpi.is_green is False and kpi.value is None else measured,
                limit_words(
                    kpi_value(kpi.limit, kpi.metric), is_maximum=kpi.op == "max", is_page=True
                ),
                f"{min(row.streak, EXIT_GATE_RUNS)} of {EXIT_GATE_RUNS}{more}",
                kpi.source,
            ]
        )
    return rows


def _cell(cell: CaseCell) -> list[str]:
    """The row of a cell that was measured or failed."""
    title = cell.case if cell.clients == 1 else f"{cell.case}, {cell.clients} clients"
    numbers = ["**failed**", *[NO_VALUE] * 5]
    if cell.status == "measured" and cell.wall_s is not None:
        walls = cell.wall_s
        numbers = [
            seconds(walls.median),
            seconds(walls.p95_or_maximum) + (" (max)" if walls.p95 is None else ""),
            str(walls.n),
            interval(cell.ratio_to_interpreter),
            NO_VALUE if cell.hit_ratio is None else f"{cell.hit_ratio:.0%}",
            f"{cell.executed_actions:g}",
        ]
    tried = [str(cell.timeouts), str(cell.retries), known_seconds(cell.lock_wait_p95_s)]
    return [title, cell.toolchain, cell.label, *numbers, *tried]


def _components(chosen: CasesResult) -> list[list[str]]:
    """What misses cost by components of keys, over all cells; the most wasteful first."""
    costs: dict[str, list[ComponentCost]] = {}
    for cell in chosen.cells:
        for cost in cell.attribution.components if cell.attribution else ():
            costs.setdefault(cost.component, []).append(cost)
    sums = [
        (
            sum(cost.wasted_s for cost in rows),
            sum(cost.seconds for cost in rows),
            name,
            sum(cost.count for cost in rows),
            sum(cost.wasted for cost in rows),
        )
        for name, rows in costs.items()
    ]
    sums.sort(key=lambda row: (-row[0], -row[1], row[2]))
    return [
        [plain(name), f"{misses:g}", seconds(spent), f"{wasted:g}", seconds(wasted_s)]
        for wasted_s, spent, name, misses, wasted in sums
    ]


def _different(checked: Sequence[CaseCell]) -> list[list[str]]:
    """The cells with outputs that are not the reference's."""
    return [
        [
            *(cell.case, cell.toolchain, cell.label),
            *(str(found.checked), str(found.equal), ", ".join(found.different)),
        ]
        for cell in checked
        if (found := cell.equality) is not None and found.different
    ]


def _left_out(chosen: CasesResult) -> list[list[str]]:
    """What was not measured, by status, case and reason."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for cell in chosen.cells:
        if cell.status != "measured":
            key = (cell.status, cell.case, plain(cell.reason))
            reasons.setdefault(key, []).append(f"{cell.toolchain} {cell.label}")
    return [
        [f"**{status}**" if status == "failed" else status, case, "; ".join(cells), reason]
        for (status, case, reason), cells in sorted(reasons.items())
    ]
