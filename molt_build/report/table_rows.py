"""Rows of the pages' tables, and what their words are about: small functions from scores.

Templates call them; what is said of a row stands there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from molt_build.manifests.suite import ModeName
from molt_build.measure.planning import Plan
from molt_build.measure.process import Metric
from molt_build.measure.statistics import MIN_BLOCKS
from molt_build.report.formatting import (
    NO_VALUE,
    STATUS_WORDS,
    interval,
    marks_explained,
    mebibytes,
    number,
    quoted,
    seconds,
    short_version,
    tool_versions,
)
from molt_build.report.phrases import track_words
from molt_build.report.scorecard import COMBINED, Scorecard, Scored
from molt_build.results.combined import Combined, KernelValue
from molt_build.results.facts import EngineFacts
from molt_build.results.scoring import Column, Comparison, LaneScore
from molt_build.watch import counted

WORST = 3  # losses that are named of a track

Lanes = Sequence[tuple[Scored, LaneScore]]


def losses(
    one: Scored, comparisons: Iterable[Comparison], tracks: Mapping[str, str]
) -> Iterator[list[str]]:
    """Program, what is compared, ratio, of the mean, mean without it, track: the worst first.

    Where no track is known, the program's tags say what can change it.
    """
    for comparison in comparisons:
        for loss in comparison.losses:
            tags = ", ".join(one.programs[loss.program].tags) if loss.track is None else ""
            yield [
                loss.program,
                f"{comparison.first} vs {comparison.second}",
                interval(loss.estimate),
                NO_VALUE if loss.cost is None else f"-{loss.cost:.1%}",
                NO_VALUE if loss.mean_without is None else number(loss.mean_without),
                tags or track_words(loss.track, tracks),
            ]


def lost(score: LaneScore, column: Column) -> list[Comparison]:
    """The comparisons with losses: the subject's where there is a friend, else all engines'."""
    firsts = [score.subject] if score.friend is not None else score.compared
    return [c for c in column.comparisons if c.losses and c.first in firsts]


def marks(column: Column, min_effect: float) -> list[str]:
    """What the marks mean that stand behind the column's ratios."""
    there = {word for c in column.comparisons for word, names in c.all_verdicts.items() if names}
    return marks_explained(there, min_effect)


def not_scored(score: LaneScore) -> Iterator[list[str]]:
    """Programs, engines, status, reason; engines that share all of the others stand together."""
    found: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for row in score.coverage.not_scored:
        key = (row.programs, STATUS_WORDS[row.status], quoted(row.reason))
        found.setdefault(key, []).append(row.engine)
    for (programs, status, reason), engines in found.items():
        yield [", ".join(programs), ", ".join(engines), status, reason]


def builds(lanes: Lanes, *, is_named: bool) -> Iterator[list[str]]:
    """[Lane], engine, built, not built, sum, median, longest: of engines that are built."""
    for one, score in lanes:
        for row in score.builds:
            if not row.count and not row.failed:
                continue
            cells = [one.name] if is_named else []
            cells += [row.engine, str(row.count), str(row.failed)]
            if row.total_s is None or row.median_s is None or row.longest_s is None:
                yield [*cells, *[NO_VALUE] * 3]
            else:
                longest = f"{seconds(row.longest_s)} ({row.longest})"
                yield [*cells, seconds(row.total_s), seconds(row.median_s), longest]


def floors(lanes: Lanes, *, is_named: bool) -> Iterator[list[str]]:
    """[Lane], engine, start-up, peak memory: medians."""
    for one, _ in lanes:
        for engine in one.run_of:
            cell = one.startup(engine)
            start = cell.metrics.get("wall_s") if cell is not None else None
            found = [one.cells[key].metrics for key in one.cells if key[1] == engine]
            memory = [known.get("peak_memory_bytes") for known in found]
            peaks = [known.summary.median for known in memory if known is not None]
            yield [
                *([one.name] if is_named else []),
                engine,
                seconds(start.summary.median) if start is not None else NO_VALUE,
                mebibytes(median(peaks)) if peaks else NO_VALUE,
            ]


def engines(lanes: Iterable[Scored]) -> list[list[str]]:
    """Engine, versions, identity: of all engines of all lanes."""
    found: dict[str, EngineFacts] = {}
    for one in lanes:
        for engine, facts in one.engines.items():
            found.setdefault(engine, facts)
    return [[name, tool_versions(e) or NO_VALUE, e.identity] for name, e in found.items()]


def skipped(one: Scored) -> Mapping[str, str]:
    """The engines that no run measured, and why."""
    rows = [row for lane in one.lanes for row in lane.skipped]
    return {row.engine: row.reason for row in rows if row.engine not in one.run_of}


def meanings(one: Scored, score: LaneScore) -> Iterator[list[str]]:
    """Engine, programs, equal, as declared, unexplained, families that it is not scored in, run."""
    for engine in score.compared:
        found = one.lanes[one.run_of[engine]].meanings.get(engine)
        if found is not None and found.run is None:
            yield [engine, *[NO_VALUE] * 5, "nobody compared this engine as it was measured"]
        elif found is not None:
            counts = (found.programs, found.equal, found.declared, found.unexplained)
            families = ", ".join(found.affected) or NO_VALUE
            yield [engine, *map(str, counts), families, found.run or NO_VALUE]


def version(one: Scored, engine: str) -> str:
    """What an engine is called in a sentence."""
    facts = one.engines.get(engine)
    return engine if facts is None else short_version(facts)


def families(one: Scored, score: LaneScore) -> Iterator[list[str]]:
    """Family, how many programs, then each engine's mean over those that it scored (how many)."""
    for family, names in one.families.items():
        means = [c.mean_over(names) for c in score.main.comparisons]
        shown = [f"{interval(mean)} ({mean.programs})" if mean else NO_VALUE for mean in means]
        yield [family, str(len(names)), *shown]


def short_families(one: Scored, score: LaneScore) -> Iterator[list[str]]:
    """As `families`, without intervals."""
    for family, names in one.families.items():
        means = [c.mean_over(names) for c in score.main.comparisons]
        shown = [f"{number(mean.ratio)} ({mean.programs})" if mean else NO_VALUE for mean in means]
        yield [family or "others", str(len(names)), *shown]


def block_words(one: Scored) -> str:
    """100 blocks; 60 or 100 blocks, where runs have several numbers."""
    numbers = sorted({lane.planned_blocks(lane.metric) for lane in one.lanes})
    return " or ".join([*map(str, numbers[:-1]), counted(numbers[-1], "block")])


def wins(comparison: Comparison) -> list[str]:
    """The programs on which the first engine is surely faster, with ratios, the best first."""
    ratio = {name: comparison.estimates[name].ratio for name in comparison.all_verdicts["faster"]}
    return [f"{name} {number(ratio[name])}" for name in sorted(ratio, key=lambda n: -ratio[n])]


def plans(lanes: Iterable[Scored]) -> list[Plan]:
    """What was fixed before measuring, of all ways of measuring in all runs."""
    found = [lane.measurements for one in lanes for lane in one.lanes]
    return [measurement.plan for ways in found for measurement in ways.values()]


def fixed_by(plans: Iterable[Plan]) -> str:
    """What fixed the number of blocks: the budget (840 s), the precision wished for, or each."""
    plans = list(plans)
    budgets = list(dict.fromkeys(plan.budget_s for plan in plans if plan.precision is None))
    wished = list(dict.fromkeys(plan.precision for plan in plans if plan.precision is not None))
    found = []
    if budgets:
        found.append(f"the budget ({', '.join(f'{_whole(one)} s' for one in budgets)})")
    if wished:
        shares = ", ".join(f"{100 * one:.3g} %" for one in wished)
        found.append(f"the median half-width that was wished for ({shares})")
    return " or ".join(found) or "the budget"


def _whole(seconds: float) -> str:
    """840, and 0.1: no power of ten, and no digit that says nothing."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.3g}"


def is_pinned(lanes: Iterable[Scored]) -> bool:
    """Whether all were pinned to one processor."""
    return all(lane.pinned_cpu is not None for one in lanes for lane in one.lanes)


def quick(one: Scored) -> list[str]:
    """The runs with fewer blocks than a verdict deserves."""
    return [
        run.run
        for run, lane in zip(one.results, one.lanes, strict=True)
        if run.is_quick or lane.planned_blocks(lane.metric) < MIN_BLOCKS
    ]


def how_run(one: Scored) -> dict[tuple[str, ModeName, str], list[str]]:
    """By engine, mode and what there is to say of it, the programs that are run so."""
    found: dict[tuple[str, ModeName, str], list[str]] = {}
    for cell in one.cells.values():
        if cell.mode != "unsupported":
            found.setdefault((cell.engine, cell.mode, cell.note), []).append(cell.program)
    return found


def shared_kernels(combined: Combined) -> list[KernelValue]:
    """The kernels that several suites have, those that differ most first."""
    shared = [kernel for kernel in combined.kernels if len({row[0] for row in kernel.programs}) > 1]
    return sorted(shared, key=lambda kernel: -kernel.spread)


def track_tables(card: Scorecard) -> Iterator[tuple[Metric, bool, list[list[str]]]]:
    """Losses of the subject by track, for each metric against the reference and the friends.

    A metric, whether it is against the friends, and rows: track, impact, how many, the largest.
    """
    for metric in COMBINED:
        for is_friend in (False, True):
            if rows := list(_track_rows(card, metric, is_friend=is_friend)):
                yield metric, is_friend, rows


def _track_rows(card: Scorecard, metric: Metric, *, is_friend: bool) -> Iterator[list[str]]:
    found: dict[str | None, list[tuple[float, float, str]]] = {}
    suites = 0
    for one, score in card.measured:
        column = score.column(metric)
        other = score.friend if is_friend else score.reference
        comparison = column.between(score.subject, other) if column is not None else None
        suites += comparison is not None and comparison.mean is not None
        for loss in comparison.losses if comparison is not None else ():
            words = f"{loss.program} {number(loss.estimate.ratio)} ({one.name})"
            row = (loss.impact or 0.0, loss.estimate.ratio, words)
            found.setdefault(loss.track, []).append(row)
    for track, rows in sorted(found.items(), key=lambda item: sum(row[0] for row in item[1])):
        impact = 1 - math.exp(sum(row[0] for row in rows) / max(suites, 1))
        named = "; ".join(words for _, _, words in sorted(rows)[:WORST])
        yield [track_words(track, card.tracks), f"-{impact:.1%}", str(len(rows)), named]
