"""What signals would be read, of which engines and how many programs; nothing is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from molt_build.json_schema import Count
from molt_build.signals.selection import Selection
from molt_build.watch import counted


@dataclass(frozen=True)
class SignalOfEngine:
    """An engine that a signal is read of."""

    engine: Annotated[str, "The engine."]
    programs: Annotated[Count, "Of how many programs."]


@dataclass(frozen=True)
class SignalToRead:
    """A signal, and what it would be read of."""

    name: Annotated[str, "Its name."]
    description: Annotated[str, "What it is."]
    scope: Annotated[str, "What there is a number of: program, engine or project."]
    reader: Annotated[str, "What reads it."]
    unit: Annotated[str, "Its unit; empty for a count."]
    better: Annotated[str, "Which direction is better: lower, higher or neither."]
    engines: Annotated[tuple[SignalOfEngine, ...], "The engines that it is read of."]


@dataclass(frozen=True)
class SignalsToRead:
    """What would be read."""

    signals: Annotated[tuple[SignalToRead, ...], "The signals, by name."]


def listed(selection: Selection) -> SignalsToRead:
    """What a selection would read."""
    rows = []
    for name in selection.wanted:
        signal = selection.signals[name]
        engines = [
            SignalOfEngine(task.name, len(task.signals[name]))
            for task in selection.tasks
            if name in task.signals
        ]
        rows.append(
            SignalToRead(
                name=name,
                description=signal.description,
                scope=signal.scope,
                reader=signal.reader,
                unit=signal.unit,
                better=signal.better,
                engines=tuple(engines),
            )
        )
    return SignalsToRead(tuple(rows))


def lines(document: SignalsToRead) -> Iterator[str]:
    """A line for each signal, and one for what it is read of."""
    for row in document.signals:
        better = "" if row.better == "neither" else f", {row.better} is better"
        unit = f" {row.unit}" if row.unit else ""
        yield f"{row.name}: {row.description} ({row.reader}{unit}{better})"
        of = [f"{one.engine}, {counted(one.programs, 'program')}" for one in row.engines]
        whole = ["the project"] if row.scope == "project" else ["no engine of these"]
        yield f"  of {'; '.join(of or whole)}"
