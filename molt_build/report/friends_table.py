"""A result of friend suites on the terminal: each suite's programs, then what all say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from molt_build.report.friend_scores import Scorecard, Scored
from molt_build.report.friend_words import (
    COLUMN_TITLES,
    deciding,
    largest_losses,
    marked,
    mode_words,
    speedup,
    tally,
    winner,
)
from molt_build.report.table import VERDICT_STYLES, fitting, print_table
from molt_build.report.text import NO_VALUE, STATUS_WORDS, cells_by_key, count, seconds
from molt_build.suites.scoring import RUN, Column, Comparison, SuiteScore, has_intervals, status_in

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


def print_friends(console: Console, card: Scorecard) -> None:
    """The whole scorecard of one run."""
    (result,) = card.results

    def say(lines: Iterator[str] | Sequence[str]) -> None:
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    say(_head(card, result))
    for one, score in card.measured:
        for column in score.columns:
            blocks = max((summary.n for summary in column.times.values()), default=0)
            title = f"{one.name}, {COLUMN_TITLES[column.metric]} ({count(blocks, 'block')})"
            console.print()
            console.print(title, style="bold", markup=False, highlight=False)
            forms = [
                _programs(one, score, column, is_short=short, has_builds=has_builds)
                for short, has_builds in ((False, True), (True, True), (True, False))
            ]
            print_table(console, fitting(console, forms))
        say(_not_scored(score))
        say(f"noise: {line}" for line in one.suite["warnings"])
    if card.measured:
        console.print()
        console.print("all suites", style="bold")
        forms = [_summary(card, is_short=short) for short in (False, True)]
        print_table(console, fitting(console, forms))
        console.print()
    say(_footer(card, result))


def _head(card: Scorecard, result: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"friends {result['run']}: subject {card.subject}, profile {result['profile']}"
    yield "A vs B: how many times as fast A is as B, with a 95 % interval; above 1 A is faster"


def _programs(
    one: Scored, score: SuiteScore, column: Column, *, is_short: bool, has_builds: bool
) -> Table:
    """A row for every program; `has_builds` adds how it is run and how long its builds took."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("program", no_wrap=True)
    for engine in score.compared:
        table.add_column(engine, justify="right", no_wrap=True)
    for comparison in column.comparisons:
        title = f"{comparison.first} vs {comparison.second}"
        table.add_column(title, justify="right", no_wrap=True)
    has_builds = has_builds and column.metric == RUN
    built = [row.engine for row in score.builds if row.count or row.failed]
    if has_builds:
        table.add_column("run as", no_wrap=True, style="dim")
        for engine in built:
            table.add_column(f"build {engine}", justify="right", no_wrap=True, style="dim")
    cells = cells_by_key(one.suite)
    for name in score.kernels:
        row = [Text(name)]
        row += [_time(cells.get((name, engine)), column) for engine in score.compared]
        row += [_ratio(c, name, is_short=is_short) for c in column.comparisons]
        if has_builds:
            row.append(Text(mode_words(cells, score.compared, name)))
            row += [Text(_build(cells.get((name, engine)))) for engine in built]
        table.add_row(*row)
    return table


def _time(cell: Mapping[str, Any] | None, column: Column) -> Text:
    from rich.text import Text

    if cell is None:
        return Text(NO_VALUE)
    status = status_in(cell, column.metric)
    if status != "ok":
        return Text(STATUS_WORDS.get(status, status), style="magenta")
    times = column.times.get((cell["program"], cell["engine"]))
    return Text(seconds(times.median) if times is not None else NO_VALUE)


def _ratio(comparison: Comparison, program: str, *, is_short: bool) -> Text:
    from rich.text import Text

    word = comparison.program_verdicts.get(program) or ""
    shown = marked(comparison, program, is_short=is_short)
    return Text(shown, style=VERDICT_STYLES.get(word, ""))


def _build(cell: Mapping[str, Any] | None) -> str:
    build = cell["build"] if cell is not None else None
    return seconds(build["seconds"]) if build and build.get("seconds") else NO_VALUE


def _not_scored(score: SuiteScore) -> Iterator[str]:
    coverage = score.coverage
    scored = f"{len(coverage.scored)} of {count(coverage.programs, 'program')}"
    yield f"scored by {', '.join(score.compared)} together: {scored}"
    for row in score.builds:
        if row.total_s is not None:
            yield f"built by {row.engine}: {count(row.count, 'program')} in {seconds(row.total_s)}"
    for missing in coverage.not_scored:
        status = STATUS_WORDS.get(missing.status, missing.status)
        programs = ", ".join(missing.programs)
        yield f"  {missing.engine}, {status}: {programs}: {_one_line(missing.reason)}"
    for reason, entries in coverage.exclusions.items():
        yield f"  left out ({count(len(entries), 'file')}): {reason}"
    if not has_intervals(score.run):
        yield "  too few blocks for intervals and verdicts"


def _one_line(reason: str) -> str:
    """A reason that a tool may have given in several lines."""
    return " ".join(reason.split())


def _summary(card: Scorecard, *, is_short: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    subject = card.subject
    reference = card.measured[0][1].reference
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("suite", no_wrap=True)
    for title in (f"{subject} vs {reference}", f"friend vs {reference}", f"{subject} vs friend"):
        table.add_column(title, justify="right", no_wrap=not is_short)
    table.add_column("scored", justify="right", no_wrap=not is_short)
    table.add_column("winner", no_wrap=not is_short)
    for one, score in card.measured:
        for column in score.columns:
            decided = deciding(score, column)
            pairs = ((score.subject, score.reference), (score.friend, score.reference))
            means = [column.between(*pair) for pair in (*pairs, (score.subject, score.friend))]
            steady = "" if column.metric == RUN else f", {COLUMN_TITLES[column.metric]}"
            style = VERDICT_STYLES.get(decided.mean_verdict or "", "") if decided else ""
            table.add_row(
                Text(f"{one.name}{steady}"),
                *(Text(speedup(c.mean if c else None, is_short=is_short)) for c in means),
                Text(f"{len(column.programs)} of {score.coverage.programs}"),
                Text(winner(decided).replace("*", ""), style=style),
            )
    return table


def _footer(card: Scorecard, result: Mapping[str, Any]) -> Iterator[str]:
    effect = f"{card.min_effect:.0%}"
    yield f"(+ faster, - slower, = within {effect}, ? the interval does not tell)"
    for one, score in card.measured:
        for column in score.columns:
            decided = deciding(score, column)
            own = column.between(score.subject, score.reference)
            against = column.between(score.subject, score.friend)
            title = one.name
            if score.steady is not None:
                title += f", {COLUMN_TITLES[column.metric]}"
            if decided is not None and any(decided.verdicts.values()):
                yield f"{title}: {decided.first} vs {decided.second}: {tally(decided)}"
            yield f"{title}: largest losses: {largest_losses([against, own], card.tracks)}"
    for row in card.combined:
        what = f"{row.first} vs {row.second}, {COLUMN_TITLES[row.metric]}"
        counts = f"{count(len(row.kernels), 'kernel')}, {count(row.programs, 'program')}"
        yield f"each kernel once: {what}: {speedup(row.mean)} over {counts}"
    for one in card.suites:
        if one.score is None:
            yield f"{one.name}: {one.suite['status']}: {_one_line(one.suite['reason'])}"
        for skipped in one.suite["skipped"]:
            yield f"{one.name}: {skipped['toolchain']} skipped: {skipped['reason']}"
    if result["is_quick"]:
        yield "quick: few programs in few blocks; a full run says who is faster"
    if result["is_interrupted"]:
        yield "interrupted: --resume goes on"
