"""A program under an engine: how it was built, and how it is run, or why it cannot be.

A program that is run as it is has its target's own command. Others are run by a driver
(`molt_build/bench/driver.py`) in the engine's interpreter, which calls what the adapter says, once
or, for the steady state, several times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from molt_build.bench.programs import BenchProgram
from molt_build.bench.selection import NamedEngine, Selection
from molt_build.building.outcome import ProgramBuild, StageResult
from molt_build.building.run_command import run_command
from molt_build.manifests.suite import ModeName
from molt_build.manifests.toolchain import Target
from molt_build.measure.counting import Counter
from molt_build.plan.warm import FAILED, SKIPPED
from molt_build.results import bench as results
from molt_build.results.bench import Status
from molt_build.toolchains.resolved import ResolvedToolchain

DRIVER = Path(__file__).with_name("driver.py")
TIMES = "{times}"  # in `steady_argv`: the file that the times of repetitions are written to


@dataclass(frozen=True)
class ReadyCell:
    """A program under an engine, ready to run, or why not."""

    program: BenchProgram
    engine: str
    mode: ModeName
    note: str
    status: Status | Literal["ready"]
    reason: str = ""
    build: results.ProgramBuild | None = None  # None: nothing is built
    outputs: Mapping[str, str] = field(default_factory=dict)  # STAGE.OUTPUT -> file
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    steady_argv: tuple[str, ...] = ()  # () where the steady state is not measured
    links: Mapping[str, str] = field(default_factory=dict)  # built, source -> folder of the run's
    artifacts: Mapping[str, str] = field(default_factory=dict)  # digests of what runs
    uncountable: str = ""  # why an emulator cannot count it


def first_look(
    program: BenchProgram, engine: NamedEngine, toolchain: ResolvedToolchain, target: Target
) -> ReadyCell:
    """The cell before anything is built: ready, or why it is not even built."""
    mode = program.mode_of(toolchain.name)
    status, reason = _why_not_built(program, toolchain, target)
    cell = ReadyCell(program, engine.name, mode.mode, mode.note, status, reason)
    return _as_declared(cell)


def built(
    selection: Selection,
    cell: ReadyCell,
    toolchain: ResolvedToolchain,
    target: Target,
    made: ProgramBuild,
    actions: Sequence[StageResult],
    libraries: str | None,
) -> ReadyCell:
    """The cell when its program was built, or could not be."""
    status = build_status(made)
    if toolchain.manifest.stages:
        commands = tuple(_command(action) for action in actions if action.components)
        build = results.ProgramBuild(status, round(made.seconds, 3), commands)
        cell = replace(cell, build=build)
    if status != "ok":
        return _as_declared(replace(cell, status=status, reason=made.reason))
    links = {"source": str(cell.program.folder)}
    links |= {"built": made.out_dir} if toolchain.manifest.stages else {}
    cell = replace(
        cell, outputs=made.outputs, links=links, uncountable=target.uncountable.rstrip(".")
    )
    if cell.program.form == "program":
        return replace(cell, argv=made.argv, environment=made.environment)
    argv, environment = _run(cell.program, toolchain, target, made)
    environment |= selection.suite.environment.get(toolchain.name, {}) if selection.suite else {}
    path = environment.get("PYTHONPATH", str(cell.program.folder))
    own = None if "{env_python}" in target.drive else libraries
    environment["PYTHONPATH"] = ":".join(filter(None, (path, own)))
    steady: tuple[str, ...] = ()
    if _has_steady(selection, cell.program) and target.drive:
        repetitions = str(cell.program.program.repetitions)
        driven = ("--repetitions", repetitions, "--times", TIMES)
        steady = _run(cell.program, toolchain, target, made, driven)[0]
    return replace(cell, argv=argv, environment=environment, steady_argv=steady)


def why_uncountable(cell: ReadyCell, counter: Counter | None) -> str:
    """Why the instructions of a cell cannot be counted by what counts here; "" where they can."""
    if counter is None or not counter.is_emulated or not cell.uncountable:
        return ""
    return f"{counter.version} cannot count it: {cell.uncountable}"


def build_status(made: ProgramBuild) -> Literal["ok", "build-failed", "unsupported"]:
    """`ok`, or why there is nothing to run."""
    if made.is_unsupported:
        return "unsupported"
    return "ok" if made.is_built else "build-failed"


def _why_not_built(
    program: BenchProgram, toolchain: ResolvedToolchain, target: Target
) -> tuple[Status | Literal["ready"], str]:
    mode, language = program.mode_of(toolchain.name), program.workload.language
    if mode.mode == "unsupported":
        return "unsupported", mode.reason
    if program.program.skip:
        return "unsupported", SKIPPED + program.program.skip
    if program.c_accelerated is not None:
        return "c_accelerated", program.c_accelerated
    if program.unchecked is not None:
        return "unchecked", program.unchecked
    if program.form == "driven" and not target.drive:
        return "unsupported", f"{toolchain.name} runs whole programs, and an adapter calls this one"
    if why_not := toolchain.manifest.why_not(language):
        return "unsupported", why_not
    if program.failure:
        return "build-failed", program.failure
    return "ready", ""


def _as_declared(cell: ReadyCell) -> ReadyCell:
    """A workload says of no program that it is unsupported: that is found."""
    if cell.status == "unsupported" and not cell.program.is_staged:
        return replace(cell, mode="unsupported")
    return cell


def _has_steady(selection: Selection, program: BenchProgram) -> bool:
    """Whether its steady state is measured; by default where a JIT takes it."""
    if program.form != "driven" or "steady_s" not in selection.columns:
        return False
    jit = [one for one in selection.all_engines if one.name in selection.jit_engines]
    is_declared = bool(selection.lane.columns or selection.asked.columns)
    return is_declared or any(
        program.mode_of(one.engine.toolchain).mode != "unsupported" for one in jit
    )


def _run(
    program: BenchProgram,
    toolchain: ResolvedToolchain,
    target: Target,
    made: ProgramBuild,
    driven: tuple[str, ...] = (),
) -> tuple[tuple[str, ...], dict[str, str]]:
    """argv and environment of one run; `driven` are more words for the driver."""
    run, driver = program.program, None
    if target.drive:
        driver = str(DRIVER)
        origin = ("--built", made.out_dir) if toolchain.manifest.stages else ()
        run = replace(run, args=(*_driver_words(program), *origin, *driven, "--", *run.args))
    run = replace(run, entry=Path(run.entry).name)  # which lies in the folder
    out_dir = Path(made.out_dir)
    return run_command(toolchain, target, run, program.folder, out_dir, made.outputs, driver)


def _driver_words(program: BenchProgram) -> tuple[str, ...]:
    words: list[str] = []
    if program.drive is not None:
        words += ["--adapter", program.drive]
    words += ["--program", program.name, "--module", program.module]
    words += ["--source", str(program.folder)]
    if program.program.size is not None:
        words += ["--size", str(program.program.size)]
    return tuple(words)


def _command(action: StageResult) -> results.BuildCommand:
    """The command of a stage, as its key has it."""
    argv = tuple(json.loads(action.components.get("argv", "[]")))
    status = None if action.status == FAILED else 0
    return results.BuildCommand(action.stage, argv, action.stage_seconds, status)
