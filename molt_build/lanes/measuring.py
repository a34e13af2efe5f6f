"""The measurement of a lane: which programs are measured how, and what its halves must share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.lanes.columns import (
    Column,
    Comparison,
    Earlier,
    Measured,
    held_bench,
    measure,
    read_earlier,
)
from molt_build.lanes.engines import Prepared
from molt_build.lanes.selection import Selection
from molt_build.measure import blocks
from molt_build.measure.environment import Environment
from molt_build.measure.process import Command, Sample
from molt_build.measure.scratch import private_environment
from molt_build.runs.job import add_command, check_fingerprint, check_unfinished
from molt_build.runs.samples import SamplesFile
from molt_build.watch import Watch

QUICK_MAX_BLOCKS = 12


def measure_lane(
    folder: Path,
    selection: Selection,
    prepared: Prepared,
    environment: Environment,
    command: Sequence[str],
    watch: Watch,
    *,
    is_resumed: bool,
) -> Measured:
    """Measure all that was prepared into the run's folder, or what it left undone.

    Ctrl-C returns what is complete; before the first block is planned it is raised as it is.
    Raises `UsageError` when what was begun was another thing.
    """
    facts = fingerprint(selection, prepared, environment)
    with held_bench(watch, "molt-build-lane-") as bench:
        earlier = Earlier(facts)
        if is_resumed:
            check_unfinished(folder)
            earlier = read_earlier(folder) or earlier
            check_fingerprint(folder.name, earlier.fingerprint, facts)
        programs = _programs(selection, prepared, bench.scratch)
        comparison = Comparison(
            name="",
            engines=tuple(one.name for one in prepared.all_engines),
            reference=prepared.reference.name,
            columns=("run",),
            programs=lambda *_: programs,
            budget_s=selection.budget_s,
            quick_blocks=QUICK_MAX_BLOCKS if selection.asked.is_quick else None,
        )
        with SamplesFile(folder) as samples:
            add_command(samples, selection.asked, command)
            if not is_resumed:
                samples.add("start", {"fingerprint": facts})
            notes = _Notes(watch, selection.budget_s)
            return measure(bench, comparison, earlier, samples, watch, notes)


@dataclass(frozen=True)
class _Notes:
    """Of a lane nothing is kept beside its numbers."""

    watch: Watch
    budget_s: float

    def planned(self, column: Column, plan: blocks.Plan, left_s: float) -> None:
        """Who waits longer than was asked for is told so."""
        if left_s > 1.1 * self.budget_s:
            self.watch.note(
                f"{plan.blocks} blocks, the fewest that allow an interval, take about "
                f"{left_s:.0f} s, more than the budget of {self.budget_s:.0f} s"
            )

    def ran_first(self, column: Column, run: blocks.Timing, sample: Sample) -> None:
        """Nothing."""

    def unscored(self, column: Column, cell: blocks.Cell, seed: int, sample: Sample) -> None:
        """Nothing."""


def _programs(
    selection: Selection, prepared: Prepared, scratch: Path
) -> list[blocks.ProgramCommands]:
    """Every program as each engine runs it; the start-up program is the last."""
    names = [program.name for program, _ in selection.programs]
    if selection.startup is not None:
        names.append(selection.startup[0].name)
    private = private_environment(scratch)
    return [
        blocks.ProgramCommands(
            name=name,
            commands={
                engine.name: Command(
                    argv=made.argv,
                    cwd=str(scratch / "work"),
                    environment={**private, **made.environment},
                )
                for engine in prepared.all_engines
                if (made := engine.report.programs.get(name)) is not None and made.is_built
            },
            timeout_s=selection.lane.run_timeout_s,
        )
        for name in dict.fromkeys(names)
    ]


def fingerprint(
    selection: Selection, prepared: Prepared, environment: Environment
) -> dict[str, Any]:
    """What two measurements must have in common to be halves of one."""
    return {
        "lane": selection.lane.name,
        "profile": selection.profile,
        "target": selection.lane.target,
        "reference": selection.reference.name,
        "engines": {one.name: one.identity for one in prepared.all_engines},
        "programs": dict(prepared.source_digests),
        "startup": selection.startup[0].name if selection.startup else None,
        "machine_class": environment.machine_class,
    }
