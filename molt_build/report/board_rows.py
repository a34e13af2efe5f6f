"""The board's rows in words, for the terminal and for its page."""

from __future__ import annotations

from collections.abc import Iterator

from molt_build.governance.board import Board, BoardKpi, BoardTrack
from molt_build.report.formatting import NO_VALUE, limit_words, number, seconds
from molt_build.report.signal_table import signal_value

TITLES = ("track", "KPI", "verdict", "value", "of", "target", "streak", "when", "commit", "run")
NUMBERS = ("value", "target", "streak")
COMMIT_LETTERS = 12


def kpi_rows(track: BoardTrack, *, is_page: bool = False) -> Iterator[list[str]]:
    """A row for each KPI of a track, in the order of `TITLES`."""
    for kpi in track.kpis:
        commit = (kpi.git_commit or "")[:COMMIT_LETTERS] or NO_VALUE
        day = (kpi.started or "")[:10]
        yield [
            f"{track.name} {track.title}" if is_page else track.name,
            kpi.name,
            kpi.verdict,
            value_words(kpi),
            of_words(kpi),
            target_words(kpi, is_page=is_page),
            f"{kpi.streak} of {kpi.streak_wanted}",
            (day if kpi.age_days is None else age_words(kpi.age_days)) if kpi.run else NO_VALUE,
            f"{commit} with changes" if kpi.git_is_dirty else commit,
            kpi.run or NO_VALUE,
        ]


def value_words(kpi: BoardKpi) -> str:
    """The value with its interval, where it has one that is wider than itself."""
    if kpi.value is None:
        return NO_VALUE
    shown = figure_words(kpi.value, kpi.unit)
    if kpi.low is None or kpi.high is None or kpi.low == kpi.high:
        return shown
    return f"{shown} [{figure_words(kpi.low, kpi.unit)}, {figure_words(kpi.high, kpi.unit)}]"


def target_words(kpi: BoardKpi, *, is_page: bool = False) -> str:
    """<= 3 s."""
    if kpi.limit is None:  # there was no run before
        return "no worse than before"
    limit = figure_words(kpi.limit, kpi.unit)
    return limit_words(limit, is_maximum=kpi.is_maximum, is_page=is_page)


def of_words(kpi: BoardKpi) -> str:
    """What the value is of, or why there is none."""
    if kpi.reason:
        return f"{kpi.of}: {kpi.reason}" if kpi.of else kpi.reason
    return kpi.of if kpi.members < 2 else f"{kpi.of}, the worst of {kpi.members}"


REGRESSION_TITLES = ("regression", "gate", "state", "found", "of", "run", "hypothesis")


def regression_rows(board: Board) -> Iterator[list[str]]:
    """A row for each regression that is not closed, in the order of `REGRESSION_TITLES`."""
    for one in board.regressions:
        more = f" and {len(one.members) - 1} more" if len(one.members) > 1 else ""
        of = f"{one.members[0]}{more}" if one.members else NO_VALUE
        run, hypothesis = one.run or NO_VALUE, one.hypothesis or NO_VALUE
        yield [one.id, one.gate, one.state, one.found, of, run, hypothesis]


def loss_rows(board: Board) -> Iterator[list[str]]:
    """A row for each cluster of losses, the costliest first."""
    titles = {track.name: f"{track.name} {track.title}" for track in board.tracks}
    for one in board.losses:
        more = f" and {len(one.programs) - 1} more" if len(one.programs) > 1 else ""
        yield [
            titles[one.track] if one.track is not None else NO_VALUE,
            one.where,
            one.family or NO_VALUE,
            f"-{one.cost:.2%}",
            f"{one.programs[0]}{more}",
            figure_words(one.worst.ratio, "times"),
            one.run,
        ]


def age_words(days: float) -> str:
    """5 h, 3 d."""
    return f"{max(days, 0) * 24:.0f} h" if days < 2 else f"{days:.0f} d"


def figure_words(value: float, unit: str) -> str:
    """A value of a figure in its unit: 1.23x, 12.3 ms, 80%, 7 suites."""
    if unit == "s":
        return seconds(value)
    if unit == "times":
        return f"{number(value)}x"
    if unit == "share":
        return f"{value:.0%}"
    return f"{signal_value(value, unit)} {_of_one(unit) if value == 1 else unit}".rstrip()


def _of_one(unit: str) -> str:
    """The unit of one thing: run, of runs."""
    return f"{unit[:-3]}y" if unit.endswith("ies") else unit.removesuffix("s")
