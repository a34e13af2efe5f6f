"""The build: programs side by side, and the plan that makes the next one warm.

Programs are independent; `jobs` threads each wait for one process at a time, and take up whatever
program can go on (`molt_build.building.scheduler`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from molt_build import interrupts
from molt_build.building.outcome import BuildReport, CompilerFailed
from molt_build.building.pipeline import Pipeline
from molt_build.building.request import Request
from molt_build.building.scheduler import Scheduler
from molt_build.building.session import Session
from molt_build.clock import utc
from molt_build.codec import to_plain
from molt_build.engines import parse
from molt_build.errors import BuildFailed, UsageError
from molt_build.manifests.model import Manifests
from molt_build.manifests.toolchain import Toolchain
from molt_build.manifests.workload import Program, Workload
from molt_build.names import SIGNS, known, name_hint, programs_named
from molt_build.plan import warm
from molt_build.plan.record import LastBuild, write_plan
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.toolchains.resolved import ResolvedToolchain, Watched


def find_program(manifests: Manifests, name: str) -> tuple[Program, Workload]:
    """A program and its workload by the program's name; raises `UsageError` with near misses."""
    found = manifests.programs.get(name)
    if found is None:
        raise UsageError(f"there is no program {name}", name_hint(name, list(manifests.programs)))
    return found


def find_programs(manifests: Manifests, toolchain: Toolchain, wanted: Iterable[str]) -> list[str]:
    """Names as they are, and those that a pattern means of what the toolchain takes, each once.

    Raises `UsageError` for a pattern that no program fits.
    """
    found: dict[str, None] = {}
    takes = [
        name
        for name, (_, workload) in manifests.programs.items()
        if toolchain.takes(workload.language)
    ]
    for name in wanted:
        names = [name] if name in manifests.programs else programs_named(name, takes)
        if not names and SIGNS.isdisjoint(name):
            known("program", name, manifests.programs)
        if not names:
            message = f"no program that {toolchain.name} takes is called {name}"
            raise UsageError(message, name_hint(name, takes))
        found.update(dict.fromkeys(names))
    return list(found)


def default_programs(manifests: Manifests, toolchain: Toolchain) -> list[str]:
    """What `build` builds when no program is named.

    The programs of every lane that measures the toolchain; where none does, those of every
    workload in a language it accepts.
    """
    workloads: list[str] = []
    for lane in manifests.lanes.values():
        engines = (lane.reference, *lane.engines, *lane.optional)
        if toolchain.name in (parse(engine).toolchain for engine in engines):
            workloads += lane.workloads
    if not workloads:
        workloads = [
            w.name for w in manifests.workloads.values() if w.language in toolchain.accepts
        ]
    found = dict.fromkeys(workloads)
    return [program.name for name in found for program in manifests.workloads[name].programs]


def build(session: Session, request: Request) -> BuildReport:
    """Build what is requested; failures are in the report, not raised.

    Raises `ToolMissing` when the toolchain is not there, `UsageError` for unknown names.
    """
    log = session.flights.log
    logged = len(log.uses())
    started, began = time.monotonic(), time.time()
    manifests = session.manifests
    manifest = manifests.toolchains[request.toolchain]
    target = manifest.target(request.target)
    programs = [find_program(manifests, name) for name in request.programs]
    for program, workload in programs:
        if why_not := manifest.why_not(workload.language):
            takers = [t.name for t in manifests.toolchains.values() if t.takes(workload.language)]
            hint = f"--engine names one that takes {workload.language}: {', '.join(takers)}"
            raise UsageError(f"{program.name}: {why_not}", hint if takers else None)
    toolchain = _resolved(session, request)
    last: LastBuild | None = None
    if request.is_planned:
        asked = (request.toolchain, request.profile, request.target)
        last = LastBuild(session.project, asked, session.progress)
    pipelines = [
        Pipeline(
            session,
            request,
            toolchain,
            target,
            program,
            workload,
            {} if last is None else last.stages(program.name),
        )
        for program, workload in programs
    ]
    try:
        _run(pipelines, request, session)
    except BaseException:
        session.processes.stop()
        raise
    report = BuildReport(
        toolchain=request.toolchain,
        profile=request.profile,
        target=request.target,
        actions=tuple(result for pipeline in pipelines for result in pipeline.results),
        programs={pipeline.program.name: pipeline.build() for pipeline in pipelines},
        seconds=time.monotonic() - started,
        quarantined=session.store.quarantined if session.store else 0,
        watched=toolchain.watched,
        locks=log.uses(logged),
        compilers=tuple(session.compilers[one] for one in toolchain.compilers),
    )
    if last is not None and session.store is not None and not request.dry_run:
        records = {pipeline.program.name: pipeline.record() for pipeline in pipelines}
        write_plan(
            last,
            toolchain,
            records,
            (manifests.project.default_toolchain, manifests.project.default_profile),
            default_programs(manifests, manifest),
            (*warm.SWITCHES, *manifests.cache.key.environment),
            session.stat_cache,
            session.guard,
            [compiler.as_recorded() for compiler in report.compilers],
        )
    if request.dry_run or not request.is_recorded:
        return report
    if report.count(UP_TO_DATE) < len(report.actions):
        _record(session, report, began)
    elif report.actions:
        warm.count(str(session.project), report.saved_s)
    return report


def _resolved(session: Session, request: Request) -> ResolvedToolchain:
    """The toolchain; what it is made of is built where it is not built yet.

    Raises `CompilerFailed` when that fails, once for all programs that need it.
    """
    try:
        return session.resolver.resolve(request.toolchain, request.profile, request.target)
    except BuildFailed as failed:
        others = len(request.programs) - 1
        need = f"and {others} more need" if others else "needs"
        message = f"{request.programs[0]} {need} {request.toolchain}: {failed.message}"
        report = BuildReport(
            toolchain=request.toolchain,
            profile=request.profile,
            target=request.target,
            actions=(),
            programs={},
            seconds=0.0,
            watched=Watched(),
            compilers=tuple(session.compilers.values()),
        )
        raise CompilerFailed(message, failed.hint, report) from failed


def _record(session: Session, report: BuildReport, began: float) -> None:
    """Leave the report in the history; a build that did nothing never gets here."""
    from molt_build.history.builds import Build, record_build
    from molt_build.history.nothing_done import fold_nothing_done

    actions = [a.as_history() for a in report.actions if a.status in (EXECUTED, FAILED)]
    row = Build(
        started=utc(began),
        toolchain=report.toolchain,
        profile=report.profile,
        target=report.target,
        seconds=report.seconds,
        executed=report.count(EXECUTED),
        hits=report.count(HIT),
        up_to_date=report.count(UP_TO_DATE),
        failed=report.count(FAILED),
        stages=to_plain(report.stages()),
        actions=tuple(actions),
    )
    record_build(session.project, row, session.progress)
    fold_nothing_done(session.project)


def _run(pipelines: Sequence[Pipeline], request: Request, session: Session) -> None:
    total = len(pipelines)
    scheduler = Scheduler(pipelines, session.processes.pause)
    jobs = max(1, min(request.jobs, total))
    with ThreadPoolExecutor(jobs, thread_name_prefix="job") as pool:
        try:
            with interrupts.held():  # else a thread could run of which the pool does not know
                for _ in range(jobs):
                    pool.submit(scheduler.work)
            for done, pipeline in enumerate(scheduler.as_they_end(), 1):
                session.progress(f"[{done}/{total}] {pipeline.program.name}: {pipeline.summary()}")
                if pipeline.has_failed and not request.keep_going:
                    scheduler.drop()
                    break
        except BaseException:
            session.processes.stop()
            scheduler.drop()
            raise
