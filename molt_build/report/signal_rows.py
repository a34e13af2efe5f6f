"""What a run of the signals says of a lane, for its page and for pictures.

A lane's engines are named there as the lane names them, and only its programs count: a run may have
read several lanes. What is taken is the latest run of record, which left nothing out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from molt_build.engines import Engine
from molt_build.report.formatting import NO_VALUE
from molt_build.report.scorecard import Scored
from molt_build.report.signal_table import better_words, value_words
from molt_build.results.files import read_signals
from molt_build.results.signals import (
    SignalEngine,
    SignalFacts,
    SignalRow,
    SignalsResult,
    total,
)
from molt_build.runs.folder import SIGNALS
from molt_build.runs.recorded import known_runs, readable_runs


@dataclass(frozen=True)
class SignalLine:
    """What an engine has in a signal, over a lane's programs."""

    signal: str
    engine: str  # as the lane names it
    value: float | None
    words: str  # the number with its unit, or why there is none
    programs: int  # of how many programs it is


def latest_signals(project: Path, lane: str, warn: Callable[[str], None]) -> SignalsResult | None:
    """The latest run of record that read the lane; None where there is none."""
    with known_runs(project, warn) as history:
        runs = readable_runs(history, project, SIGNALS, warn)
    for run in reversed(runs):
        if run.is_of_record:
            result = read_signals(project / run.folder)
            if lane in result.lanes:
                return result
    return None


@dataclass(frozen=True)
class LaneSignals:
    """The signals of a lane's engines, as its page has them."""

    run: str
    commit: str  # of the project when they were read, shortly; "" where it is not known
    engines: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the signal, then what each engine has
    lines: tuple[str, ...]  # what each signal is


def on_page(result: SignalsResult, one: Scored) -> LaneSignals | None:
    """What a page of the lane shows; None where it read none of the engines.

    Only of engines whose toolchain was the same thing as when it was measured.
    """
    lane = one.lane
    found = _lines(result, one)
    read = {line.engine for line in found}
    shown = [name for name in _measured(result, one) if name in read]
    by_key = {(line.signal, line.engine): line for line in found}
    names = dict.fromkeys(line.signal for line in found)
    if not names:
        return None
    programs = len(result.lanes[lane.name])
    commit = result.environment.git_commit or ""
    return LaneSignals(
        run=result.run,
        commit=commit[:12] + ("+" if commit and result.environment.git_is_dirty else ""),
        engines=tuple(shown),
        rows=tuple(
            (name, *(_cell(by_key.get((name, engine)), programs) for engine in shown))
            for name in names
        ),
        lines=tuple(map(partial(_meaning, result), names)),
    )


def not_on_page(result: SignalsResult, one: Scored) -> str:
    """Why some engine that the page has and the run read shows no signals; "": all do."""
    others = [known_as for known_as, is_same in _measured(result, one).items() if not is_same]
    if others:
        return (
            f"{' and '.join(others)} {'was' if len(others) == 1 else 'were'} not the same when "
            "signals were read as when it was measured (another toolchain, or another machine's): "
            "run both in one environment"
        )
    return "" if _lines(result, one) else "it read none of the engines that the page shows"


def _lines(result: SignalsResult, one: Scored) -> list[SignalLine]:
    """The lane's lines of engines that are the same thing as when they were measured."""
    lane = one.lane
    same = [known_as for known_as, is_same in _measured(result, one).items() if is_same]
    return list(lane_lines(result, lane.name, lane.profile, lane.target, same))


def _measured(result: SignalsResult, one: Scored) -> dict[str, bool]:
    """Of the engines that the run read and the page has: whether each is the same thing in both."""
    lane, measured = one.lane, one.engines
    return {
        known_as: engine.identity in (None, measured[known_as].identity)
        for engine in result.engines.values()
        if (known_as := in_lane(engine, lane.profile, lane.target)) in measured
    }


def _cell(line: SignalLine | None, programs: int) -> str:
    """The number; with of how many programs it is, where not all could be read."""
    if line is None or line.value is None:
        return NO_VALUE
    return line.words if line.programs in (0, programs) else f"{line.words} ({line.programs})"


def _meaning(result: SignalsResult, name: str) -> str:
    facts = result.signals[name]
    return f"{name}{better_words(facts)}: {facts.description}"


def lane_lines(
    result: SignalsResult, lane: str, profile: str, target: str, engines: Sequence[str]
) -> list[SignalLine]:
    """A line for each signal and each of the lane's engines, in the order of the signals."""
    programs = set(result.lanes.get(lane, ()))
    read: dict[tuple[str, str], list[SignalRow]] = {}
    for row in result.rows:
        read.setdefault((row.signal, row.engine), []).append(row)
    lines = []
    for signal, facts in result.signals.items():
        for name, engine in result.engines.items():
            known_as = in_lane(engine, profile, target)
            whole = _over(read.get((signal, name), ()), programs, facts)
            if known_as in engines and whole is not None:
                words = value_words(whole, facts)
                line = SignalLine(signal, known_as, whole.value, words, whole.programs)
                lines.append(line)
    return lines


def program_values(
    result: SignalsResult, signal: str, lane: str, profile: str, target: str
) -> dict[tuple[str, str], float]:
    """(program, engine as the lane names it) -> the number, of the lane's programs."""
    programs = set(result.lanes.get(lane, ()))
    return {
        (row.program, in_lane(result.engines[row.engine], profile, target)): row.value
        for row in result.rows
        if row.signal == signal and row.program in programs and row.value is not None
    }


def in_lane(engine: SignalEngine, profile: str, target: str) -> str:
    """What a lane of that profile and target calls an engine."""
    return Engine(engine.toolchain, engine.profile, engine.target).named(profile, target)


def _over(rows: Sequence[SignalRow], programs: set[str], facts: SignalFacts) -> SignalRow | None:
    """The row of all of an engine's programs, made anew where the run read others too."""
    whole = next((row for row in rows if not row.program), None)
    others = {row.program for row in rows if row.program} - programs
    if whole is None or not others:
        return whole
    read = [row.value for row in rows if row.program in programs and row.value is not None]
    value = None if facts.per is not None or not read else total(read, facts.total)
    return None if value is None else replace(whole, value=value, reason="", programs=len(read))
