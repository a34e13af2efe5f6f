"""A suite's programs made ready to run with every engine, or why they cannot be.

Nothing is measured here. Each program is a workload of its own, whose source is its staged folder,
so that it is built, stored and attributed like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from molt_build.building.builder import build
from molt_build.building.outcome import BuildReport, ProgramBuild, StageResult
from molt_build.building.request import Request, Session
from molt_build.building.running import run_command
from molt_build.errors import MoltBuildError
from molt_build.lanes.engines import Skipped, build_status
from molt_build.manifests.model import Manifests, Mode, Program, Source, Suite, Target, Workload
from molt_build.plan.warm import FAILED
from molt_build.suites.selection import SuiteSelection
from molt_build.suites.staging import StagedProgram, StagedSuite
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.watch import Watch, build_lines

DRIVER = Path(__file__).with_name("driver.py")
LANGUAGE, TARGET = "python", "native"
TIMES = "{times}"  # in `steady_argv`: the file that the times of repetitions are written to
STAGED = "{staged}"  # in a program's arguments: the folder with its files
UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class BuildCommand:
    """A command that built a program, with symbolic paths, now or when it was stored."""

    stage: str
    argv: tuple[str, ...]
    seconds: float
    exit_status: int | None  # None: it did not run, or not to its end


@dataclass(frozen=True)
class ReadyCell:
    """A program under an engine, ready to run, or why not."""

    program: str
    engine: str
    mode: str  # "runs_unmodified" | "requires_adapter" | "unsupported"
    note: str
    status: str  # "ready" | "unsupported" | "build-failed" | "c_accelerated" | "unchecked"
    reason: str = ""
    build_status: str | None = None  # None: nothing is built
    build_seconds: float | None = None
    build_commands: tuple[BuildCommand, ...] = ()
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    steady_argv: tuple[str, ...] = ()  # () where the steady state is not measured


@dataclass(frozen=True)
class PreparedSuite:
    """All of a suite that can be measured, and what cannot."""

    staged: StagedSuite
    toolchains: Mapping[str, ResolvedToolchain]  # of the engines that are there
    skipped: tuple[Skipped, ...]
    cells: Mapping[tuple[str, str], ReadyCell]  # (program, engine)


def prepare(session: Session, staged: StagedSuite, jobs: int, watch: Watch) -> PreparedSuite:
    """Resolve the engines and build what they can take.

    An engine that is not on this machine is skipped, except reference and subject: for those the
    error is raised (`ToolMissing` above all).
    """
    selection = staged.selection
    toolchains, skipped = _resolved(session, selection, watch)
    libraries = _libraries(session, selection.suite)
    cells: dict[tuple[str, str], ReadyCell] = {}
    for engine in selection.engines:
        if engine in toolchains:
            toolchain = toolchains[engine]
            for cell in _cells(session, staged, toolchain, libraries, jobs, watch):
                cells[cell.program, engine] = cell
    return PreparedSuite(staged, toolchains, tuple(skipped), cells)


def _resolved(
    session: Session, selection: SuiteSelection, watch: Watch
) -> tuple[dict[str, ResolvedToolchain], list[Skipped]]:
    resolved: dict[str, ResolvedToolchain] = {}
    skipped: list[Skipped] = []
    watch.phase(f"preparing the engines of {selection.suite.name}", len(selection.engines))
    for engine in selection.engines:
        try:
            resolved[engine] = session.resolver.resolve(engine)
        except MoltBuildError as error:
            if engine in (selection.reference, selection.subject):
                raise
            skipped.append(Skipped(engine, error.message, error.hint or ""))
            watch.note(f"{engine} is skipped: {error.message}")
        watch.step(engine)
    return resolved, skipped


def _libraries(session: Session, suite: Suite) -> str | None:
    """The folder of the packages that the suite's programs import.

    Raises `ToolMissing` when they cannot be installed.
    """
    if suite.python is None:
        return None
    pin = f"molt-build pin --suite {suite.name}"
    install = f"molt-build friends --suite {suite.name}"
    environment = session.resolver.environments.of(
        f"suite {suite.name}", suite.python, pin, install
    )
    version = ".".join(session.resolver.python.version.split(".")[:2])
    return str(environment / "lib" / f"python{version}" / "site-packages")


def _cells(
    session: Session,
    staged: StagedSuite,
    toolchain: ResolvedToolchain,
    libraries: str | None,
    jobs: int,
    watch: Watch,
) -> list[ReadyCell]:
    suite, engine = staged.selection.suite, toolchain.name
    target = next(t for t in toolchain.manifest.targets if t.name == TARGET)
    cells: dict[str, ReadyCell] = {}
    for one in staged.programs:
        mode = suite.mode_of(one.program, engine)
        cell = ReadyCell(one.program.name, engine, mode.mode, mode.note, "ready")
        status, reason = _why_not_built(one, mode, toolchain, target)
        cells[one.program.name] = replace(cell, status=status, reason=reason)
    names = [one for one in staged.programs if cells[one.program.name].status == "ready"]
    report = _build(session, staged, names, toolchain, jobs, watch)
    for one in names:
        name = one.program.name
        made = report.programs[_workload_name(suite, one)]
        actions = [action for action in report.actions if action.program == made.program]
        cell = replace(
            cells[name],
            build_status=build_status(made) if toolchain.manifest.stages else None,
            build_seconds=made.seconds if toolchain.manifest.stages else None,
            build_commands=tuple(_command(action) for action in actions if action.components),
        )
        if not made.is_built:
            cells[name] = replace(cell, status=build_status(made), reason=made.reason)
            continue
        argv, environment = _run(suite, one, toolchain, target, made)
        cells[name] = replace(
            cell,
            argv=argv,
            steady_argv=_steady(staged.selection, one, toolchain, target, made),
            environment=_with_libraries(
                {**environment, **suite.environment.get(engine, {})},
                one.folder,
                None if "{env_python}" in target.drive else libraries,
            ),
        )
    return list(cells.values())


def _why_not_built(
    one: StagedProgram, mode: Mode, toolchain: ResolvedToolchain, target: Target
) -> tuple[str, str]:
    """(status, reason) of a program that is not even built; ("ready", "") of others."""
    program = one.program
    if mode.mode == UNSUPPORTED:
        return UNSUPPORTED, mode.reason
    if program.c_accelerated is not None:
        return "c_accelerated", program.c_accelerated
    if program.unchecked is not None:
        return "unchecked", program.unchecked
    if program.form == "driven" and not target.drive:
        return UNSUPPORTED, f"{toolchain.name} runs whole programs, and an adapter calls this one"
    if LANGUAGE not in toolchain.manifest.accepts:
        return UNSUPPORTED, f"{toolchain.name} does not take {LANGUAGE}"
    if one.failure:
        return "build-failed", one.failure
    return "ready", ""


def _workload_name(suite: Suite, one: StagedProgram) -> str:
    return f"{suite.name}.{one.program.name}"


def _build(
    session: Session,
    staged: StagedSuite,
    programs: Sequence[StagedProgram],
    toolchain: ResolvedToolchain,
    jobs: int,
    watch: Watch,
) -> BuildReport:
    suite = staged.selection.suite
    watch.phase(f"building {suite.name} with {toolchain.name}", len(programs))

    request = Request(
        toolchain=toolchain.name,
        profile=staged.selection.profile,
        target=TARGET,
        programs=tuple(_workload_name(suite, one) for one in programs),
        jobs=jobs,
        keep_going=True,
        is_planned=False,
    )
    manifests = _with_workloads(session.manifests, suite, programs)
    return build(replace(session, manifests=manifests, progress=build_lines(watch)), request)


def _with_workloads(
    manifests: Manifests, suite: Suite, programs: Sequence[StagedProgram]
) -> Manifests:
    workloads = {}
    for one in programs:
        name = _workload_name(suite, one)
        workloads[name] = Workload(
            name=name,
            description=one.program.description,
            language=LANGUAGE,
            source=Source(
                project=str(one.folder), archive=None, sha256=None, git=None, commit=None, root="."
            ),
            programs=(_as_program(suite, one),),
            candidates=(),
        )
    return replace(manifests, workloads=workloads)


def _as_program(suite: Suite, one: StagedProgram) -> Program:
    return Program(
        name=_workload_name(suite, one),
        entry=one.module + ".py",
        family=suite.name,
        description=one.program.description,
        args=_arguments(one),
        tags=one.program.tags,
    )


def _arguments(one: StagedProgram) -> tuple[str, ...]:
    return tuple(word.replace(STAGED, str(one.folder)) for word in one.program.args)


def _run(
    suite: Suite,
    one: StagedProgram,
    toolchain: ResolvedToolchain,
    target: Target,
    made: ProgramBuild,
    driven: tuple[str, ...] = (),
) -> tuple[tuple[str, ...], dict[str, str]]:
    """argv and environment of one run; `driven` are more words for the driver."""
    program = _as_program(suite, one)
    driver = None
    if target.drive:
        driver = str(DRIVER)
        built = ("--built", made.out_dir) if toolchain.manifest.stages else ()
        words = (*_driver_words(suite, one), *built, *driven, "--", *program.args)
        program = replace(program, args=words)
    out_dir = Path(made.out_dir)
    return run_command(toolchain, target, program, one.folder, out_dir, made.outputs, driver)


def _driver_words(suite: Suite, one: StagedProgram) -> tuple[str, ...]:
    words: list[str] = []
    if one.program.form == "driven":
        assert suite.adapter is not None and suite.adapter.drive is not None
        words += ["--adapter", suite.adapter.drive]
    words += ["--program", one.program.name, "--module", one.module, "--source", str(one.folder)]
    if one.program.size is not None:
        words += ["--size", str(one.program.size)]
    return tuple(words)


def _steady(
    selection: SuiteSelection,
    one: StagedProgram,
    toolchain: ResolvedToolchain,
    target: Target,
    made: ProgramBuild,
) -> tuple[str, ...]:
    """How the steady state is measured, where it is: a JIT takes the program, work repeats."""
    suite = selection.suite
    has_jit = any(
        suite.mode_of(one.program, engine).mode != UNSUPPORTED for engine in selection.jit_engines
    )
    if not (has_jit and target.drive and one.program.form == "driven"):
        return ()
    driven = ("--repetitions", str(one.program.repetitions), "--times", TIMES)
    return _run(selection.suite, one, toolchain, target, made, driven)[0]


def _with_libraries(
    environment: Mapping[str, str], folder: Path, libraries: str | None
) -> dict[str, str]:
    """The environment with the program's folder, and what it imports, on PYTHONPATH."""
    path = environment.get("PYTHONPATH", str(folder))
    return {**environment, "PYTHONPATH": ":".join(filter(None, (path, libraries)))}


def _command(action: StageResult) -> BuildCommand:
    """The command of a stage, as its key has it."""
    argv = tuple(json.loads(action.components.get("argv", "[]")))
    status = None if action.status == FAILED else 0
    return BuildCommand(action.stage, argv, action.stage_seconds, status)
