"""The first tables of the friends' page: who wins, the means, the programs, the largest losses.

A row for each suite and column. The first is narrow enough for a page of 100 letters, whatever the
suites are: what makes it wide stands in those after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from molt_build.report.formatting import COLUMN_TITLES, NO_VALUE, interval, number
from molt_build.report.phrases import deciding, outcome, track_words
from molt_build.report.scorecard import Scorecard, Scored
from molt_build.results.scoring import Column, Comparison, LaneScore

NOT_MEASURED = {
    "unreachable": "source not reachable",
    "refused": "source refused",
    "failed": "could not be run",
    "interrupted": "interrupted",
    "measured": "nothing measured",
}


def winners(card: Scorecard) -> Iterator[list[str]]:
    """Suite, what was measured, winner, against whom, times as fast, how sure."""
    for one, score, column in _columns(card):
        told = outcome(deciding(score, column), card.min_effect)
        yield [*_head(one, column), told.winner, told.against, told.times, told.sure]
    for one in card.lanes:
        if one.score is None:
            yield [one.name, NOT_MEASURED[one.lane.status], *[NO_VALUE] * 4]


def means(card: Scorecard) -> Iterator[list[str]]:
    """Suite, what was measured, subject vs reference, friend vs reference, subject vs friend."""
    for one, score, column in _columns(card):
        pairs = (
            (score.subject, score.reference),
            (score.friend, score.reference),
            (score.subject, score.friend),
        )
        found = [column.between(*pair) for pair in pairs]
        yield [*_head(one, column), *(interval(c.mean if c else None) for c in found)]


def counts(card: Scorecard) -> Iterator[list[str]]:
    """Suite, what was measured, scored, files left out, against whom, then by verdict."""
    for one, score, column in _columns(card):
        coverage, decided = score.coverage, deciding(score, column)
        left_out = sum(map(len, coverage.exclusions.values()))
        scored = f"{len(column.programs)} of {coverage.programs}"
        if coverage.quick_left_out:
            scored += f" ({coverage.quick_left_out} more not run)"
        numbers = [NO_VALUE] * 4
        if decided is not None and any(decided.verdicts.values()):
            numbers = [str(len(names)) for names in decided.verdicts.values()]
        yield [
            *_head(one, column),
            scored,
            f"{left_out} of {coverage.present}",
            NO_VALUE if decided is None else decided.second,
            *numbers,
        ]


def largest_losses(card: Scorecard) -> Iterator[list[str]]:
    """Suite, what was measured, against whom, program, ratio, track: of the subject."""
    for one, score, column in _columns(card):
        for other in (score.friend, score.reference):
            comparison = column.between(score.subject, other)
            if comparison is not None and comparison.lowest is not None:
                yield [*_head(one, column), comparison.second, *_loss(comparison, card)]


def _loss(comparison: Comparison, card: Scorecard) -> list[str]:
    if comparison.losses:
        loss = comparison.losses[0]
        outside = "; outside the mean" if loss.impact is None else ""
        track = track_words(loss.track, card.tracks)
        return [loss.program, number(loss.estimate.ratio), track + outside]
    name, estimate = comparison.lowest or ("", None)
    if estimate is None:
        return [NO_VALUE] * 3
    why = "no interval" if estimate.low is None else "no loss"
    return [name, number(estimate.ratio), f"{why}: the lowest ratio"]


def _columns(card: Scorecard) -> Iterator[tuple[Scored, LaneScore, Column]]:
    for one, score in card.measured:
        for column in score.columns:
            yield one, score, column


def _head(one: Scored, column: Column) -> list[str]:
    return [one.name, COLUMN_TITLES[column.metric]]
