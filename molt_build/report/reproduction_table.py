"""A run that was measured again, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from molt_build.governance.reproduction import (
    VERDICTS,
    ReproducedProgram,
    ReproducedVerdict,
    Reproduction,
)
from molt_build.report.formatting import NO_VALUE, interval
from molt_build.report.terminal import plain_table, print_table, say
from molt_build.watch import counted

if TYPE_CHECKING:
    from rich.console import Console

TITLES = ("program", "engine", "column", "then", "now", "apart", "may be", "times", "artifacts", "")
NUMBERS = ("then", "now", "apart", "may be", "times")
_COLOURS: Mapping[ReproducedVerdict, str] = {
    "agrees": "green",
    "disagrees": "red",
    "not comparable": "magenta",
}


def print_reproduction(console: Console, found: Reproduction) -> None:
    """A row for each program, engine and column, those that disagree first."""
    from rich.text import Text

    table = plain_table(TITLES, NUMBERS)
    for verdict in VERDICTS:
        for row in found.of(verdict):
            words = f"{verdict}: {row.reason}" if row.reason else verdict
            table.add_row(*map(Text, _cells(row)), Text(words, _COLOURS[verdict]))
    print_table(console, table)
    say(console, ["", *_closing(found)])


def _cells(row: ReproducedProgram) -> list[str]:
    shares = (row.apart, row.tolerance)
    artifacts = ", ".join(row.other_artifacts)
    return [
        row.program,
        row.engine,
        row.metric,
        *(interval(one, metric=row.metric) for one in (row.then, row.now)),
        *(NO_VALUE if one is None else f"{one:.1%}" for one in shares),
        NO_VALUE if row.times is None else f"{row.times:.2f}",
        f"other: {artifacts}" if artifacts else row.artifacts,
    ]


def _closing(found: Reproduction) -> Iterator[str]:
    yield from found.notes
    if not found.is_same_machine:
        yield "another class of machine: ratios are compared, seconds are not"
    yield (
        f"ratios may be apart by the least effect of the lane and by what both intervals say for "
        f"{counted(found.comparisons, 'comparison')} at once ({found.confidence:.0%})"
    )
    numbers = (len(found.of(verdict)) for verdict in ("agrees", "disagrees", "not comparable"))
    agree, disagree, others = numbers
    yield (
        f"{found.run} by {', '.join(found.by)}: {agree} agree, {disagree} disagree, "
        f"{others} not comparable"
    )
