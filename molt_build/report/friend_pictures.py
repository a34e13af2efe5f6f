"""The pictures of the friends' page: one of all suites, and one of each suite's programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from molt_build.measure.statistics import RatioEstimate
from molt_build.report.formatting import COLUMN_TITLES, interval
from molt_build.report.page import Picture
from molt_build.report.ratio_picture import Row, ratio_svg
from molt_build.report.scorecard import COMBINED, Scorecard, Scored
from molt_build.results.scoring import Column, LaneScore

HEADLINE = "all-suites.svg"
SUBJECT, FRIEND = "subject", "friend"


def headline(card: Scorecard) -> Picture | None:
    """Every suite's geometric means against the reference; None where none was scored."""
    rows, reference = [], ""
    for one, score in card.measured:
        for column in _timed(score):
            estimates = _means(score, column)
            if estimates:
                rows.append(Row(_suite_label(one, score, column), estimates))
                reference = score.reference
    if not rows:
        return None
    title = f"How many times as fast as {reference} the programs of each suite run"
    subtitle = (
        "Geometric mean of the speed-ups of a suite's programs that all engines scored "
        "(how many of how many); logarithmic scale"
    )
    words = {SUBJECT: card.subject, FRIEND: "the project whose suite it is"}
    shown = {key: words[key] for key in words if any(key in row.estimates for row in rows)}
    said = "; ".join(f"{row.name}: {_said(row.estimates)}" for row in rows)
    return Picture(HEADLINE, ratio_svg(title, subtitle, shown, rows, reference), f"{title}. {said}")


def of_suite(one: Scored, score: LaneScore) -> Iterator[Picture]:
    """A picture of the programs for each column of the suite."""
    for column in _timed(score):
        picture = _programs(one, score, column)
        if picture is not None:
            yield picture


def picture_file(suite: str, column: Column) -> str:
    """The file of a suite's picture."""
    return f"{suite}.svg" if column.metric == "wall_s" else f"{suite}-steady.svg"


def _timed(score: LaneScore) -> list[Column]:
    return [column for column in score.columns if column.metric in COMBINED]


def _programs(one: Scored, score: LaneScore, column: Column) -> Picture | None:
    engines = {
        engine: words
        for engine, words in (
            (score.subject, "the subject"),
            (score.friend, "the friend, whose suite it is"),
        )
        if engine is not None and column.between(engine, score.reference) is not None
    }
    found: dict[str, dict[str, RatioEstimate]] = {}
    for engine in engines:
        comparison = column.between(engine, score.reference)
        assert comparison is not None
        for program, estimate in comparison.estimates.items():
            found.setdefault(program, {})[engine] = estimate
    if not found:
        return None
    # Largest first, by the subject where it is there.
    order = sorted(found, key=lambda name: (-next(iter(found[name].values())).ratio, name))
    what = COLUMN_TITLES[column.metric]
    title = f"Suite {one.name}: how many times as fast as {score.reference} each program is, {what}"
    subtitle = "Median of the speed-ups of all blocks; logarithmic scale"
    rows = [Row(name, found[name]) for name in order]
    drawn = ratio_svg(title, subtitle, engines, rows, score.reference)
    ends = dict.fromkeys((order[0], order[-1]))
    said = "; to ".join(f"{name}: {_said(found[name])}" for name in ends)
    return Picture(picture_file(one.name, column), drawn, f"{title}. {said}")


def _means(score: LaneScore, column: Column) -> dict[str, RatioEstimate]:
    found: dict[str, RatioEstimate] = {}
    for key, engine in ((SUBJECT, score.subject), (FRIEND, score.friend)):
        comparison = column.between(engine, score.reference)
        if comparison is not None and comparison.mean is not None:
            found[key] = comparison.mean
    return found


def _suite_label(one: Scored, score: LaneScore, column: Column) -> str:
    count = f"{len(column.programs)}/{score.coverage.programs}"
    if len(_timed(score)) == 1:
        return f"{one.name} ({count})"
    return f"{one.name}, {COLUMN_TITLES[column.metric]} ({count})"


def _said(estimates: Mapping[str, RatioEstimate]) -> str:
    return ", ".join(f"{engine} {interval(row)}" for engine, row in estimates.items())
