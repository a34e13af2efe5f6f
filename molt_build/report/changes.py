"""What became better or worse, and how sure that is, on the terminal.

Now against then, measured in the same blocks (`molt-build bench --against`), and one run against
another (`molt-build compare`): a row for each program, then what the rows say together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from molt_build.governance.compare import RunComparison
from molt_build.governance.pair_changes import PairChange
from molt_build.governance.power import weakness
from molt_build.measure.process import METRIC_WAYS, Metric
from molt_build.report.formatting import better, cell_text, interval, profile_words, share_words
from molt_build.report.pair_words import as_much
from molt_build.report.terminal import plain_table, print_table, say
from molt_build.results.bench import BenchResult, LaneResult
from molt_build.results.changes import Against, Change, ChangeVerdict, Controls
from molt_build.watch import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

STYLES: Mapping[ChangeVerdict, str] = {
    "faster": "green",
    "slower": "red",
    "same": "",
    "inconclusive": "yellow",
    "control": "dim",
    "not compared": "magenta",
}

REAL: tuple[ChangeVerdict, ...] = ("faster", "slower")

One = TypeVar("One", bound=Change)


def print_against(
    console: Console, result: BenchResult, lane: LaneResult, against: Against
) -> None:
    """Now against then: every program of every engine that there was then."""
    cells = lane.cells_by_key
    has_engines = len(against.means) > 1

    rows = []
    for row in against.changes:
        words = [row.program, *([row.engine] if has_engines else [])]
        for engine in (row.then, row.engine):
            cell = cells.get((row.program, engine))
            words.append("" if cell is None else cell_text(cell, against.metric))
        note = "the same build" if row.same_build else ""
        rows.append((words, row, "its source changed" if row.source_changed else note))
    names = ["program", *(["engine"] if has_engines else [])]
    say(console, ["", *_against_head(result, lane, against), ""])
    metric = against.metric
    print_table(console, _table(names, ("then", "now", "then / now"), rows, metric))
    say(console, ["", *_against_closing(lane, against)])


def print_comparison(console: Console, comparison: RunComparison) -> None:
    """One run against another: every program that was the same thing in both."""
    has_lanes, metric = len({row.lane for row in comparison.programs}) > 1, comparison.metric
    rows = []
    for row in comparison.programs:
        words = [*([row.lane] if has_lanes else []), row.program, row.engine]
        words += [interval(one, metric=metric) for one in (row.before, row.after)]
        rows.append((words, row, ""))
    names = [*(["suite"] if has_lanes else []), "program", "engine"]
    say(console, [f"{comparison.before} -> {comparison.after}: {metric}"])
    say(console, [f"ratios: {better(metric)}; change: later ratio / earlier ratio", ""])
    print_table(console, _table(names, ("before", "after", "change"), rows, metric))
    _print_pairs(console, comparison)
    say(console, ["", *_comparison_closing(comparison)])


def _print_pairs(console: Console, comparison: RunComparison) -> None:
    """The pairs of engines that both runs declare, each with its goal."""
    if not comparison.pairs:
        return
    has_lanes = len({pair.lane for pair in comparison.pairs}) > 1
    rows = []
    for pair in comparison.pairs:
        over = [one.programs for one in (pair.after, pair.before) if one is not None]
        words = [*([pair.lane] if has_lanes else []), f"{pair.engine} / {pair.over}"]
        words += [str(over[0] if over else 0), interval(pair.before), interval(pair.after)]
        rows.append((words, pair, pair.reason or _goal_words(pair)))
    many = as_much(comparison.metric)
    meaning = f"A / B: how many {many} A takes as B, the median over programs; below 1 A is better"
    say(console, ["", meaning, ""])
    names = [*(["suite"] if has_lanes else []), "pair"]
    numbers = ("programs", "before", "after", "change")
    print_table(console, _table(names, numbers, rows, comparison.metric))


def _goal_words(pair: PairChange) -> str:
    """What both medians say of the goal; empty without one."""
    if pair.goal is None:
        return ""
    before, after = (one or "not told" for one in (pair.goal_before, pair.goal_after))
    then = before if before == after else f"{before}, now {after}"
    return f"the goal, below {pair.goal:g}: {then}"


def _table(
    names: Sequence[str],
    numbers: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Change | PairChange, str]],
    metric: Metric,
) -> Table:
    """Names, numbers, of which the change is the last, its verdict and a note."""
    from rich.text import Text

    table = plain_table((*names, *numbers, "verdict", ""), numbers)
    for words, row, note in rows:
        verdict = Text(row.verdict, style=STYLES[row.verdict])
        change = interval(row.change, metric=metric)
        table.add_row(*map(Text, (*words, change)), verdict, Text(note))
    return table


def _by_verdict(changes: Iterable[One]) -> dict[ChangeVerdict, list[One]]:
    """The changes of each verdict that there is."""
    rows = list(changes)
    found = {word: [row for row in rows if row.verdict == word] for word in STYLES}
    return {word: same for word, same in found.items() if same}


def _counts(found: Mapping[ChangeVerdict, Sequence[Change]]) -> str:
    return ", ".join(f"{len(rows)} {word}" for word, rows in found.items())


def _rule(metric: Metric, min_effect: float, rate: float, interval_too: str = "") -> str:
    if metric == "instructions":
        return f"at least {share_words(min_effect)}, and beyond the noise floor of the counts"
    return (
        f"at least {min_effect:.1%}, {interval_too}at most {rate:.0%} false discoveries over an "
        "engine's programs"
    )


def _against_head(result: BenchResult, lane: LaneResult, against: Against) -> Iterator[str]:
    """What is compared."""
    environment = result.environment
    blocks = counted(lane.planned_blocks(against.metric), "block")
    yield f"{lane.name}: {against.metric}, {profile_words(result, lane)}, {blocks}"
    changes = ", with changes that are not committed" if environment.git_is_dirty else ""
    yield f"now: the files as they are, at {(environment.git_commit or '')[:12]}{changes}"
    yield f"then: {against.revision}, which is {against.commit[:12]}"
    reference = f"the reference, {lane.reference}"
    yield f"then, now: {better(against.metric).replace('the reference', reference, 1)}"
    brackets = "" if against.metric == "instructions" else "; in brackets: 95 % interval"
    yield f"then / now: the same between the two{brackets}"


def _against_closing(lane: LaneResult, against: Against) -> Iterator[str]:
    """What the rows say together, an engine at a time."""
    rate, metric = against.false_discovery_rate, against.metric
    unit = {"peak_memory_bytes": "the memory", "instructions": "as few"}.get(metric, "as fast")
    weak: list[str] = []
    for engine, mean in against.means.items():
        rows = [row for row in against.changes if row.engine == engine]
        found = _by_verdict(rows)
        real = [
            _really(word, [row.program for row in found.pop(word)])
            for word in REAL
            if word in found
        ]
        line = f"{engine} now against {against.revision}: "
        line += ", ".join(real) or "no program is really faster or slower"
        line += f"; {_counts(found)}" if found else ""
        together = f"; together {interval(mean, metric=metric)} times {unit}"
        yield line if mean is None else line + together
        compared = [row for row in rows if row.change is not None and row.verdict != "control"]
        tested = [
            (row.change.blocks,)
            for row in compared
            if row.change is not None and row.p_value is not None
        ]
        if engine in against.controls:
            weak.append(_controls_line(against.controls[engine], f"{engine}: "))
        if METRIC_WAYS[metric] != "counted":
            weak += weakness(engine, len(compared), tested, rate)
    yield from weak
    rule = _rule(metric, lane.effect(metric), rate, "with an interval that leaves out 1, ")
    yield f"(really: by {rule})"


def _controls_line(controls: Controls, of: str = "") -> str:
    """How many of what ran unchanged would have been called different."""
    many, alarms = len(controls.programs), controls.false_alarms
    which = f" ({', '.join(alarms)})" if alarms else ""
    return (
        f"{of}controls: {len(alarms)} of {counted(many, 'program')} whose artifacts are the same "
        f"would have been called different{which}"
    )


def _really(word: str, programs: Sequence[str]) -> str:
    verb = "is" if len(programs) == 1 else "are"
    return f"{counted(len(programs), 'program')} {verb} really {word} ({', '.join(programs)})"


def _comparison_closing(comparison: RunComparison) -> Iterator[str]:
    found = _by_verdict(comparison.programs)
    compared = counted(len(comparison.programs), "comparison")
    yield f"{compared}: {_counts(found) or 'none'}"
    for word, names in comparison.real.items():
        if names:
            yield f"really {word}: {', '.join(names)}"
    if comparison.controls.programs:
        yield _controls_line(comparison.controls)
    rule = _rule(comparison.metric, comparison.min_effect, comparison.false_discovery_rate)
    yield f"(real: {rule})"
    for row in comparison.not_compared:
        yield f"not compared: {row.program} {row.engine}: {row.reason}"
    yield from (f"warning: {line}" for line in comparison.warnings)
