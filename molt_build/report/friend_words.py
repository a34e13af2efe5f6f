"""What a scorecard says, in words: who wins, by how much, and how sure that is.

Used by the page and the terminal, so that both say it alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from molt_build.measure.statistics import MIN_BLOCKS, RatioEstimate, Summary
from molt_build.report.bench_summary import plain
from molt_build.report.text import NO_VALUE, VERDICT_MARKS, count, interval, number, seconds
from molt_build.suites.scoring import Column, Comparison, Loss, SuiteScore

MAX_REASON = 240  # letters
COLUMN_TITLES = {"wall_s": "whole run", "steady_s": "steady state"}
MODE_WORDS = {"runs_unmodified": "as is", "requires_adapter": "adapter", "unsupported": "none"}


def speedup(estimate: RatioEstimate | None, *, is_short: bool = False) -> str:
    """1.23 [1.20, 1.27], shortly 1.23 ±3%; the ratio alone where blocks are too few for more."""
    return interval(None if estimate is None else asdict(estimate), is_short=is_short)


def marked(comparison: Comparison | None, program: str, *, is_short: bool = False) -> str:
    """A program's speed-up with the mark of its verdict, or - without one."""
    if comparison is None or program not in comparison.estimates:
        return NO_VALUE
    mark = VERDICT_MARKS.get(comparison.program_verdicts[program] or "", "")
    return f"{speedup(comparison.estimates[program], is_short=is_short)} {mark}".rstrip()


def times_as_fast(estimate: RatioEstimate) -> str:
    """1.23 times [1.20, 1.27] as fast."""
    ratio, _, ends = speedup(estimate).partition(" ")
    return f"{ratio} times {ends} as fast" if ends else f"{ratio} times as fast"


def inverted(estimate: RatioEstimate) -> RatioEstimate:
    """The same comparison with the engines swapped."""
    low = None if estimate.high is None else 1 / estimate.high
    high = None if estimate.low is None else 1 / estimate.low
    return RatioEstimate(1 / estimate.ratio, low, high, estimate.blocks)


def deciding(score: SuiteScore, column: Column) -> Comparison | None:
    """The comparison that says who wins: with the friend, or with the reference without one."""
    found = column.between(score.subject, score.friend) or column.between(
        score.subject, score.reference
    )
    return found or next(iter(column.comparisons), None)


def winner(comparison: Comparison | None) -> str:
    """Who wins, for a table's cell: **codon**, 2.39 times as fast, sure; or why nobody does."""
    if comparison is None or comparison.mean is None:
        return NO_VALUE
    mean = comparison.mean
    if mean.low is None:
        return "not told: no interval"
    if comparison.mean_verdict in ("faster", "slower"):
        is_first = comparison.mean_verdict == "faster"
        ahead = comparison.first if is_first else comparison.second
        return f"**{ahead}**, {number(mean.ratio if is_first else 1 / mean.ratio)} times, sure"
    return "neither: equal, sure" if comparison.mean_verdict == "equal" else "neither surely"


def outcome(comparison: Comparison, min_effect: float) -> str:
    """Who wins, by how much, how sure that is."""
    first, second, mean = comparison.first, comparison.second, comparison.mean
    if mean is None:
        return "No program was scored by every engine compared, so there is no mean."
    effect = f"{min_effect:.0%}"
    is_ahead = mean.ratio >= 1
    ahead, behind = (first, second) if is_ahead else (second, first)
    said = f"{ahead} is {times_as_fast(mean if is_ahead else inverted(mean))} as {behind}"
    if mean.low is None or mean.high is None:
        return (
            f"{said}, from {count(mean.blocks, 'block')} only: an interval takes {MIN_BLOCKS}, so "
            "nothing is sure."
        )
    if comparison.mean_verdict in ("faster", "slower"):
        return (
            f"**{ahead} wins**: {said}. This is sure: the whole 95 % interval is on one side of 1."
        )
    if comparison.mean_verdict == "equal":
        return f"**Neither wins**: the whole interval is within {effect} of equal ({said})."
    if mean.low > 1 or mean.high < 1:
        return (
            f"**Neither wins clearly**: {said}; the interval excludes 1, but the difference is "
            f"below the {effect} that count."
        )
    return f"**Not told**: {said}, but the 95 % interval holds 1, so it may be the other way round."


def tally(comparison: Comparison) -> str:
    """18 faster, 3 slower, 0 equal, 1 unclear."""
    return ", ".join(f"{len(names)} {word}" for word, names in comparison.verdicts.items())


def short_tally(comparison: Comparison | None) -> str:
    """18 / 3 / 0 / 1: wins, losses, equal, unclear; - where no interval gave a verdict."""
    if comparison is None or not any(comparison.verdicts.values()):
        return NO_VALUE
    return " / ".join(str(len(names)) for names in comparison.verdicts.values())


def largest_loss(comparison: Comparison | None, titles: Mapping[str, str]) -> str:
    """nbody 0.071 (OPT-1002 primitive lowering), or that there is none, for a table's cell."""
    if comparison is None or comparison.lowest is None:
        return NO_VALUE
    if comparison.losses:
        loss = comparison.losses[0]
        outside = "; outside the mean" if loss.impact is None else ""
        track = track_words(loss.track, titles)
        return f"{loss.program} {number(loss.estimate.ratio)} ({track}{outside})"
    name, estimate = comparison.lowest
    sure = "not told" if estimate.low is None else "none"
    return f"{sure} (lowest: {name} {number(estimate.ratio)})"


def largest_losses(comparisons: Sequence[Comparison | None], titles: Mapping[str, str]) -> str:
    """The largest loss against each of several engines, for a table's cell."""
    named = [c for c in comparisons if c is not None and c.lowest is not None]
    return "; ".join(f"vs {c.second}: {largest_loss(c, titles)}" for c in named) or NO_VALUE


def loss_sentence(comparison: Comparison, titles: Mapping[str, str]) -> str:
    """The largest loss of the first engine against the second."""
    first, second = comparison.first, comparison.second
    if comparison.losses:
        loss = comparison.losses[0]
        slower = speedup(inverted(loss.estimate))
        return (
            f"Largest loss of {first} against {second}: **{loss.program}**, where it takes "
            f"{slower} times as long (track: {track_words(loss.track, titles)}; {_cost(loss)})."
        )
    if comparison.lowest is None:
        return f"{first} and {second} have no program in common."
    name, estimate = comparison.lowest
    said = f"its lowest ratio is {speedup(estimate)} ({name})"
    if estimate.low is None:
        return f"Losses of {first} against {second} are not told without intervals; {said}."
    return f"{first} has no sure loss against {second}; {said}."


def _cost(loss: Loss) -> str:
    if loss.cost is None:
        return "outside the mean"
    said = f"it costs {loss.cost:.1%} of the mean"
    if loss.mean_without is None:
        return f"{said}, which is made of it alone"
    return f"{said}, which would be {number(loss.mean_without)} without it"


def scored_words(score: SuiteScore, column: Column) -> str:
    """4 of 6, and how many of the suite's files are no program of ours."""
    coverage = score.coverage
    parts = [f"{len(column.programs)} of {coverage.programs}"]
    left = sum(len(entries) for entries in coverage.exclusions.values())
    if left:
        parts.append(f"{left} of {coverage.present} files left out")
    if coverage.quick_left_out:
        parts.append(f"{coverage.quick_left_out} not in a quick run")
    return "; ".join(parts)


def track_words(track: str | None, titles: Mapping[str, str]) -> str:
    """OPT-1002 primitive lowering."""
    if track is None:
        return "no track"
    return f"{track} {titles[track]}" if track in titles else track


def mode_words(
    cells: Mapping[tuple[str, str], Mapping[str, Any]], engines: Sequence[str], program: str
) -> str:
    """How the engines ran a program: one word where all agree, else one for each."""
    modes = {
        engine: MODE_WORDS.get(cells[program, engine]["mode"], cells[program, engine]["mode"])
        for engine in engines
        if (program, engine) in cells
    }
    if len(set(modes.values())) == 1:
        return str(next(iter(modes.values())))
    return ", ".join(f"{engine}: {mode}" for engine, mode in modes.items()) or NO_VALUE


def median_and_tail(times: Summary | None) -> str:
    """The median and the 95th percentile; the maximum, marked, where runs are too few for one."""
    if times is None:
        return NO_VALUE
    tail = f"{seconds(times.maximum)} max" if times.p95 is None else seconds(times.p95)
    return f"{seconds(times.median)} ({tail})"


def quoted(reason: str) -> str:
    """A tool's words on a page: one line that ends in time, no folders, and nothing is markup."""
    line = plain(reason).rstrip(".")
    shown = line if len(line) <= MAX_REASON else f"{line[: MAX_REASON - 1]}…"
    return re.sub(r"([\\`*_<\[])", r"\\\1", shown)
