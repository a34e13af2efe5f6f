"""The published page of a lane: one screen that says it all, then the tables behind it.

Markdown, made from results alone, with nothing of the machine but its class: no path, no name. Its
engines may come from several runs of the lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molt_build.errors import UsageError
from molt_build.report.beside_speed import beside_speed
from molt_build.report.formatting import tool_versions
from molt_build.report.lane_pictures import of_lane, of_signals
from molt_build.report.page import PAGES, Page, made_of, rendered
from molt_build.report.phrases import NARROW
from molt_build.report.scorecard import Scored, scored
from molt_build.report.signal_rows import on_page
from molt_build.results.bench import BenchResult
from molt_build.results.scoring import LaneScore, has_estimates
from molt_build.results.signals import SignalsResult

PICTURES = "_pictures"  # after a page's name: the folder beside it


def lane_of(results: Sequence[BenchResult]) -> Scored:
    """The lane of at least one run, as the page shows it.

    Raises `UsageError` where the runs are not of one lane and alike, or there is nothing to show.
    """
    names = [name for name, lane in results[0].lanes.items() if lane.suite is None]
    if len(names) != 1:
        message = f"{results[0].run} is no run of a lane"
        raise UsageError(message, "molt-build report --friends writes the page of friend suites")
    return scored(results, names[0], is_page=True)


def page_file(one: Scored) -> Path:
    """Where the page of a lane lies in the project.

    Pages are of one version of Python. That on which molt_build ran has the page without a version;
    another, which `MOLT_BUILD_PYTHON` named or a toolchain required, has its own.
    """
    stem = f"{one.name.removesuffix('_native')}_summary"
    other = one.results[0].environment.host_python
    return PAGES / (f"{stem}_{'.'.join(other.split('.')[:2])}.md" if other else f"{stem}.md")


def page_of(one: Scored, stem: str, signals: SignalsResult | None = None) -> Page:
    """The page of a lane, in a file of this name without its ending; with signals of its engines.

    Raises `UsageError` where nothing of it was measured.
    """
    score, folder = headline_score(one), f"{stem}{PICTURES}"
    pictures = tuple(of_lane(one, score))
    revealed = None if signals is None else on_page(signals, one)
    beside = beside_speed(one, score, signals)
    scattered = () if signals is None else tuple(of_signals(one, score, signals, beside))
    words = rendered(
        "lane.md.j2",
        one=one,
        runs=page_runs(one.results, signals),
        signals=revealed,
        beside=beside,
        scattered=scattered,
        score=score,
        narrow=NARROW,
        pictures=pictures,
        folder=folder,
        versions=tool_versions(one.results[0].engines[one.lane.reference]),
        tracks={track.id: track.title for result in one.results for track in result.tracks},
    )
    return Page(words, folder, (*pictures, *scattered))


def page_runs(
    results: Sequence[BenchResult], signals: SignalsResult | None
) -> tuple[BenchResult | SignalsResult, ...]:
    """All that the page is made of."""
    return (*results, *([] if signals is None else [signals]))


def text(one: Scored) -> str:
    """The words of the page."""
    return page_of(one, page_file(one).stem).text


def headline_score(one: Scored) -> LaneScore:
    """Its score; raises `UsageError` where nothing of it was measured, or no program scored."""
    if one.score is None:
        message = f"{one.results[0].run} measured nothing of {one.name}"
        raise UsageError(message, one.lane.reason or "measure it again")
    if not one.again and not has_estimates(one.score):
        raise UsageError(
            f"no program of {one.name} was scored in {made_of(one.results)}",
            "its result says of each why; --from RUN makes the page of another run",
        )
    return one.score
