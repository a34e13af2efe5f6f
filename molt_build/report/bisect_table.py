"""A bisection on the terminal: what was looked at, the commit, and what shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from molt_build.report.board_rows import COMMIT_LETTERS
from molt_build.report.formatting import NO_VALUE, number, share_words, shortened
from molt_build.report.terminal import plain_table, print_table, say
from molt_build.results.bisect import BisectResult, BisectRevision
from molt_build.watch import counted

if TYPE_CHECKING:
    from rich.console import Console

COLOURS: Mapping[str, str] = {
    "good": "green",
    "bad": "red",
    "skipped": "dim",
    "unknown": "yellow",
}
TITLES = ("", "commit", "verdict", "value", "title", "")
CHANGES_SHOWN = 5


def print_bisect(console: Console, result: BisectResult) -> None:
    """A row for each revision that was looked at, then what came of it."""
    from rich.text import Text

    table = plain_table(TITLES, ("value",))
    for row in result.revisions:
        cells = [Text(cell) for cell in _cells(row, result)]
        cells[2] = Text(row.verdict, COLOURS[row.verdict])
        table.add_row(*cells)
    if result.revisions:
        print_table(console, table)
        console.print()
    say(console, _lines(result))


def _cells(row: BisectRevision, result: BisectResult) -> list[str]:
    if row.value is None:
        value = NO_VALUE
    else:
        value = f"{row.value:g}" if result.ruler == "signal" else f"{number(row.value)}x"
    same = f"the same runs as at {row.same_as[:COMMIT_LETTERS]}" if row.same_as else ""
    blocks = counted(row.blocks, "block") if row.blocks else ""
    what = row.reason or same or blocks
    return [str(row.place), row.commit[:COMMIT_LETTERS], "", value, row.title, what]


def _lines(result: BisectResult) -> Iterator[str]:
    by = {
        "counts": "instructions, counted",
        "blocks": f"{result.figure} of blocks",
        "signal": f"the signal {result.figure}",
        None: "what runs",
    }[result.ruler]
    of = f" of {result.engine}" if result.engine else ""
    number_of = counted(result.commits, "commit")
    yield f"{number_of}, {len(result.revisions)} looked at, by {by}{of}"
    if result.error_rate is not None:
        yield f"any verdict is wrong with a chance of at most {share_words(result.error_rate)}"
    differing = [one for one in result.programs if one.verdict == "different" and one.program]
    for one in differing[:CHANGES_SHOWN]:
        ratio = "" if one.ratio is None else f": {number(one.ratio)}x the good one's"
        yield f"{one.program}{ratio}"
    yield from result.notes
    for change in result.changes[:CHANGES_SHOWN]:
        was, now = (shortened(one or "none", 40) for one in (change.before, change.after))
        yield f"differs: {change.name}: {was} -> {now}"
    yield headline(result)
    if result.shown_by:
        yield "this shows it:"
        yield from (f"  {line}" for line in result.shown_by)


def headline(result: BisectResult) -> str:
    """What came of it, in a sentence."""
    titles = {one.commit: one.title for one in result.revisions}
    good, bad = result.good[:COMMIT_LETTERS], result.bad[:COMMIT_LETTERS]
    if result.outcome == "found" and result.first_bad is not None:
        title = titles[result.first_bad]
        return f"the first bad commit is {result.first_bad}: {title}"
    if result.outcome == "range":
        ids = ", ".join(one[:COMMIT_LETTERS] for one in result.suspects)
        return f"it is one of these, of which all but the last cannot be judged: {ids}"
    if result.outcome == "not different":
        return f"{bad} is not different from {good}"
    if result.outcome == "unclear":
        return f"it is not clear whether {bad} is different from {good}: --blocks N looks longer"
    return "interrupted"
