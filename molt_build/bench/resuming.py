"""What an interrupted measurement left, and what must be the same for it to be gone on with.

The halves of a measurement fit together when the facts of their *fingerprint* are the same: what
was declared, the identities of the engines, the digests of the programs, the class of machine.
What is declared of a suite (its pins among it) can be compared before anything is fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from molt_build.bench.cells import DRIVER
from molt_build.bench.preparing import Prepared
from molt_build.bench.selection import Selection
from molt_build.codec import from_plain
from molt_build.manifests.suite import SuiteProgram
from molt_build.manifests.workload import Program
from molt_build.measure import blocks
from molt_build.measure.planning import Plan
from molt_build.measure.process import Way
from molt_build.results.facts import Part
from molt_build.runs.samples import of_whole_events, read_samples
from molt_build.store.digest import file_sha256

Key = tuple[str, str]  # (program, engine)
Exits = Mapping[Key, int | None]


@dataclass(frozen=True)
class PlannedWay:
    """A way of measuring after its pilot."""

    plan: Plan
    unscored: tuple[blocks.CellState, ...]  # by the pilot


@dataclass(frozen=True)
class EarlierWay:
    """A way that was planned, and what it has; `exits` as in `MeasuredWay`."""

    planned: PlannedWay
    exits: Exits
    done: tuple[blocks.Block, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """What was measured before it was interrupted."""

    fingerprint: Mapping[str, Any]
    ways: Mapping[Way, EarlierWay] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


@of_whole_events
def read_earlier(folder: Path, /, **names: str) -> Earlier | None:
    """What a run has of what has these names, since it was last begun; None when it never was."""
    fingerprint: Mapping[str, Any] | None = None
    ways: dict[Way, EarlierWay] = {}
    parts: list[Part] = []
    for event in read_samples(folder, **names):
        kind = event.pop("event")
        if kind == "start":
            fingerprint, ways, parts = event["fingerprint"], {}, []
        elif kind == "plan":
            planned = from_plain(PlannedWay, event["planned"])
            ways[event["way"]] = EarlierWay(planned, _exits(event["exits"]))
        elif kind == "block":
            way: Way = event.pop("way")
            exits = _exits(event.pop("exits"))
            earlier, block = ways[way], from_plain(blocks.Block, event)
            ways[way] = EarlierWay(
                earlier.planned, {**earlier.exits, **exits}, (*earlier.done, block)
            )
        elif kind == "part":
            parts.append(from_plain(Part, event))
    return None if fingerprint is None else Earlier(fingerprint, ways, tuple(parts))


def _exits(rows: Sequence[Any]) -> dict[Key, int | None]:
    return {(program, engine): status for program, engine, status in rows}


def exit_rows(exits: Exits) -> list[list[str | int | None]]:
    return [[*key, status] for key, status in exits.items()]


def fingerprint(prepared: Prepared, machine_class: str) -> dict[str, Any]:
    """What two measurements of a lane must have in common to be halves of one."""
    programs = prepared.staged.all
    facts = {
        "engines": {one.name: one.identity for one in prepared.engines},
        "programs": {name: one.source_digest for name, one in programs.items()},
        "machine_class": machine_class,
    }
    if prepared.staged.selection.suite is None:
        drives = {one.drive for one in programs.values() if one.drive is not None}
        files = (str(DRIVER), *sorted(drives)) if drives else ()
        facts["adapter"] = {Path(file).name: file_sha256(Path(file)) for file in files}
        facts["parameters"] = {
            name: _parameters(one.program, one.timeout_s) for name, one in programs.items()
        }
    return {**declared(prepared.staged.selection), **facts}


def declared(selection: Selection) -> dict[str, Any]:
    """What of the fingerprint can be said when nothing is fetched: a suite's pins among it."""
    suite = selection.suite
    facts = {
        "lane": selection.name,
        "profile": selection.profile,
        "target": selection.target,
        "reference": selection.reference.name,
        "subject": str(selection.subject),
        "columns": selection.columns,
        "is_quick": selection.asked.is_quick,
    }
    if suite is None:
        return facts
    packages = suite.python.lock_text if suite.python is not None else ""
    environment = {name: dict(values) for name, values in suite.environment.items()}
    return {
        **facts,
        "source": suite.source.commit or suite.source.sha256 or suite.source.project or "",
        "adapter": adapter_digests(selection),
        "parameters": {
            program.name or program.entry: _parameters(program, program.timeout_s)
            for program in suite.programs
            if not program.name or selection.takes(program.name)
        },
        "packages": hashlib.sha256(packages.encode()).hexdigest(),
        "environment": environment,
        "volatile": suite.volatile,
    }


def _parameters(program: Program | SuiteProgram, timeout_s: float) -> list[Any]:
    own: list[Any] = [program.form, program.size, program.args, program.repetitions, timeout_s]
    if isinstance(program, Program) and (program.environment or program.exit_status):
        own += [dict(program.environment), program.exit_status]
    return own


def adapter_digests(selection: Selection) -> dict[str, str]:
    """SHA-256 of the files of ours that take part in a run of a suite."""
    adapter = selection.suite.adapter if selection.suite is not None else None
    files = {"driver": str(DRIVER)}
    if adapter is not None:
        files |= {"drive": adapter.drive or "", "prepare": adapter.prepare or ""}
    return {name: file_sha256(Path(path)) for name, path in files.items() if path}
