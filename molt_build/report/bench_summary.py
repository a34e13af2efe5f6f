"""The published page of a lane: one screen that says it all, then the tables behind it.

Markdown, made from results alone, with nothing of the machine but its class: no path, no name. Its
engines may come from several runs of the lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from molt_build.errors import UsageError
from molt_build.report.formatting import tool_versions
from molt_build.report.page import PAGES, rendered, write_page
from molt_build.report.scorecard import Scored, scored
from molt_build.results.bench import BenchResult
from molt_build.results.scoring import LaneScore


def lane_of(results: Sequence[BenchResult]) -> Scored:
    """The lane of at least one run, as the page shows it.

    Raises `UsageError` where the runs are not of one lane and alike, or there is nothing to show.
    """
    names = [name for name, lane in results[0].lanes.items() if lane.suite is None]
    if len(names) != 1:
        message = f"{results[0].run} is no run of a lane"
        raise UsageError(message, "molt-build report --friends writes the page of friend suites")
    return scored(results, names[0], is_page=True)


def write_lane_summary(project: Path, one: Scored, output: Path | None = None) -> Path:
    """Write the page of a lane, where the project's pages lie unless given; its path.

    Raises `UsageError` where nothing of it was measured, `OSError` when it cannot be written.
    """
    page = output or project / PAGES / f"{one.name.removesuffix('_native')}_summary.md"
    write_page(page, text(one))
    return page


def text(one: Scored) -> str:
    """The whole page."""
    return rendered(
        "lane.md.j2",
        one=one,
        score=_score(one),
        versions=tool_versions(one.results[0].engines[one.lane.reference]),
        tracks={track.id: track.title for result in one.results for track in result.tracks},
    )


def facts(one: Scored) -> dict[str, Any]:
    """The page's headline as plain data."""
    score = _score(one)
    engines = {}
    for comparison in score.main.comparisons:
        own, compared = comparison.own_mean, comparison.mean
        engines[comparison.first] = {
            "run": one.results[one.run_of[comparison.first]].run,
            "own": None if own is None else asdict(own),
            "compared": None if compared is None else asdict(compared),
            "verdicts": {word: len(names) for word, names in comparison.all_verdicts.items()},
        }
    return {
        "lane": one.name,
        "reference": one.lane.reference,
        "metric": one.lane.metric,
        "runs": [result.run for result in one.results],
        "programs": len(one.programs),
        "compared": len(score.main.programs),
        "engines": engines,
    }


def _score(one: Scored) -> LaneScore:
    if one.score is None:
        message = f"{one.results[0].run} measured nothing of {one.name}"
        raise UsageError(message, one.lane.reason or "measure it again")
    return one.score
