"""What a scorecard says, in words: who wins, by how much, and how sure that is.

Used by the page and the terminal, so that both say it alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from molt_build.measure.statistics import MIN_BLOCKS, RatioEstimate, Summary
from molt_build.report.text import NO_VALUE, VERDICT_MARKS, count, number, seconds
from molt_build.suites.scoring import RUN, Column, Comparison, Coverage, Loss, SuiteScore

COLUMN_TITLES = {"wall_s": "whole run", "steady_s": "steady state"}
STATUS_WORDS = {
    "ok": "scored",
    "differs": "other output than the reference",
    "unchecked": "output says nothing",
    "failed": "failed",
    "timeout": "timed out",
    "build-failed": "not built",
    "unsupported": "not supported",
    "c_accelerated": "works in C",
}
MODE_MARKS = {"runs_unmodified": "as is", "requires_adapter": "adapter", "unsupported": "none"}
NOT_MEASURED = {
    "unreachable": "its source could not be reached",
    "refused": "its source was refused",
    "failed": "it could not be run",
}


def measured(suite: Mapping[str, Any]) -> bool:
    """Whether a suite of a result was measured, if only in part."""
    return suite["status"] not in NOT_MEASURED


def speedup(estimate: RatioEstimate | None, *, is_short: bool = False) -> str:
    """1.23 [1.20, 1.27], shortly 1.23; the ratio alone where blocks are too few for more."""
    if estimate is None:
        return NO_VALUE
    shown = number(estimate.ratio)
    if is_short or estimate.low is None or estimate.high is None:
        return shown
    return f"{shown} [{number(estimate.low)}, {number(estimate.high)}]"


def times_as_fast(estimate: RatioEstimate) -> str:
    """1.23 times [1.20, 1.27] as fast."""
    shown = f"**{number(estimate.ratio)} times**"
    if estimate.low is not None and estimate.high is not None:
        shown += f" [{number(estimate.low)}, {number(estimate.high)}]"
    return f"{shown} as fast"


def inverted(estimate: RatioEstimate) -> RatioEstimate:
    """The same comparison with the engines swapped."""
    low = None if estimate.high is None else 1 / estimate.high
    high = None if estimate.low is None else 1 / estimate.low
    return RatioEstimate(1 / estimate.ratio, low, high, estimate.blocks)


def deciding(score: SuiteScore, column: Column) -> Comparison | None:
    """The comparison that says who wins: with the friend, or with the reference without one."""
    return column.between(score.subject, score.friend) or column.between(
        score.subject, score.reference
    )


def winner(comparison: Comparison | None) -> str:
    """codon by 5.37 [4.9, 5.9], shortly enough for a table's cell; - without any program."""
    if comparison is None or comparison.mean is None:
        return NO_VALUE
    mean = comparison.mean
    if mean.low is None:
        return "not told (no interval)"
    if comparison.mean_verdict == "faster":
        return f"{comparison.first}, sure"
    if comparison.mean_verdict == "slower":
        return f"{comparison.second}, sure"
    return "neither, sure" if comparison.mean_verdict == "equal" else "not told"


def outcome(comparison: Comparison, min_effect: float) -> str:
    """One sentence: who wins, by how much, how sure that is."""
    first, second, mean = comparison.first, comparison.second, comparison.mean
    if mean is None:
        return f"No program was scored by both {first} and {second}."
    effect = f"{min_effect:.0%}"
    is_ahead = mean.ratio >= 1
    ahead, behind = (first, second) if is_ahead else (second, first)
    shown = mean if is_ahead else inverted(mean)
    said = f"{ahead} is {times_as_fast(shown)} as {behind}"
    if mean.low is None or mean.high is None:
        blocks = count(mean.blocks, "block")
        return (
            f"By {blocks} only, {said}: too few for an interval (that takes {MIN_BLOCKS}), so "
            "nothing is sure."
        )
    if comparison.mean_verdict in ("faster", "slower"):
        return (
            f"**{ahead} wins**: {said}. This is sure: the whole 95 % interval lies on one side "
            "of 1."
        )
    if comparison.mean_verdict == "equal":
        return f"**Neither wins**: they are equal within {effect}, with the whole interval."
    if mean.low > 1 or mean.high < 1:
        return (
            f"**Neither wins clearly**: {said}; the interval excludes 1, but the difference is "
            f"not surely more than the {effect} that count."
        )
    return f"**Not told**: {said}, but the 95 % interval holds 1."


def tally(comparison: Comparison) -> str:
    """18 faster, 3 slower, 0 equal, 1 unclear."""
    return ", ".join(f"{len(names)} {word}" for word, names in comparison.verdicts.items())


def short_tally(comparison: Comparison | None) -> str:
    """18-3-0-1: wins, losses, equal, unclear; - where no interval gave a verdict."""
    if comparison is None or not any(comparison.verdicts.values()):
        return NO_VALUE
    return "-".join(str(len(names)) for names in comparison.verdicts.values())


def largest_loss(comparison: Comparison | None, titles: Mapping[str, str]) -> str:
    """nbody 0.071 (OPT-1002 primitive lowering), or that there is none, for a table's cell."""
    if comparison is None or comparison.lowest is None:
        return NO_VALUE
    if comparison.losses:
        loss = comparison.losses[0]
        track = track_words(loss.track, titles)
        outside = "; outside the mean" if loss.impact is None else ""
        return f"{loss.program} {number(loss.estimate.ratio)} ({track}{outside})"
    name, estimate = comparison.lowest
    if estimate.low is None:
        return f"no interval; lowest: {name} {number(estimate.ratio)}"
    return f"none; lowest: {name} {number(estimate.ratio)}"


def loss_sentence(comparison: Comparison, titles: Mapping[str, str]) -> str:
    """The largest loss of the first engine in a sentence."""
    first, second = comparison.first, comparison.second
    if not comparison.losses:
        lowest = comparison.lowest
        if lowest is None:
            return ""
        said = f"its lowest ratio is {speedup(lowest[1])} ({lowest[0]})"
        if lowest[1].low is None:
            return f"Losses of {first} against {second}: not told without intervals; {said}."
        return f"{first} has no sure loss against {second}; {said}."
    loss = comparison.losses[0]
    slower = speedup(inverted(loss.estimate))
    return (
        f"Largest loss of {first} against {second}: **{loss.program}**, where it takes {slower} "
        f"times as long (track: {track_words(loss.track, titles)}{_cost(loss)})."
    )


def _cost(loss: Loss) -> str:
    if loss.cost is None:
        return "; outside the mean"
    said = f"; it takes {loss.cost:.1%} of the mean"
    return said if loss.mean_without is None else f"{said}, {number(loss.mean_without)} without it"


def track_words(track: str | None, titles: Mapping[str, str]) -> str:
    """OPT-1002 primitive lowering."""
    if track is None:
        return "no track"
    return f"{track} {titles[track]}" if track in titles else track


def mode_words(cells: Mapping[tuple[str, str], Mapping[str, Any]], engines: Sequence[str], name: str
) -> str:
    """How the engines ran a program: one word where all agree, else one for each."""
    modes = {
        engine: MODE_MARKS.get(cells[name, engine]["mode"], cells[name, engine]["mode"])
        for engine in engines
        if (name, engine) in cells
    }
    if len(set(modes.values())) == 1:
        return next(iter(modes.values()))
    return ", ".join(f"{engine}: {mode}" for engine, mode in modes.items()) or NO_VALUE


def marked(comparison: Comparison | None, program: str, *, is_short: bool = False) -> str:
    """A program's speed-up with the mark of its verdict, or - without one."""
    if comparison is None or program not in comparison.estimates:
        return NO_VALUE
    mark = VERDICT_MARKS.get(comparison.program_verdicts[program] or "", "")
    return f"{speedup(comparison.estimates[program], is_short=is_short)} {mark}".rstrip()


def median_and_tail(times: Summary | None) -> str:
    """The median and the 95th percentile; the maximum, marked, where runs are too few for one."""
    if times is None:
        return NO_VALUE
    tail = f"{seconds(times.maximum)} max" if times.p95 is None else seconds(times.p95)
    return f"{seconds(times.median)} ({tail})"


def coverage_words(coverage: Coverage, scored: Sequence[str]) -> str:
    """22 of 27 programs, with how many of the suite's files they are."""
    return f"{len(scored)} of {count(coverage.programs, 'program')}"


def comparison_pairs(score: SuiteScore) -> list[tuple[str, str]]:
    """The comparisons of a suite in the order of its tables."""
    return [(row.first, row.second) for row in score.run.comparisons]


def column_title(column: Column) -> str:
    """whole run or steady state."""
    return COLUMN_TITLES[column.metric]


def is_run(column: Column) -> bool:
    """Whether it is the column of whole runs."""
    return column.metric == RUN
