"""The measurement of a lane: pilot, plan, blocks, and how an interrupted one goes on.

The machine's measurement lock is held from the first noise probe to the last. What is measured
is written to the run's `samples.jsonl` block by block, so that nothing but the block that is
running is ever lost.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molt_build.clock import utc
from molt_build.errors import UsageError
from molt_build.lanes.engines import Prepared
from molt_build.lanes.selection import Selection
from molt_build.measure import blocks, machine
from molt_build.measure.environment import Environment, Noise, noise_report, probe_noise
from molt_build.measure.process import Command, Launcher, Sample
from molt_build.measure.scratch import empty, private_environment, scratch_folders
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS
from molt_build.runs.folder import (
    RESULT_FILE,
    create_run,
    read_result,
    run_folders,
)
from molt_build.runs.samples import SamplesFile, of_whole_events, read_samples
from molt_build.watch import Watch

QUICK_MAX_BLOCKS = 12
SEEDS_SEED = 0  # every run meets the same hash seeds


@dataclass(frozen=True)
class Measured:
    """A measurement, and the circumstances it was made in."""

    folder: Path
    measurement: blocks.Measurement
    plan: blocks.Plan
    seeds: tuple[int, ...]
    pinned_cpu: int | None
    peak_memory_floor_bytes: int
    # One for each time the run was started or resumed.
    parts: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Earlier:
    """What an interrupted run left."""

    folder: Path
    plan: blocks.Plan
    cells: tuple[blocks.Cell, ...]
    done: tuple[blocks.Block, ...]
    parts: tuple[Mapping[str, Any], ...]


def measure(
    project: Path,
    selection: Selection,
    prepared: Prepared,
    environment: Environment,
    watch: Watch,
    resumed: Path | None,
) -> Measured:
    """Measure all that was prepared, or what the run in the folder `resumed` left undone.

    Ctrl-C returns what is complete; before the first block it is raised as it is.
    """
    subject = fingerprint(selection, prepared, environment)
    with (
        machine.exclusively(watch),
        scratch_folders("molt-build-lane-") as scratch,
        Launcher() as launcher,
    ):
        earlier = None if resumed is None else read_earlier(resumed, subject)
        cases = program_cases(selection, prepared, scratch)
        cpu = machine.choose_cpu()
        before = probe_noise(cpu)
        started = time.time()
        if earlier is None:
            pilot, plan = _pilot(selection, prepared, cases, launcher, cpu, scratch, watch)
            folder = create_run(project, selection.lane.name, started)
        else:
            folder, plan = earlier.folder, earlier.plan
            pilot = _restored(prepared, cases, earlier)
        seeds = blocks.hash_seeds(plan.blocks, SEEDS_SEED)
        done = earlier.done if earlier is not None else ()
        with SamplesFile(folder) as samples:
            if earlier is None:
                samples.add("start", {"subject": subject})
                samples.add("plan", {**asdict(plan), "seeds": seeds, "cells": wanting(pilot)})
            measured = {key for key, cell in pilot.cells.items() if cell.status == "ok"}
            have = sum((run.program, run.engine) in measured for b in done for run in b.runs)
            watch.phase(
                f"measuring {plan.blocks} blocks of {len(cases)} programs",
                len(measured) * plan.blocks - have,
            )

            def on_run(run: blocks.Timing, _: Sample) -> None:
                empty(scratch)
                watch.step(f"{run.program} {run.engine}")

            measurement = blocks.run_blocks(
                cases,
                pilot,
                seeds=seeds,
                launcher=launcher,
                cpu=cpu,
                done=done,
                on_run=on_run,
                on_block=lambda block: samples.add("block", asdict(block)),
            )
            after = probe_noise(cpu)
            part = part_facts(started, before, after, len(measurement.blocks) - len(done))
            samples.add("part", {**part, "cells": wanting(measurement)})
        parts = (*(earlier.parts if earlier else ()), part)
        return Measured(
            folder=folder,
            measurement=measurement,
            plan=plan,
            seeds=tuple(seeds),
            pinned_cpu=cpu,
            peak_memory_floor_bytes=launcher.peak_memory_floor_bytes,
            parts=parts,
            warnings=tuple(dict.fromkeys(line for p in parts for line in p["warnings"])),
        )


def program_cases(
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
        "asked": asdict(selection.asked),
    }


def interrupted_run(project: Path, lane: str) -> Path:
    """The latest run of the lane, if it was interrupted; raises `UsageError` if it was not."""
    for folder in reversed(run_folders(project, lane)):
        if (folder / RESULT_FILE).exists() and not read_result(folder)["interrupted"]:
            break
        if any(event["event"] == "plan" for event in read_samples(folder)):
            return folder
    raise UsageError(f"there is no interrupted run of {lane}", "start one without --resume")


@of_whole_events
def read_earlier(folder: Path, subject: Mapping[str, Any]) -> Earlier:
    """What an interrupted run left; raises `UsageError` when it measured something else."""
    if (folder / RESULT_FILE).exists() and not read_result(folder)["interrupted"]:
        raise UsageError(f"{folder.name} has been finished by another process meanwhile")
    events = list(read_samples(folder))
    start = next(event for event in events if event["event"] == "start")
    plan = next(event for event in events if event["event"] == "plan")
    wanted = json.loads(json.dumps(subject))
    differing = [name for name in wanted if start["subject"].get(name) != wanted[name]]
    if differing:
        message = f"{folder.name} cannot go on: {', '.join(differing)} changed since"
        raise UsageError(message, "start a new run without --resume")
    parts = [event for event in events if event["event"] == "part"]
    done = [read_block(event) for event in events if event["event"] == "block"]
    cells = [blocks.Cell(**cell) for event in (plan, *parts) for cell in event["cells"]]
    return Earlier(
        folder=folder,
        plan=blocks.Plan(plan["blocks"], plan["sweep_s"], plan["expected_s"]),
        cells=tuple(cells),
        done=tuple(done),
        parts=tuple(
            {name: value for name, value in part.items() if name not in ("event", "cells")}
            for part in parts
        ),
    )


def _pilot(
    selection: Selection,
    prepared: Prepared,
    cases: Sequence[blocks.ProgramCommands],
    launcher: Launcher,
    cpu: int | None,
    scratch: Path,
    watch: Watch,
) -> tuple[blocks.Measurement, blocks.Plan]:
    watch.phase("pilot: one run of everything", sum(len(case.commands) for case in cases))
    started = time.monotonic()

    def on_run(run: blocks.Timing, _: Sample) -> None:
        empty(scratch)
        watch.step(f"{run.program} {run.engine}")

    pilot = blocks.run_pilot(
        cases,
        engines=[engine.name for engine in prepared.all_engines],
        reference=selection.reference.name,
        launcher=launcher,
        hash_seed=blocks.hash_seeds(1, SEEDS_SEED + 1)[0],
        cpu=cpu,
        on_run=on_run,
    )
    is_quick = selection.asked.is_quick
    plan = blocks.plan(
        pilot,
        budget_s=max(0.0, selection.budget_s - (time.monotonic() - started)),
        minimum=1 if is_quick else MIN_BLOCKS,
        maximum=QUICK_MAX_BLOCKS if is_quick else MAX_BLOCKS,
    )
    if plan.expected_s > 1.1 * selection.budget_s:
        watch.note(
            f"{plan.blocks} blocks, the fewest that allow an interval, take about "
            f"{plan.expected_s:.0f} s, more than the budget of {selection.budget_s:.0f} s"
        )
    return pilot, plan


def _restored(
    prepared: Prepared, cases: Sequence[blocks.ProgramCommands], earlier: Earlier
) -> blocks.Measurement:
    """The pilot's verdict, and what was found wanting after it."""
    cells = {
        (case.name, engine.name): blocks.Cell(case.name, engine.name, "ok")
        for case in cases
        for engine in prepared.all_engines
        if engine.name in case.commands
    }
    cells |= {(cell.program, cell.engine): cell for cell in earlier.cells}
    names = tuple(engine.name for engine in prepared.all_engines)
    return blocks.Measurement(prepared.reference.name, names, (), cells)


def part_facts(started: float, before: Noise, after: Noise, block_count: int) -> dict[str, Any]:
    """One start or resumption of a measurement, and what the machine was like meanwhile."""
    return {
        "started": utc(started),
        "seconds": round(time.time() - started, 3),
        "blocks": block_count,
        "noise_before": asdict(before),
        "noise_after": asdict(after),
        "warnings": noise_report(before, after),
    }


def wanting(measurement: blocks.Measurement) -> list[dict[str, Any]]:
    """The cells that are not scored, as they are written down."""
    return [asdict(cell) for cell in measurement.cells.values() if cell.status != "ok"]


def read_block(event: Mapping[str, Any]) -> blocks.Block:
    """A block that was written down by its `asdict`."""
    runs = tuple(blocks.Timing(**run) for run in event["runs"])
    wanting = tuple(blocks.Cell(**cell) for cell in event["wanting"])
    return blocks.Block(event["program"], event["index"], event["hash_seed"], runs, wanting)
