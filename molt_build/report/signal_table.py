"""Signals on the terminal: what each program and each engine has, and what became of it.

A table for each engine has a row for each program and a column for each signal, the last row being
what the programs come to. Numbers that are counts are shown to the last digit, since their
differences are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from molt_build.names import some
from molt_build.report.formatting import NO_VALUE, number, seconds
from molt_build.report.terminal import plain_table, print_table, say
from molt_build.results.signals import (
    ChangeVerdict,
    ComparedSignals,
    PartChange,
    SignalChange,
    SignalFacts,
    SignalRow,
    SignalsResult,
)
from molt_build.watch import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

IN_ALL = "in all"
NAMES_SHOWN = 6
PARTS_SHOWN = 8  # of a change
STYLES: dict[ChangeVerdict, str] = {
    "better": "green",
    "worse": "red",
    "changed": "yellow",
    "new": "magenta",
    "gone": "magenta",
    "same": "",
}


def signal_value(value: float, unit: str) -> str:
    """12,345; 12.3 ms; 1.23."""
    if isinstance(value, int) or (value.is_integer() and unit != "s"):
        return f"{int(value):,}"
    return seconds(value) if unit == "s" else number(value) if value > 0 else f"{value:.3g}"


def value_words(row: SignalRow, facts: SignalFacts) -> str:
    """The number with its unit; why there is none."""
    if row.value is None:
        return row.reason
    unit = f" {facts.unit}" if facts.unit not in ("", "s") else ""
    return signal_value(row.value, facts.unit) + unit


def better_words(facts: SignalFacts) -> str:
    """In brackets, which direction is better; "" where neither is."""
    return "" if facts.better == "neither" else f" ({facts.better} is better)"


def print_signals(console: Console, result: SignalsResult, *, has_parts: bool) -> None:
    """A whole run: tables of engines, other numbers, what was not read, what became of them."""
    for name, facts in result.engines.items():
        rows = [row for row in result.rows if row.engine == name]
        wide = [row for row in rows if result.signals[row.signal].scope == "program"]
        if wide:
            say(console, ["", f"{name} ({facts.toolchain}, {facts.profile}, {facts.target})", ""])
            print_table(console, _programs(wide, result))
    alone = [row for row in result.rows if result.signals[row.signal].scope != "program"]
    if alone:
        console.print()
        print_table(console, _alone(alone, result))
    if has_parts:
        for row in result.rows:
            is_again = not row.program and row.programs == 1  # what its one program has
            is_again = is_again and result.signals[row.signal].scope == "program"
            if row.parts and not is_again:
                say(console, ["", f"{_title(row)}: {value_words(row, result.signals[row.signal])}"])
                print_table(console, _parts(row, result.signals[row.signal]))
    say(console, ["", *_meanings(result), *_missing(result.rows)])
    for one in result.skipped:
        say(console, [f"not there: {one.engine}: {one.reason}"])
    if result.against is not None:
        then = result.against
        say(console, ["", f"then: {then.revision}, which is {then.commit[:12]}"])
        print_changes(console, then.changes, result.signals, ("then", "now"))
        for one in then.skipped:
            say(console, [f"not there then: {one.engine}: {one.reason}"])


def print_compared(
    console: Console, compared: ComparedSignals, facts: Mapping[str, SignalFacts]
) -> None:
    """Two runs of the signals."""
    say(console, [f"{compared.before} -> {compared.after}"])
    print_changes(console, compared.changes, facts, ("before", "after"))


def print_changes(
    console: Console,
    changes: Sequence[SignalChange],
    facts: Mapping[str, SignalFacts],
    sides: tuple[str, str],
) -> None:
    """The numbers that differ, with the parts that do, and how many there are of each verdict."""
    differing = [one for one in changes if one.verdict != "same"]
    if differing:
        console.print()
        print_table(console, _changes(differing, facts, sides))
    counts = {word: sum(one.verdict == word for one in changes) for word in STYLES}
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    say(console, ["", f"{counted(len(changes), 'number')}: {said or 'none'}"])
    for one in differing:
        if one.reason:
            say(console, [f"{_title(one)}: {one.reason}"])


def _programs(rows: Sequence[SignalRow], result: SignalsResult) -> Table:
    """A row for each program, a column for each signal."""
    from rich.text import Text

    names = list(dict.fromkeys(row.signal for row in rows))
    programs = dict.fromkeys(row.program for row in rows if row.program)
    titles = [_column(name, result.signals[name]) for name in names]
    table = plain_table(("program", *titles), titles)
    by_key = {(row.program, row.signal): row for row in rows}

    def cells(program: str) -> list[Text]:
        found = (by_key.get((program, name)) for name in names)
        return [Text(_cell(row, result)) for row in found]

    for program in programs:
        table.add_row(Text(program), *cells(program))
    if len(programs) > 1:
        table.add_section()
        table.add_row(Text(IN_ALL), *cells(""))
    return table


def _column(name: str, facts: SignalFacts) -> str:
    return f"{name} ({facts.unit})" if facts.unit else name


def _cell(row: SignalRow | None, result: SignalsResult) -> str:
    if row is None or row.value is None:
        return NO_VALUE
    return signal_value(row.value, result.signals[row.signal].unit)


def _alone(rows: Sequence[SignalRow], result: SignalsResult) -> Table:
    """The signals of engines and of the project."""
    from rich.text import Text

    table = plain_table(("signal", "engine", "number", "unit", ""), ("number",))
    for row in rows:
        facts = result.signals[row.signal]
        words = (row.signal, row.engine or "(project)", _cell(row, result), facts.unit)
        table.add_row(*map(Text, (*words, row.reason or "; ".join(row.notes))))
    return table


def _parts(row: SignalRow, facts: SignalFacts) -> Table:
    from rich.text import Text

    has_groups = any(part.group for part in row.parts)
    has_notes = any(part.note for part in row.parts)
    titles = ("part", *(["of"] if has_groups else []), "number", *(["note"] if has_notes else []))
    table = plain_table(titles, ("number",))
    for part in row.parts:
        words = [part.name, *([part.group] if has_groups else [])]
        words.append(signal_value(part.value, facts.unit))
        table.add_row(*map(Text, [*words, *([part.note] if has_notes else [])]))
    return table


def _meanings(result: SignalsResult) -> Iterator[str]:
    """What each signal is, and which direction is better."""
    for name, facts in result.signals.items():
        per = f", per {facts.per}" if facts.per else ""
        yield f"{name}{per}: {facts.description}{better_words(facts)}"


def _missing(rows: Iterable[SignalRow]) -> Iterator[str]:
    """Why numbers are missing, a line for each reason; of a program in all its signals."""
    missing: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.value is None and row.program:
            missing.setdefault((row.engine, row.reason), {})[row.program] = None
        elif row.value is None and row.engine:
            missing.setdefault((row.engine, row.reason), {})[f"{row.signal} {IN_ALL}"] = None
    for (engine, reason), names in missing.items():
        yield f"not read: {engine}: {some(list(names), NAMES_SHOWN)}: {reason}"


def _title(one: SignalRow | SignalChange) -> str:
    """What a number is of."""
    return " ".join(filter(None, (one.signal, one.engine, one.program or IN_ALL)))


def _changes(
    changes: Sequence[SignalChange], facts: Mapping[str, SignalFacts], sides: tuple[str, str]
) -> Table:
    from rich.text import Text

    numbers = (*sides, "difference")
    table = plain_table(("signal", "engine", "program", *numbers, "verdict", ""), numbers)
    for one in changes:
        unit = facts[one.signal].unit
        values = [
            NO_VALUE if value is None else signal_value(value, unit)
            for value in (one.before, one.after)
        ]
        words = [one.signal, one.engine or "(project)", one.program or IN_ALL, *values]
        words.append(difference_words(one.difference, unit))
        verdict = Text(one.verdict, style=STYLES[one.verdict])
        table.add_row(*map(Text, words), verdict, Text(_part_words(one.parts, unit)))
    return table


def difference_words(difference: float | None, unit: str) -> str:
    """+1, -12.3 ms."""
    if difference is None:
        return NO_VALUE
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    return sign + signal_value(abs(difference), unit)


def _part_words(parts: Sequence[PartChange], unit: str) -> str:
    """The parts that differ: `PyObject_Call +1, PyList_Append -2`."""
    said = [
        f"{part.name} {difference_words((part.after or 0) - (part.before or 0), unit)}"
        for part in parts
    ]
    return some(said, PARTS_SHOWN)
