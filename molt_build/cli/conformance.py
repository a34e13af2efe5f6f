"""`molt-build conformance`: try a toolchain in every way that its author should have tried it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE, EXIT_MISSING_TOOL, UsageError

if TYPE_CHECKING:
    from molt_build.conformance.results import CheckResult, ConformanceResult
    from molt_build.manifests.model import Manifests
    from molt_build.toolchains.wanted import Asked

EXAMPLES = (
    "molt-build conformance cython",
    "molt-build conformance mycc:release-fast --program pi --keep",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "engine", metavar="TOOLCHAIN", help="or an engine: TOOLCHAIN[:PROFILE][@TARGET]"
    )
    add_several(
        parser,
        "--program",
        "PROGRAM",
        "programs of the project to try it with (default: a few short ones that come with "
        "molt-build, and the start-up program)",
    )
    add_several(parser, "--check", "CHECK", "make this alone, while it is mended")
    parser.add_argument(
        "--reference", metavar="T", help="whose output is right (default: the lane's, or cpython)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave the copies that it was tried in, for a look"
    )
    add_jobs(parser)
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Check; exit code 1 when a check failed, 3 when the toolchain is not there."""
    from molt_build.building.builder import find_programs
    from molt_build.conformance.job import CHECKS, READY, reference_of, run_checks
    from molt_build.manifests.loading import load
    from molt_build.names import known

    manifests = load(args.project)
    asked = _asked(args.engine, manifests)
    programs = find_programs(manifests, manifests.toolchains[asked.toolchain], args.program)
    for name in programs:
        known("program", name, manifests.programs)
    reference = args.reference or reference_of(manifests, asked.toolchain)
    known("toolchain", reference, manifests.toolchains)
    for name in args.check:
        known("check", name, [check.name for check in (READY, *CHECKS)])
    tell = _tell if args.json else _print
    result = run_checks(
        args.project,
        asked,
        programs,
        reference,
        tell,
        checks=args.check,
        jobs=args.jobs,
        keep=args.keep,
    )
    if args.json:
        print_document(result)
    else:
        _print_end(result)
    if result.checks[0].verdict == "failed":
        return EXIT_MISSING_TOOL
    return EXIT_MEASURED_FAILURE if result.failed else EXIT_DONE


def _asked(text: str, manifests: Manifests) -> Asked:
    """The toolchain, its profile and target; raises `UsageError` for what there is none of."""
    from molt_build.engines import parse
    from molt_build.toolchains.wanted import in_full

    engine = parse(text)
    if engine.revision is not None:
        hint = "check it out, or leave the revision away"
        raise UsageError("what is tried is the project as it is now", hint)
    return in_full(manifests, engine)


def _tell(row: CheckResult) -> None:
    voice.tell(f"{row.verdict:8} {row.check}")


def _print(row: CheckResult) -> None:
    if voice.is_quiet() and row.verdict != "failed":
        return
    print(f"{row.verdict:8} {row.check:14} {row.found}")
    for line in row.details:
        print(f"{'':24}{line}")
    if row.to_do:
        first, *more = row.to_do.splitlines()
        print(f"{'':9}to do: {first}")
        for line in more:
            print(f"{'':16}{line}" if line else "")


def _print_end(result: ConformanceResult) -> None:
    engine = f"{result.toolchain} {result.profile}"
    engine += f" for {result.target}" if result.target != "native" else ""
    print(
        f"{engine}: {result.passed} passed, {result.failed} failed, {result.skipped} skipped "
        f"in {result.seconds:.1f} s"
    )
    if result.kept:
        print(f"kept: {result.kept}")
