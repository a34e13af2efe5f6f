"""Markdown for a job's summary: the headline, the programs, what failed, noise, the machine.

GitHub shows a step's summary of up to 1 MiB: `molt-build export latest --format md >>
"$GITHUB_STEP_SUMMARY"`. The words are those of the pages (`templates/job_summary.md.j2`).
"""

from __future__ import annotations

from molt_build.report.export.cells import Exported
from molt_build.report.formatting import NO_VALUE, interval, number, seconds
from molt_build.report.page import rendered
from molt_build.report.scorecard import scorecard
from molt_build.results.cases import CaseCell, CasesResult
from molt_build.runs.job import warnings_of

_VERDICTS = {True: "green", False: "**red**", None: "not measured"}


def text(run: Exported) -> str:
    """Of lanes and suites: all engines of the run."""
    result = run.result
    return rendered("job_summary.md.j2", result=result, card=scorecard([result]))


def cases_text(result: CasesResult) -> str:
    """Of the cases: a row for each that was measured, and why the others were not."""
    judged = [kpi.is_green for cell in result.cells for kpi in cell.kpis if kpi.source == "program"]
    return rendered(
        "cases_summary.md.j2",
        result=result,
        green=judged.count(True),
        judged=len(judged),
        measured=[_row(cell) for cell in result.cells if cell.status == "measured"],
        others=[
            [cell.name, cell.status, cell.reason]
            for cell in result.cells
            if cell.status != "measured"
        ],
        warnings=warnings_of(result.parts),
    )


def _row(cell: CaseCell) -> list[str]:
    walls = cell.wall_s
    kpis = [
        f"{kpi.name} {_VERDICTS[kpi.is_green]}"
        f"{'' if kpi.value is None else f' ({number(kpi.value)}, limit {kpi.limit:g})'}"
        for kpi in cell.kpis
    ]
    return [
        cell.name,
        seconds(walls.median) if walls else NO_VALUE,
        seconds(walls.p95_or_maximum) if walls else NO_VALUE,
        interval(cell.ratio_to_interpreter),
        NO_VALUE if cell.hit_ratio is None else f"{cell.hit_ratio:.0%}",
        "; ".join(kpis) or NO_VALUE,
    ]
