"""What a score says, in few words: who wins, by how much, and on which program it loses most.

Used by the pages and the terminal, so that both say it alike. What takes whole sentences stands in
the templates of the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from molt_build.manifests.suite import ModeName
from molt_build.measure.process import Metric
from molt_build.measure.statistics import Summary
from molt_build.names import some
from molt_build.report.formatting import (
    NO_VALUE,
    STATUS_WORDS,
    interval,
    metric_value,
    number,
    quoted,
    seconds,
    share_words,
)
from molt_build.report.scorecard import Scored
from molt_build.results import startup
from molt_build.results.bench import LaneResult, Verdict
from molt_build.results.scoring import Column, Comparison, LaneScore
from molt_build.watch import counted

NARROW = 0.03  # the half-width that few intervals should be above

MODE_WORDS: Mapping[ModeName, str] = {
    "runs_unmodified": "as is",
    "requires_adapter": "adapter",
    "unsupported": "none",
}


def deciding(score: LaneScore, column: Column) -> Comparison | None:
    """The comparison that says who wins: with the friend, or with the reference without one."""
    found = column.between(score.subject, score.friend) or column.between(
        score.subject, score.reference
    )
    return found or next(iter(column.comparisons), None)


@dataclass(frozen=True)
class Outcome:
    """Who wins a comparison, in the words of a table's cells."""

    winner: str
    against: str  # who is behind; both where nobody is ahead
    times: str  # as fast, with the interval
    sure: str  # how sure that is


def outcome(comparison: Comparison | None, min_effect: float) -> Outcome:
    """Who wins by how much, or why nobody does."""
    if comparison is None or comparison.mean is None:
        return Outcome("none scored", *[NO_VALUE] * 3)
    mean = comparison.mean
    both = f"{comparison.first} vs {comparison.second}"
    if mean.low is None or mean.high is None:
        return Outcome("not told", both, interval(mean), "no interval")
    if comparison.mean_verdict == "faster":
        return Outcome(f"**{comparison.first}**", comparison.second, interval(mean), "sure")
    if comparison.mean_verdict == "slower":
        turned = interval(mean.inverse)
        return Outcome(f"**{comparison.second}**", comparison.first, turned, "sure")
    if comparison.mean_verdict == "equal":
        return Outcome("neither", both, interval(mean), f"equal within {share_words(min_effect)}")
    is_apart = mean.low > 1 or mean.high < 1
    why = f"no, below {share_words(min_effect)}" if is_apart else "no, 1 is inside"
    return Outcome("neither surely", both, interval(mean), why)


def winner(comparison: Comparison | None) -> str:
    """Who wins, for a terminal: codon, 2.39 times, sure; or why nobody does."""
    if comparison is None or comparison.mean is None:
        return NO_VALUE
    mean = comparison.mean
    if mean.low is None:
        return "not told: no interval"
    if comparison.mean_verdict in ("faster", "slower"):
        is_first = comparison.mean_verdict == "faster"
        ahead = comparison.first if is_first else comparison.second
        return f"{ahead}, {number(mean.ratio if is_first else 1 / mean.ratio)} times, sure"
    return "neither: equal, sure" if comparison.mean_verdict == "equal" else "neither surely"


def tally(verdicts: Mapping[Verdict, Sequence[str]]) -> str:
    """18 faster, 3 slower, 1 unclear; empty where no interval gave a verdict."""
    return ", ".join(f"{len(names)} {word}" for word, names in verdicts.items() if names)


def median_width(comparison: Comparison) -> str:
    """How far half of its intervals reach to either side, at most: 2.1 %; - without intervals."""
    widths = half_widths(comparison)
    return f"{100 * median(widths):.1f} %" if widths else NO_VALUE


def within(comparison: Comparison, share: float) -> str:
    """How many of its intervals reach no further than that: 38 of 45; - without intervals."""
    widths = half_widths(comparison)
    return f"{sum(width <= share for width in widths)} of {len(widths)}" if widths else NO_VALUE


def half_widths(comparison: Comparison) -> list[float]:
    """Of the intervals that it has, on the log scale: 0.03 reads as 3 %."""
    found = (estimate.half_width for estimate in comparison.estimates.values())
    return [width for width in found if width is not None]


def false_verdicts(comparison: Comparison) -> list[str]:
    """The programs on which an engine is said to be faster or slower than itself."""
    verdicts = comparison.all_verdicts
    return [*verdicts["faster"], *verdicts["slower"]]


def largest_loss(comparison: Comparison, tracks: Mapping[str, str]) -> str:
    """nbody 0.071 (OPT-1002 primitive lowering), or that there is none; - without programs."""
    if comparison.lowest is None:
        return NO_VALUE
    if comparison.losses:
        loss = comparison.losses[0]
        outside = "; outside the mean" if loss.impact is None else ""
        track = track_words(loss.track, tracks)
        return f"{loss.program} {number(loss.estimate.ratio)} ({track}{outside})"
    name, estimate = comparison.lowest
    sure = "not told" if estimate.low is None else "none"
    return f"{sure} (lowest: {name} {number(estimate.ratio)})"


def track_words(track: str | None, tracks: Mapping[str, str]) -> str:
    """OPT-1002 primitive lowering."""
    if track is None:
        return "no track"
    return f"{track} {tracks[track]}" if track in tracks else track


def mode_words(one: Scored, engines: Sequence[str], program: str) -> str:
    """How the engines ran a program: one word where all agree, else one for each."""
    modes = {
        engine: MODE_WORDS[one.cells[program, engine].mode]
        for engine in engines
        if (program, engine) in one.cells
    }
    if len(set(modes.values())) == 1:
        return next(iter(modes.values()))
    return ", ".join(f"{engine}: {mode}" for engine, mode in modes.items()) or NO_VALUE


def startup_lines(lane: LaneResult, *, is_page: bool = False) -> Iterator[str]:
    """What there is to say of starting: where it is not known, and which programs are too short.

    One-line sentences without a full stop; on a page nothing that tools said is markup.
    """
    name = lane.startup[0].program if lane.startup else ""
    for (status, reason), engines in startup.without_floor(lane).items():
        words = f"what starting costs under {', '.join(engines)} is not known"
        why = quoted(reason) if is_page else " ".join(reason.split())
        yield f"{words}: {name}: {why or STATUS_WORDS[status]}"
    for engine, short in startup.by_engine(lane).items():
        ends = dict.fromkeys(number(one.times) for one in (short[0], short[-1]))
        run, them = ("runs", "it") if len(short) == 1 else ("run", "them")
        yield (
            f"too short under {engine}: {some([one.program for one in short])} {run} "
            f"{' to '.join(ends)} times the {seconds(short[0].startup_s)} that starting takes, so "
            f"ratios say more of that; make {them} run at least {startup.LONG_ENOUGH} times as long"
        )


def count_lines(lane: LaneResult, metric: Metric) -> Iterator[str]:
    """How instructions were counted, and how sure that is: one-line sentences without a stop."""
    counting = lane.counting(metric)
    if counting is None:
        return
    how = "" if counting.has_fixed_addresses else ", with addresses that are randomized"
    kept = f", {counting.kept} kept from earlier runs of the same" if counting.kept else ""
    yield f"counted by {counting.version}{how}: {counted(counting.counted, 'count')}{kept}"
    floors = [f"{engine} {share_words(floor)}" for engine, floor in counting.floors.items()]
    if floors:
        yield f"noise floor, two counts of the same at most: {', '.join(floors)}"


def typical(values: Summary | None, metric: Metric, *, has_tail: bool = False) -> str:
    """The median; with the 95th percentile, or the maximum, marked, where runs are too few."""
    if values is None:
        return NO_VALUE
    middle = metric_value(values.median, metric)
    if not has_tail:
        return middle
    if values.p95 is None:
        return f"{middle} ({metric_value(values.maximum, metric)} max)"
    return f"{middle} ({metric_value(values.p95, metric)})"
