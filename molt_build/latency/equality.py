"""`python -m molt_build.latency.equality`: the first build of a cell, run and compared.

It is a process of its own, in a client's checkout and with a client's environment, so that its
store and its plans are the client's. Each program is built with the toolchain and with the
reference interpreter, and run once with each: the exit status must be the program's (0 where
none is declared) and standard output the same. A program that one of the two is declared not to
take is not compared; one on which the reference itself fails cannot be, and that is an error.

It prints an `Equality` as JSON; when a build fails, what `molt-build build --json` says of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from molt_build import interrupts
from molt_build.building.builder import build, find_program
from molt_build.building.documents import built
from molt_build.building.loaded import loaded_elsewhere
from molt_build.building.opening import open_session
from molt_build.building.outcome import BuildReport, ProgramBuild
from molt_build.building.request import Request
from molt_build.codec import to_plain
from molt_build.errors import EXIT_DONE, MeasurementFailed, MoltBuildError
from molt_build.manifests.model import Manifests
from molt_build.measure.process import Command, Launcher, Sample
from molt_build.measure.scratch import empty, private_environment, scratch_folders
from molt_build.results.cases import Equality

RUN_TIMEOUT_S = 120.0


def main(argv: Sequence[str] | None = None) -> int:
    """Build, run and compare; the exit code of a build that failed."""
    parser = argparse.ArgumentParser(prog="equality")
    for word in ("toolchain", "profile", "target", "reference"):
        parser.add_argument(f"--{word}", required=True)
    parser.add_argument("programs", nargs="+")
    args = parser.parse_args(argv)
    reports = []
    try:
        programs, jobs = tuple(args.programs), os.cpu_count() or 1
        with open_session(
            Path.cwd(), lambda line: print(line, file=sys.stderr), jobs=jobs
        ) as session:
            for toolchain, target in ((args.toolchain, args.target), (args.reference, "native")):
                request = Request(toolchain, args.profile, target, programs, jobs=jobs)
                reports.append(build(session, request))
                if reports[-1].exit_code != EXIT_DONE:
                    print(json.dumps(to_plain(built(reports[-1]))))
                    return reports[-1].exit_code
            print(json.dumps(to_plain(_compared(session.manifests, *reports))))
    except MoltBuildError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return error.exit_code
    return EXIT_DONE


def _compared(manifests: Manifests, made: BuildReport, reference: BuildReport) -> Equality:
    """Run both; raises `MeasurementFailed` when the reference fails, and when a run would load
    something else than what was built."""
    wanted = {name: one for name, one in reference.programs.items() if one.is_built}
    names = [name for name, one in made.programs.items() if one.is_built and name in wanted]
    different = []
    with scratch_folders("molt-build-case-") as scratch, Launcher() as launcher:
        for name in names:
            right = run_built(launcher, wanted[name], scratch)
            if right.failure is not None:
                raise MeasurementFailed(f"the reference itself, running {name}, {right.failure}")
            if wrong := run_loads_elsewhere(launcher, made.programs[name], scratch, manifests):
                raise MeasurementFailed(wrong)
            found = run_built(launcher, made.programs[name], scratch)
            if found.failure is not None or found.stdout_sha256 != right.stdout_sha256:
                different.append(name)
    return Equality(len(names), tuple(different))


def run_built(launcher: Launcher, program: ProgramBuild, scratch: Path) -> Sample:
    empty(scratch)
    own = {**private_environment(scratch), "PYTHONHASHSEED": "0", **program.environment}
    command = Command(program.argv, str(scratch / "work"), own, exit_status=program.exit_status)
    return launcher.run(command, timeout_s=RUN_TIMEOUT_S)


def run_loads_elsewhere(
    launcher: Launcher, built: ProgramBuild, scratch: Path, manifests: Manifests
) -> str:
    """Why a run would not run what was built, in words; "" where it would, or nothing is built."""
    if not built.outputs:
        return ""
    module = Path(find_program(manifests, built.program)[0].entry).stem
    return loaded_elsewhere(launcher, scratch, built.argv, built.environment, module, built.out_dir)


if __name__ == "__main__":
    sys.exit(interrupts.run(main))
