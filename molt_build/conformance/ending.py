"""Checks of what goes wrong: programs that are refused, builds that are interrupted; and of runs
in the steady state, which need a process that calls the program again and again."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from molt_build import patterns
from molt_build.bench.cells import DRIVER
from molt_build.building.run_command import run_command
from molt_build.conformance.context import Context, why_failed
from molt_build.conformance.outputs import differing, differing_stages
from molt_build.conformance.place import BROKEN, COUNTING, PROGRAMS
from molt_build.conformance.results import Finding, NotApplicable, failed, passed, skipped
from molt_build.errors import EXIT_INTERRUPTED, EXIT_MEASURED_FAILURE
from molt_build.measure.process import STEADY_METRIC, Command
from molt_build.measure.scratch import empty, private_environment
from molt_build.plan.warm import FAILED
from molt_build.processes import end_group, start

REPETITIONS = 4
RUN_TIMEOUT_S = 120.0
BUILD_TIMEOUT_S = 600.0
TRACEBACK = "Traceback (most recent call last)"

_EXITED = re.compile(r" failed with exit status \d+$")  # in the words of `how_it_ended`


def refusals_have_reasons(context: Context) -> Finding:
    """What is no program is refused, in the compiler's own words."""
    is_python = "python" in context.toolchain.accepts
    if not context.stages:
        return _interpreted(context) if is_python else skipped("it runs no Python")
    name = BROKEN.name if is_python else context.base
    file = context.source(name)
    text = file.read_text(encoding="utf-8")
    with context.edited(file, text if is_python else f"{text}\n)(\n"):
        report = context.build([name])
    action = next((one for one in report.actions if one.status == FAILED), None)
    if action is None:
        return failed(
            "a program with a parenthesis that is never closed was built",
            "the command must end with an exit status other than 0 where it refuses a program",
        )
    if report.exit_code != EXIT_MEASURED_FAILURE:
        return failed(
            f"a refused program ends the build with exit code {report.exit_code}, and not 1",
            "a command that fails for the program's sake must not look like a full disk",
            *why_failed(report),
        )
    how, _, printed = action.message.partition("\n")
    if not _EXITED.search(how):
        return failed(
            f"a broken program is not refused: {how}",
            "the command must say what is wrong, and end by itself with an exit status that is "
            "not 0",
        )
    said = [line.strip() for line in printed.splitlines()[1:] if line.strip()]  # 0: the command
    if not said:
        return failed(
            f"{how}, and says nothing",
            "have the compiler say in a sentence what it refuses, and reason_pattern find it",
        )
    pattern, last = context.toolchain.reason_pattern, said[-1]
    is_found = pattern is not None and (
        action.reason != last or patterns.first(pattern, last) is not None
    )
    if pattern is not None and not is_found:
        return failed(
            f"reason_pattern finds nothing in what {action.stage} printed: {action.reason}",
            "make it find the line that says why; its group, where it has one, is the reason",
            *action.message.splitlines()[-8:],
        )
    if not is_found and TRACEBACK in action.message:
        return failed(
            f"{action.stage} fails with a traceback: {action.reason}",
            "have the compiler say in a sentence what it refuses, and reason_pattern find it",
        )
    words = "reason_pattern finds" if is_found else "the last line that it printed is"
    return passed(f"{action.stage} refuses a broken program; {words}: {action.reason}")


def _interpreted(context: Context) -> Finding:
    made = context.build([BROKEN.name]).programs[BROKEN.name]
    ended = context.run(made)
    last = ended.last_words
    if ended.exit_status in (None, 0):
        return failed(
            "a program with a parenthesis that is never closed runs to its end",
            "the command must end with an exit status other than 0",
        )
    return passed(f"a broken program ends with exit status {ended.exit_status}: {last}")


def steady_state_works(context: Context) -> Finding:
    """One process can call the program's functions again and again, and time them."""
    target = context.target
    if not target.drive:
        return skipped(
            "it declares no `drive`: suites that call functions, and their steady state, "
            "are not for it"
        )
    if COUNTING.name not in context.programs or COUNTING.name not in context.built:
        return skipped("the program that is driven was not built")
    if why_not := context.why_not_right(COUNTING.name):
        return skipped(why_not)
    program = context.program(COUNTING.name)[0]
    built = context.build([COUNTING.name]).programs[COUNTING.name]  # others built it edited
    source = context.source(COUNTING.name)
    adapter = context.scratch.parent / "drive.py"
    times = context.scratch.parent / "times.json"
    adapter.write_text((PROGRAMS / "drive.py.txt").read_text(encoding="utf-8"), encoding="utf-8")
    words = ["--adapter", str(adapter), "--program", COUNTING.name, "--module", COUNTING.module]
    words += ["--source", str(source.parent), "--repetitions", str(REPETITIONS)]
    words += ["--times", str(times)]
    if context.stages:
        words += ["--built", built.out_dir]
    driven = replace(program, entry=source.name, args=(*words, "--"))
    with context.place.session() as session:
        toolchain = session.resolver.resolve(*context.asked)
    argv, environment = run_command(
        toolchain, target, driven, source.parent, Path(built.out_dir), built.outputs, str(DRIVER)
    )
    empty(context.scratch)
    own = {**private_environment(context.scratch), "PYTHONHASHSEED": "0"}
    own |= {"PYTHONPATH": str(source.parent), **environment}
    command = Command(argv, str(context.scratch / "work"), own, str(times))
    ended = context.launcher.run(command, timeout_s=RUN_TIMEOUT_S)
    wanted = f"computed: {7 * sum(range(100_000))}"
    if ended.failure is not None or STEADY_METRIC not in ended.metrics:
        last = ended.last_words
        return failed(
            f"driven, the program {ended.failure or 'writes no times'}",
            "`drive` runs the Python script {driver} with {args} in an interpreter that can import "
            "the result: PYTHONPATH = {out}",
            *filter(None, [last]),
        )
    if wanted not in ended.stdout.decode(errors="replace"):
        return failed(
            "driven, the program computes something else",
            f"the work is total(100_000) of {source.name}",
            ended.stdout.decode(errors="replace")[-200:],
        )
    return passed(f"{REPETITIONS} repetitions in one process were timed, and computed the same")


def interrupts_leave_nothing(context: Context) -> Finding:
    """A build that is interrupted leaves nothing that the next one takes for a result."""
    place, base = context.fresh(), context.base
    asked = context.asked
    argv = place.command("build", base, "--toolchain", asked.toolchain)
    argv += ["--profile", asked.profile, "--target", asked.target]
    log = place.cache.with_name("interrupted.log")
    with log.open("wb") as stream:
        process = start(
            argv,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=str(place.project),
            environment=place.environment,
        )
        try:
            _wait_for_a_stage(process, place.cache / "staging")
            process.send_signal(signal.SIGINT)
            code = process.wait(BUILD_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return failed(
                "an interrupted build does not end", "have the compiler end with its group"
            )
        finally:
            if process.poll() is None:
                end_group(process.pid)
                process.wait()
    if code not in (0, EXIT_INTERRUPTED):
        last = (log.read_text(errors="replace").strip().splitlines() or [""])[-1]
        raise NotApplicable(f"the build to be interrupted ended with exit code {code}: {last}")
    after = context.build([base], place=place)
    if wrong := why_failed(after):
        to_do = "kept state (needs_shard) that a killed run leaves must not be believed"
        return failed("after an interrupt it does not build", to_do, *wrong)
    found = "interrupted while a stage ran" if code else "it ended before it was interrupted"
    first = {one.stage: one for one in context.first.actions if one.program == base}
    unlike = {one.stage for one in after.actions if differing(first[one.stage], one)}
    if not unlike:
        return passed(f"{found}; the next build gave the same bytes")
    if unlike <= differing_stages(context, base):
        return passed(f"{found}; the next build gave other bytes, as every build does")
    return failed(
        f"{found}, and then built to other bytes: {', '.join(sorted(unlike))}",
        "kept state (needs_shard) that is half written must not be believed",
    )


def _wait_for_a_stage(process: subprocess.Popen[bytes], staging: Path) -> None:
    """Until a stage has its folder, or the build has ended."""
    ends = time.monotonic() + BUILD_TIMEOUT_S
    while process.poll() is None and time.monotonic() < ends:
        if staging.is_dir() and any(staging.iterdir()):
            return
        time.sleep(0.005)
