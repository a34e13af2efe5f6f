"""What a run of suites has so far, as its `samples.jsonl` says, and whether it may go on.

    {"event": "command", ...}  a command began that adds to the run: what it was asked for
    {"event": "start", ...}    a suite began, once more or for the first time: what is measured
    {"event": "plan", ...}     a column's number of blocks, and what its pilot could not score
    {"event": "block", ...}    one complete block of a column
    {"event": "part", ...}     a suite's measurement ended, or was interrupted by Ctrl-C

All but the first name their suite, plans and blocks their column too: "run", whole processes,
or "steady", repetitions inside one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from molt_build.errors import UsageError
from molt_build.lanes.measuring import read_block
from molt_build.measure import blocks
from molt_build.runs.folder import (
    FRIENDS,
    named_run,
    run_folders,
)
from molt_build.runs.samples import of_whole_events, read_samples
from molt_build.suites.selection import Asked

Column = Literal["run", "steady"]
COLUMNS: tuple[Column, ...] = ("run", "steady")


@dataclass(frozen=True)
class EarlierColumn:
    """A column that was planned, and the blocks it has."""

    plan: blocks.Plan
    budget_s: float
    wanting: tuple[blocks.Cell, ...]
    exits: Mapping[tuple[str, str], int | None]  # (program, engine) -> of the pilot's run
    done: tuple[blocks.Block, ...]


@dataclass(frozen=True)
class Earlier:
    """A suite that was begun."""

    subject: Mapping[str, Any]
    columns: Mapping[Column, EarlierColumn] = field(default_factory=dict)
    parts: tuple[Mapping[str, Any], ...] = ()


def resumed_run(project: Path, name: str | None, asked: Asked) -> tuple[Path, Asked]:
    """The run to go on with, the latest where none is named, and what is asked of it.

    Options that are given must be those that the run was begun with; suites may be narrowed.
    Raises `UsageError` when there is no such run.
    """
    if name is not None:
        folder = named_run(project, FRIENDS, name)
    else:
        folders = run_folders(project, FRIENDS)
        if not folders:
            raise UsageError("there is no run of suites to go on with", "begin one: no --resume")
        folder = folders[-1]
    commands = [event for event in read_samples(folder) if event["event"] == "command"]
    if not commands:
        return folder, asked
    rows = [_asked(event["asked"]) for event in commands]
    suites = () if any(not row.suites for row in rows) else tuple(s for r in rows for s in r.suites)
    then = replace(rows[-1], suites=())
    if replace(asked, suites=()) not in (then, Asked()):
        message = f"{folder.name} was begun with other options"
        raise UsageError(message, "use --resume alone: it goes on with what was asked then")
    return folder, replace(then, suites=asked.suites or tuple(dict.fromkeys(suites)))


@of_whole_events
def read_earlier(folder: Path, suite: str) -> Earlier | None:
    """What the run has of a suite since it was last begun; None when it never was."""
    earlier: Earlier | None = None
    for event in read_samples(folder):
        if event.get("suite") != suite:
            continue
        if event["event"] == "start":
            earlier = Earlier(event["subject"])
        elif earlier is None:
            continue
        elif event["event"] == "plan":
            columns = {**earlier.columns, event["column"]: _column(event)}
            earlier = replace(earlier, columns=columns)
        elif event["event"] == "block":
            column = earlier.columns[event["column"]]
            exits = {**column.exits, **_exits(event)}
            column = replace(column, done=(*column.done, read_block(event)), exits=exits)
            earlier = replace(earlier, columns={**earlier.columns, event["column"]: column})
        elif event["event"] == "part":
            part = {name: event[name] for name in event if name not in ("event", "suite")}
            earlier = replace(earlier, parts=(*earlier.parts, part))
    return earlier


def check_subject(folder: Path, suite: str, earlier: Earlier, now: Mapping[str, Any]) -> None:
    """Raises `UsageError` naming what changed, where the halves would not fit together."""
    now = json.loads(json.dumps(now))
    names = dict.fromkeys((*earlier.subject, *now))
    changed = [
        _change(name, earlier.subject.get(name), now.get(name))
        for name in names
        if earlier.subject.get(name) != now.get(name)
    ]
    if changed:
        message = f"{suite} of {folder.name} cannot go on, since these changed: "
        raise UsageError(message + "; ".join(changed), "begin a new run, without --resume")


def plan_facts(column: EarlierColumn) -> dict[str, Any]:
    """The facts of a plan event; `_column` reads them."""
    return {
        **asdict(column.plan),
        "budget_s": column.budget_s,
        "cells": [asdict(cell) for cell in column.wanting],
        "exits": exit_rows(column.exits),
    }


def exit_rows(exits: Mapping[tuple[str, str], int | None]) -> list[list[str | int | None]]:
    """(program, engine) -> exit status, as JSON has it."""
    return [[*key, status] for key, status in exits.items()]


def _exits(event: Mapping[str, Any]) -> dict[tuple[str, str], int | None]:
    return {(program, engine): status for program, engine, status in event["exits"]}


def _column(event: Mapping[str, Any]) -> EarlierColumn:
    return EarlierColumn(
        plan=blocks.Plan(event["blocks"], event["sweep_s"], event["expected_s"]),
        budget_s=event["budget_s"],
        wanting=tuple(blocks.Cell(**cell) for cell in event["cells"]),
        exits=_exits(event),
        done=(),
    )


def _asked(row: Mapping[str, Any]) -> Asked:
    facts: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Asked(**facts)


def _change(name: str, before: Any, now: Any) -> str:
    """What of a fact changed: which of its entries, where it has entries."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return name
    keys = [key for key in dict.fromkeys((*before, *now)) if before.get(key) != now.get(key)]
    return f"{name} ({', '.join(keys)})"
