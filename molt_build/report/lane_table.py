"""A run of lanes on the terminal: each lane's programs, then what they say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from molt_build.engines import AGAIN
from molt_build.measure.process import METRIC_WAYS
from molt_build.names import some
from molt_build.report.changes import print_against
from molt_build.report.formatting import (
    COLUMN_TITLES,
    NO_VALUE,
    STATUS_WORDS,
    interval,
    marks_explained,
    metric_value,
    profile_words,
    seconds,
)
from molt_build.report.pair_words import pair_lines, slowest_line, slowest_words
from molt_build.report.phrases import (
    NARROW,
    count_lines,
    deciding,
    half_widths,
    largest_loss,
    median_width,
    startup_lines,
    tally,
    winner,
)
from molt_build.report.program_table import Shown, program_table
from molt_build.report.scorecard import Scorecard, Scored, scorecard
from molt_build.report.table_rows import plans
from molt_build.report.terminal import fitting, plain_table, print_table, say
from molt_build.results.bench import BenchResult, EngineBuild, Verdict
from molt_build.results.facts import Mean
from molt_build.results.scoring import Column, LaneScore, NotScored, has_intervals
from molt_build.watch import counted, duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

STYLES = {"faster": "green", "slower": "red", "unclear": "yellow", "bad": "magenta"}
ROWS_SHOWN = 100  # of programs
KINDS = ("family", "kernel", "run as")  # columns of what programs are


def print_run(console: Console, result: BenchResult) -> None:
    """The whole result of a run of lanes or of suites."""
    card = scorecard([result])

    columns = [column for _, score in card.measured for column in score.columns]
    timed = [column for column in columns if METRIC_WAYS[column.metric] != "counted"]
    what = "with a 95 % interval" if any(map(has_intervals, timed)) else "there are no intervals"
    head = [
        "",
        f"{result.run}: subject {card.subject or NO_VALUE}",
    ]
    if timed:
        head += [
            "A vs B: how many times as fast A is as B, or how many times less memory it takes;",
            f"above 1 A is better; {what}",
        ]
    if len(timed) < len(columns):
        head.append("instructions, A vs B: how many times fewer A executes than B")
    say(console, head)
    if any(pair.programs for one, _ in card.measured for _, pair in one.pairs):
        line = "A / B: how many times as long A takes as B, or as much memory; below 1 A is better"
        say(console, [line])
    for one, score in card.measured:
        if one.lane.against is not None:
            print_against(console, result, one.lane, one.lane.against)
        for column in score.columns if one.lane.against is None else ():
            say(console, [""])
            console.print(_title(result, one, column), style="bold", markup=False, highlight=False)
            # A narrow terminal gets less in a row before it gets rows that it must fold.
            forms = [
                _programs(one, score, column, is_short, has_kinds, has_builds)
                for is_short, has_kinds, has_builds in (
                    (False, True, column is score.main),
                    (False, True, False),
                    (True, True, False),
                    (True, False, False),
                )
            ]
            print_table(console, fitting(console, forms))
            say(console, [*_left_unsaid(one, score, column), *_means(column, card)])
        say(console, _pairs(one))
        say(console, _notes(one, score))
    if len(card.measured) > 1 or any(one.lane.suite is not None for one, _ in card.measured):
        say(console, [""])
        console.print("all lanes", style="bold")
        print_table(console, fitting(console, [_summary(card, short) for short in (False, True)]))
    say(console, ["", *_footer(card, result)])


def _title(result: BenchResult, one: Scored, column: Column) -> str:
    blocks = counted(max((row.n for row in column.values.values()), default=0), "block")
    profile = profile_words(result, one.lane)
    if METRIC_WAYS[column.metric] == "counted":
        return f"{one.name}, {COLUMN_TITLES[column.metric]}, {profile}"
    return f"{one.name}, {COLUMN_TITLES[column.metric]}, {profile} ({blocks})"


def _programs(
    one: Scored,
    score: LaneScore,
    column: Column,
    is_short: bool,
    has_kinds: bool,
    has_builds: bool,
) -> Table:
    from rich.text import Text

    shown = program_table(
        one, score, column, is_short=is_short, has_kinds=has_kinds, has_builds=has_builds
    )
    titles = [_folded(title) for title in shown.head]
    numbers = [title for title in titles[1:] if title not in KINDS]
    builds = [title for title in numbers if title.startswith("build\n")]
    table = plain_table(titles, numbers, dim=(*KINDS, *builds))
    for row in _most_telling(shown.rows):
        table.add_row(*(Text(cell.words, style=STYLES.get(cell.says, "")) for cell in row))
    return table


def _folded(title: str) -> str:
    """A column's title in two lines where it is of two engines, or of a build."""
    found = title.replace(" vs ", "\nvs ").replace(" / ", "\n/ ")
    return found.replace("build ", "build\n")


def _most_telling(rows: Sequence[tuple[Shown, ...]]) -> Sequence[tuple[Shown, ...]]:
    """All rows; of many the first ones, failures and losses before the others."""
    if len(rows) <= ROWS_SHOWN:
        return rows

    def rank(row: tuple[Shown, ...]) -> int:
        said = {cell.says for cell in row}
        return next((n for n, word in enumerate(("bad", "slower", "unclear")) if word in said), 3)

    return sorted(rows, key=rank)[:ROWS_SHOWN]


def _left_unsaid(one: Scored, score: LaneScore, column: Column) -> Iterator[str]:
    many = len(program_table(one, score, column).rows) - ROWS_SHOWN
    if many > 0:
        yield f"and {counted(many, 'program')} more, told by the result and the report"


def _means(column: Column, card: Scorecard) -> Iterator[str]:
    for c in column.comparisons:
        said = f"{c.first} vs {c.second}: "
        own = c.own_mean
        if own is None:
            yield f"{said}no program scored"
            continue
        means: list[tuple[Mean, Mapping[Verdict, Sequence[str]], str]]
        means = [(own, c.all_verdicts, f"over {counted(own.programs, 'program')}")]
        if c.mean is not None and c.mean.programs != own.programs:
            means.append((c.mean, c.verdicts, f"over the {c.mean.programs} that all scored"))
        for mean, verdicts, over in means:
            words = tally(verdicts)
            shown = interval(mean, metric=column.metric)
            said += f"geometric mean {shown} {over}{f' ({words})' if words else ''}; "
        yield f"{said}largest loss: {largest_loss(c, card.tracks)}"


def _pairs(one: Scored) -> Iterator[str]:
    """What the lane's pairs of engines come to, a paragraph each."""
    for run, pair in one.pairs:
        lane = one.lanes[run]
        first, *more = pair_lines(lane, pair)
        slowest = slowest_line(lane, pair)
        yield ""
        yield first
        yield from (f"  {line}" for line in more)
        if slowest:
            yield f"  {slowest}: {slowest_words(pair)}"


def _notes(one: Scored, score: LaneScore) -> Iterator[str]:
    """What must be known beside the rows, a line each."""
    lane, metric = one.lane, score.main.metric
    coverage = score.coverage
    if marks := _marks(one, score):
        yield f"({', '.join(marks)})"
    together = f"{len(coverage.scored)} of {counted(coverage.programs, 'program')}"
    yield f"scored by {', '.join(score.compared)} together: {together}"
    floors = [
        f"{cell.engine} {metric_value(cell.metrics[metric].summary.median, metric)}"
        for cell in lane.startup
        if metric in cell.metrics
    ]
    if floors:
        yield f"start-up floor ({lane.startup[0].program}): {', '.join(floors)}"
    yield from startup_lines(lane)
    for column in score.columns:
        yield from count_lines(lane, column.metric)
    for built in score.builds:
        if built.total_s is not None and not built.engine.endswith(AGAIN):
            now = lane.builds.get(built.engine)
            done = f" ({_done(now)})" if now is not None else ""
            spent = f"{seconds(built.total_s)} for {counted(built.count, 'program')}"
            yield f"build time, apart: {built.engine} {spent}{done}"
    yield from _widths(one, score)
    yield from _not_scored(coverage.not_scored)
    for reason, entries in coverage.exclusions.items():
        yield f"left out ({counted(len(entries), 'file')}): {reason}"
    yield from (f"noise: {line}" for line in lane.warnings)
    if not has_intervals(score.main):
        yield "too few blocks for intervals and verdicts"


def _done(now: EngineBuild) -> str:
    """What building did: 3 up to date, 1 hit, 2 executed; 1.2 s now, 3.4 s saved."""
    counts = f"{now.up_to_date} up to date, {counted(now.hits, 'hit')}, {now.executed} executed"
    counts += f", {now.failed} failed" if now.failed else ""
    saved = f", {seconds(now.saved_s)} saved" if now.saved_s is not None else ""
    return f"{counts}; {seconds(now.seconds)} now{saved}"


def _marks(one: Scored, score: LaneScore) -> list[str]:
    """What the marks mean that stand in the rows that are shown."""
    tables = (program_table(one, score, column).rows for column in score.columns)
    said = {cell.says for rows in tables for row in _most_telling(rows) for cell in row}
    return marks_explained(said, one.lane.effect(score.main.metric))


def _widths(one: Scored, score: LaneScore) -> Iterator[str]:
    """How wide intervals are, and what narrower ones would take: about four times for half."""
    column = score.main
    if METRIC_WAYS[column.metric] == "counted":
        return
    found = [(median(w), c) for c in column.comparisons if (w := half_widths(c))]
    plan = next((p for p in plans([one]) if p.blocks), None)
    if not found or plan is None:
        return
    width, widest = max(found, key=lambda row: row[0])
    said = f"half of the intervals reach no further than {median_width(widest)} ({widest.first})"
    if width > NARROW:
        blocks = plan.blocks * (width / NARROW) ** 2
        took = f"{blocks:.0f} blocks, {duration(blocks * plan.sweep_s)}"
        said += f"; {NARROW:.0%} would take about {took} (--precision {NARROW:.0%})"
    yield said


def _not_scored(rows: Sequence[NotScored]) -> Iterator[str]:
    """Why, a line for each engine; engines for which the same is left out stand together."""
    said = set()
    for row in rows:
        engines = [row.engine]
        if row.status == "left-out":
            what = (row.reason, row.programs)
            if what in said:
                continue
            said.add(what)
            engines = [one.engine for one in rows if (one.reason, one.programs) == what]
        words = f"{', '.join(engines)}, {STATUS_WORDS[row.status]}: {some(row.programs)}"
        yield f"{words}: {_one_line(row.reason)}"


def _one_line(reason: str) -> str:
    """A reason that a tool may have given in several lines."""
    return " ".join(reason.split())


def _summary(card: Scorecard, is_short: bool) -> Table:
    from rich.text import Text

    numbers = ("subject\nvs reference", "friend\nvs reference", "subject\nvs friend", "scored")
    table = plain_table(("lane", *numbers, "winner"), numbers, is_folded=is_short)
    for one, score in card.measured:
        for column in score.columns:
            decided = deciding(score, column)
            pairs = ((score.subject, score.reference), (score.friend, score.reference))
            means = [column.between(*pair) for pair in (*pairs, (score.subject, score.friend))]
            more = "" if column is score.main else f", {COLUMN_TITLES[column.metric]}"
            style = STYLES.get(decided.mean_verdict or "", "") if decided is not None else ""
            table.add_row(
                Text(f"{one.name}{more}"),
                *(Text(interval(c.mean if c else None, is_short=is_short)) for c in means),
                Text(f"{len(column.programs)} of {score.coverage.programs}"),
                Text(winner(decided), style=style),
            )
    return table


def _footer(card: Scorecard, result: BenchResult) -> Iterator[str]:
    for row in card.combined:
        what = f"{row.first} vs {row.second}, {COLUMN_TITLES[row.metric]}"
        counts = f"{counted(len(row.kernels), 'kernel')}, {counted(row.programs, 'program')}"
        yield f"each kernel once: {what}: {interval(row.mean)} over {counts}"
    for one in card.lanes:
        if one.score is None:
            yield f"{one.name}: {one.lane.status}: {_one_line(one.lane.reason)}"
        for skipped in one.lane.skipped:
            yield f"{one.name}: {skipped.engine} skipped: {_one_line(skipped.reason)}"
    is_timed = any(METRIC_WAYS[c.metric] != "counted" for _, s in card.measured for c in s.columns)
    if result.is_quick and (is_timed or not card.measured):
        yield "quick: few blocks or few programs; a full run says who is faster"
    if result.is_interrupted:
        yield "interrupted: --resume goes on"
