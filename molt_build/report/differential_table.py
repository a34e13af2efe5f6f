"""A run of the differential job on the terminal: counts, then each finding with its diff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from molt_build.names import some
from molt_build.report.terminal import say
from molt_build.results.differential import (
    ComparedCell,
    ComparedStatus,
    DeclaredDivergence,
    DifferentialResult,
)
from molt_build.watch import counted

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 20  # findings with their diffs
COUNT_WORDS: Mapping[ComparedStatus, str] = {
    "equal": "equal",
    "declared": "diverge as declared",
    "unexplained": "unexplained",
    "flaky": "flaky",
    "refused": "not taken, as declared",
    "unchecked": "without a reference",
}
ALWAYS: tuple[ComparedStatus, ...] = ("equal", "declared", "unexplained")


def print_differential(console: Console, result: DifferentialResult) -> None:
    """All that a run found."""
    say(console, _head(result))
    for engine in result.compared:
        say(console, [f"{engine}: {counts_words(result.counts(engine))}"])
    findings = [one for one in result.cells if one.status in ("unexplained", "flaky")]
    for cell in findings[:SHOWN]:
        say(console, ["", *_finding(result, cell)])
    if len(findings) > SHOWN:
        more = counted(len(findings) - SHOWN, "more is", "more are")
        say(console, ["", f"and {more} told by the result and the report"])
    for one in result.reduced:
        source = (f"  {line}" for line in one.source.splitlines())
        say(console, ["", f"reduced, {one.summary}: {one.file}", *source])
    say(console, _unchecked(result))
    declared = [*result.in_state("holds", "expired", "gone")]
    if declared:
        say(console, ["", "declared:", *(f"  {declared_words(one)}" for one in declared)])
    say(console, _footer(result))


def counts_words(counts: Mapping[ComparedStatus, int]) -> str:
    """140 equal, 8 diverge as declared, 0 unexplained, 1 flaky."""
    return ", ".join(
        f"{counts[status]} {words}"
        for status, words in COUNT_WORDS.items()
        if counts[status] or status in ALWAYS
    )


def declared_words(one: DeclaredDivergence) -> str:
    """What is declared, and what has become of it."""
    where = f"{one.toolchain}{' for ' + ', '.join(one.targets) if one.targets else ''}"
    state = {
        "gone": f", and gone: {', '.join(one.gone)}",
        "expired": ", which is over",
        "holds": "",
        "unseen": ", and none of it was run",
    }[one.state]
    return f"{where}, until {one.expires}{state}: {some(list(one.programs))}: {one.reason}"


def _head(result: DifferentialResult) -> Iterator[str]:
    number = counted(len(result.programs), "program")
    yield ""
    yield f"{result.run}: {number}, compared with {result.reference}"


def _finding(result: DifferentialResult, cell: ComparedCell) -> Iterator[str]:
    family = result.programs[cell.program].family
    yield f"{cell.program} ({family}) under {cell.engine}, {cell.status}: {cell.reason}"
    if cell.same_as:
        yield f"  {', '.join(cell.same_as)} says the same"
    yield from (f"  {line}" for line in cell.diff)
    if cell.command:
        yield f"  again: {cell.command}"


def _unchecked(result: DifferentialResult) -> Iterator[str]:
    """A line for each program that the reference is no reference for."""
    reasons = {one.program: one.reason for one in result.cells if one.status == "unchecked"}
    if reasons:
        yield ""
    yield from (f"{program}: {reason}" for program, reason in reasons.items())


def _footer(result: DifferentialResult) -> Iterator[str]:
    for one in result.skipped:
        yield f"{one.engine} skipped: {one.reason}"
    for engine, families in result.affected.items():
        yield f"{engine} is not scored by lanes in: {', '.join(families)}"
    if result.asked.narrowing:
        yield f"no record: {result.asked.narrowing}"
    if result.is_interrupted:
        yield "interrupted: --resume goes on"
