"""Gates and their canaries on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from molt_build.report.gate_words import NUMBERS, TITLES, gate_line, gate_rows, headline
from molt_build.report.terminal import plain_table, print_table, say
from molt_build.results.canaries import Canaries
from molt_build.results.gates import GatesResult

if TYPE_CHECKING:
    from rich.console import Console

COLOURS: Mapping[str, str] = {
    "pass": "green",
    "warn": "yellow",
    "fail": "red",
    "stale": "magenta",
    "unmeasured": "dim",
}


def print_gates(console: Console, result: GatesResult) -> None:
    """A row for each gate, then what fires and what is to know of the others."""
    from rich.text import Text

    table = plain_table(TITLES, NUMBERS)
    for row in gate_rows(result):
        cells = [Text(cell) for cell in row]
        cells[2] = Text(row[2], COLOURS[row[2]])
        table.add_row(*cells)
    print_table(console, table)
    lines = [f"{gate.verdict}: {gate_line(gate)}" for gate in result.of("fail", "warn")]
    lines += [f"{gate.gate}: {note}" for gate in result.gates for note in gate.notes]
    console.print()
    say(console, [*lines, headline(result)])


def print_canaries(console: Console, found: Canaries) -> None:
    """A row for each trial."""
    from rich.text import Text

    table = plain_table(("gate", "trial", "must say", "says", ""), ())
    for one in found.canaries:
        word = Text("", "green") if one.is_right else Text("WRONG", "red")
        table.add_row(*map(Text, (one.gate, one.trial, one.wanted, one.said)), word)
    print_table(console, table)
