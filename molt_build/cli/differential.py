"""`molt-build differential`: whether compiled programs still say what the reference says."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.measuring import add_resume, add_waiting, conclude, typed_again
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs, positive, seconds, whole
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.watch import counted

if TYPE_CHECKING:
    from molt_build.differential.selection import Selection
    from molt_build.results.differential import DifferentialAsked, DifferentialResult

EXAMPLES = (
    "molt-build differential",
    "molt-build differential --family string --engine cython mypyc",
    "molt-build differential --generate 100 --seed 7 --engine cython",
    "molt-build differential --shard 2/4 --reference cpython cpython-3.13",
)
SEVERAL = ("family", "program", "workload", "engine", "add-engine", "reference")


@dataclass(frozen=True)
class ProgramToCompare:
    """A program that would be run."""

    name: Annotated[str, "Its name."]
    workload: Annotated[str, "The workload that it is of."]
    family: Annotated[str, "The area of the language that it is about."]
    description: Annotated[str, "What it does; may be empty."]


@dataclass(frozen=True)
class ProgramsToCompare:
    """What would be compared."""

    references: Annotated[tuple[str, ...], "The reference, then others beside it."]
    engines: Annotated[tuple[str, ...], "What is compared with the reference."]
    programs: Annotated[tuple[ProgramToCompare, ...], "What is run."]
    left_out: Annotated[int, "Programs that were not asked for."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.epilog = (
        "An engine is TOOLCHAIN[:PROFILE][@TARGET], such as cython:release-fast or cython@wasm. "
        "What is compared by default stands in [differential] of the project's manifest."
    )
    for option, metavar, what in (
        ("--family", "F", "only programs of these families"),
        ("--program", "P", "only these programs; names may be patterns"),
        ("--workload", "W", "the programs of these workloads, not the project's own"),
        ("--engine", "E", "compare these engines, not the project's own"),
        ("--add-engine", "E", "compare these engines too, beside the project's own"),
        ("--reference", "E", "the reference, and others that are compared with it as engines are"),
    ):
        add_several(parser, option, metavar, what)
    parser.add_argument(
        "--shard", metavar="K/N", help="only part K of N of the programs, for N jobs of a pipeline"
    )
    parser.add_argument(
        "--profile",
        metavar="P",
        help="the profile of engines that name none; default: the project's",
    )
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="end a run that takes longer"
    )
    parser.add_argument(
        "--quick", action="store_true", help="only the first two programs of each family"
    )
    parser.add_argument(
        "--generate",
        type=positive,
        metavar="N",
        help="so many generated programs, of all families or those of --family, in the place of "
        "any workload's; each divergence is reduced",
    )
    parser.add_argument(
        "--seed", type=whole, metavar="S", help="what they are generated from (default: 0)"
    )
    add_jobs(parser, ", and run side by side")
    add_waiting(parser)
    parser.add_argument("--list", action="store_true", help="say what would be compared")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--declare",
        action="store_true",
        help="end with the blocks that would declare what is unexplained, to be pasted into the "
        "manifests of toolchains, where you say why it is so",
    )
    add_resume(parser, "this run (a TIMESTAMP), or with the latest unfinished one")


def run(args: argparse.Namespace) -> int:
    """Compare; exit code 1 for what is unexplained, and declarations that are over or gone."""
    from molt_build.differential.selection import select

    wanted = _asked(args)
    if args.list:
        from molt_build.differential.generated import with_generated
        from molt_build.manifests.loading import load, state_dir

        manifests = with_generated(load(args.project), state_dir(args.project), wanted)
        _list(select(manifests, wanted), is_json=args.json)
        return EXIT_DONE
    from molt_build.building.opening import open_session
    from molt_build.differential.generated import session_with_generated
    from molt_build.differential.job import run_differential
    from molt_build.measure.machine import await_turn
    from molt_build.report.progress import shown_progress

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        if args.resume is None:
            session = session_with_generated(session, wanted)
            select(session.manifests, wanted)  # a slip is said before anybody waits
        await_turn(watch, is_patient=args.wait)
        finished = run_differential(
            session,
            wanted,
            watch,
            jobs=args.jobs,
            command=typed_again(
                args,
                ["differential"],
                (*SEVERAL, "shard", "profile", "timeout", "generate", "seed"),
                ("quick",),
            ),
            resume=args.resume or None,
            is_resumed=args.resume is not None,
        )
    return conclude(
        finished,
        is_json=args.json,
        show=lambda: _show(finished.result, is_declaring=args.declare),
        session="differential",
        command="differential",
    )


def _asked(args: argparse.Namespace) -> DifferentialAsked:
    from molt_build.results.differential import DifferentialAsked

    if args.seed is not None and args.generate is None:
        raise UsageError("--seed is about --generate N", "say how many programs are wanted")
    if args.generate is not None and args.workload:
        raise UsageError("generated programs are of no workload of the project", "leave out one")
    return DifferentialAsked(
        workloads=tuple(args.workload),
        families=tuple(args.family),
        programs=tuple(args.program),
        shard=args.shard,
        engines=tuple(args.engine),
        also=tuple(args.add_engine),
        references=tuple(args.reference),
        profile=args.profile,
        run_timeout_s=args.timeout,
        is_quick=args.quick,
        generate=args.generate,
        seed=args.seed or 0,
    )


def _show(result: DifferentialResult, *, is_declaring: bool) -> None:
    from molt_build.report.differential_table import print_differential
    from molt_build.report.terminal import result_console, say

    console = result_console()
    print_differential(console, result)
    if is_declaring:
        import datetime

        from molt_build.report.declaring import blocks

        say(console, ["", *blocks(result, datetime.datetime.now(datetime.UTC).date())])


def _list(selection: Selection, *, is_json: bool) -> None:
    planned = ProgramsToCompare(
        references=tuple(one.name for one in selection.references),
        engines=tuple(one.name for one in selection.engines),
        programs=tuple(
            ProgramToCompare(one.name, workload.name, one.family, one.description)
            for one, workload in selection.programs
        ),
        left_out=selection.left_out,
    )
    if is_json:
        print_document(planned)
        return
    first, *others = planned.references
    compared = ", ".join((*others, *planned.engines))
    left = f" ({planned.left_out} left out)" if planned.left_out else ""
    print(f"{counted(len(planned.programs), 'program')}{left}: {compared} against {first}")
    for one in planned.programs:
        print(f"  {one.name:<32} {one.family:<14} {one.description}".rstrip())
