"""A table of programs: the same on the terminal and on every page.

An engine has a column of its own values in a suite, where it is measured against a friend as well.
In other lanes only the reference has, and why an engine did not score a program stands where its
ratio would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from molt_build.report.formatting import NO_VALUE, STATUS_WORDS, VERDICT_MARKS, interval, seconds
from molt_build.report.pair_words import shown_pairs
from molt_build.report.phrases import mode_words, typical
from molt_build.report.scorecard import Scored
from molt_build.results.bench import Verdict
from molt_build.results.scoring import Column, Comparison, LaneScore

OUTSIDE = " †"  # after the name of a program in no mean


@dataclass(frozen=True)
class Shown:
    """A cell of a table: its words, and what they say of the engine."""

    words: str
    says: Verdict | Literal["", "bad"] = ""


@dataclass(frozen=True)
class ProgramTable:
    """A row for every program of a column; the name comes first, then numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[Shown, ...], ...]

    @property
    def words(self) -> list[list[str]]:
        """The rows without what they say."""
        return [[cell.words for cell in row] for row in self.rows]

    @property
    def has_outside(self) -> bool:
        """Whether a program is in no mean."""
        return any(row[0].words.endswith(OUTSIDE) for row in self.rows)

    @property
    def has_maxima(self) -> bool:
        """Whether a maximum stands for a percentile."""
        return any(cell.words.endswith(" max)") for row in self.rows for cell in row)


def program_table(
    one: Scored,
    score: LaneScore,
    column: Column,
    *,
    is_short: bool = False,
    has_tails: bool = False,
    has_kinds: bool = False,
    has_builds: bool = False,
) -> ProgramTable:
    """A row for every program, by families; without those that the column knows nothing of.

    `is_short` writes intervals as 1.23 ±3 %, `has_tails` adds percentiles to medians, `has_kinds`
    what programs are and how they are run, `has_builds` how long each was built.
    """
    is_suite = one.lane.suite is not None
    valued = score.compared if is_suite else (score.reference,)
    built = [row.engine for row in score.builds if row.count or row.failed] if has_builds else []
    head = ["program", *(["kernel" if is_suite else "family"] if has_kinds else [])]
    head += [f"{engine}: median (p95)" if has_tails else engine for engine in valued]
    again = [one.again[column.metric]] if column.metric in one.again else []
    comparisons = (*column.comparisons, *again)
    head += [f"{c.first} vs {c.second}" for c in comparisons]
    pairs = shown_pairs(one, column.metric)
    head += [pair.title for pair in pairs]
    head += ["run as"] if has_kinds and is_suite else []
    head += [f"build {engine}" for engine in built]
    rows = []
    for name in (name for names in one.families.values() for name in names):
        is_known = any((name, engine) in column.values for engine in score.compared)
        if column is not score.main and not is_known:
            continue
        row = [Shown(name if name in column.programs else f"{name}{OUTSIDE}")]
        if has_kinds:
            row.append(Shown(score.kernels[name] if is_suite else one.programs[name].family))
        row += [_value(one, column, name, engine, has_tails) for engine in valued]
        for comparison in comparisons:
            row.append(_ratio(one, column, comparison, name, valued, is_short))
        row += [
            Shown(interval(pair.programs.get(name), is_short=is_short, metric=column.metric))
            for pair in pairs
        ]
        if has_kinds and is_suite:
            row.append(Shown(mode_words(one, score.compared, name)))
        row += [_build(one, name, engine) for engine in built]
        rows.append(tuple(row))
    return ProgramTable(tuple(head), tuple(rows))


def _value(one: Scored, column: Column, name: str, engine: str, has_tail: bool) -> Shown:
    cell = one.cells.get((name, engine))
    if cell is None:
        return Shown(NO_VALUE)
    status = cell.outcome(column.metric).status
    if status == "ok":
        values = column.values.get((name, engine))
        return Shown(typical(values, column.metric, has_tail=has_tail))
    return Shown(STATUS_WORDS[status], "" if status in ("unsupported", "left-out") else "bad")


def _ratio(
    one: Scored,
    column: Column,
    comparison: Comparison,
    name: str,
    valued: Sequence[str],
    is_short: bool,
) -> Shown:
    if name in comparison.estimates:
        word = comparison.program_verdicts[name]
        mark = f" {VERDICT_MARKS[word]}" if word else ""
        words = interval(comparison.estimates[name], is_short=is_short, metric=column.metric)
        return Shown(words + mark, word or "")
    cell = one.cells.get((name, comparison.first))
    if comparison.first in valued or cell is None or cell.outcome(column.metric).status == "ok":
        return Shown(NO_VALUE)
    return _value(one, column, name, comparison.first, has_tail=False)


def _build(one: Scored, name: str, engine: str) -> Shown:
    cell = one.cells.get((name, engine))
    spent = cell.build.seconds if cell is not None and cell.build is not None else None
    return Shown(seconds(spent) if spent else NO_VALUE)
