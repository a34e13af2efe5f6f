"""`molt-build build`: the warm path first, and only then everything else."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molt_build.build import warm
from molt_build.errors import EXIT_DONE
from molt_build.switches import is_on

if TYPE_CHECKING:
    from molt_build.build.outcome import BuildReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="default: all of the lanes")
    parser.add_argument("--toolchain", metavar="T", help="default: the project's")
    parser.add_argument("--profile", metavar="P", help="default: the project's")
    parser.add_argument("--target", default="native", help="native (default) or wasm")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be executed, and why"
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="build the other programs when one fails"
    )
    parser.add_argument(
        "--keep-staging", action="store_true", help="leave a failed action's directory for a look"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def run(args: argparse.Namespace) -> int:
    """Build; exit code 1 when an action failed, 4 when the environment failed it."""
    started = time.perf_counter()
    if args.toolchain and args.profile and not args.dry_run:
        found = _warm(args.project, args.toolchain, args.profile, args)
        if found is not None:
            return _print_warm(found, args, started)
    from molt_build.build.builder import build, default_programs
    from molt_build.build.request import Request
    from molt_build.build.session import open_session
    from molt_build.cli.names import checked_names

    with open_session(
        args.project, _progress(args), install=not args.dry_run, foresee=args.dry_run
    ) as session:
        manifests = session.manifests
        toolchain, profile = checked_names(manifests, args.toolchain, args.profile, args.target)
        if not (args.toolchain and args.profile) and not args.dry_run:
            found = _warm(args.project, toolchain, profile, args)
            if found is not None:
                return _print_warm(found, args, started)
        programs = args.programs or default_programs(manifests, manifests.toolchains[toolchain])
        report = build(
            session,
            Request(
                toolchain=toolchain,
                profile=profile,
                target=args.target,
                programs=tuple(dict.fromkeys(programs)),
                jobs=args.jobs,
                keep_going=args.keep_going,
                keep_staging=args.keep_staging,
                dry_run=args.dry_run,
            ),
        )
        if args.dry_run and not args.json:
            from molt_build.cli.explain import print_explanation

            print_explanation(report)
    _show(report, args)
    return report.exit_code


def _warm(
    project: Path, toolchain: str, profile: str, args: argparse.Namespace
) -> dict[str, Any] | None:
    if not is_on("MOLT_BUILD_CACHE"):
        return None
    return warm.up_to_date(project, toolchain, profile, args.target, args.programs)


def _print_warm(found: dict[str, Any], args: argparse.Namespace, started: float) -> int:
    seconds = time.perf_counter() - started
    actions = [
        {
            "workload": program,
            "stage": stage,
            "key": record["key"],
            "status": "up-to-date",
            "seconds": 0.0,
            **({"warnings": record["warnings"]} if record["warnings"] else {}),
        }
        for program, row in found.items()
        for stage, record in row["stages"].items()
    ]
    if args.json:
        counts = {"executed": 0, "hits": 0, "up_to_date": len(actions), "failed": 0}
        refused = [
            {"workload": program, "reason": row["unsupported"]}
            for program, row in found.items()
            if row["unsupported"]
        ]
        stages: dict[str, dict[str, float]] = {}
        for action in actions:
            none = {"hits": 0, "up_to_date": 0, "misses": 0, "failed": 0, "seconds": 0.0}
            stages.setdefault(action["stage"], none)["up_to_date"] += 1
        cost: dict[str, object] = {"seconds": 0.0, "wasted": 0, "wasted_s": 0.0}
        attribution = {"stages": stages, "components": [], **cost}
        facts = {"actions": actions, **counts, "attribution": attribution, "unsupported": refused}
        print(json.dumps({**facts, "seconds": round(seconds, 6)}))
        return EXIT_DONE
    for action in actions:
        if "warnings" in action:
            _print_warnings(action["workload"], action["stage"], action["warnings"])
    for program, row in found.items():
        if row["unsupported"]:
            print(f"{program}: not taken: {row['unsupported']}")
    programs = len(found)
    print(f"{programs} programs, {len(actions)} actions: all up to date ({seconds:.3f} s)")
    return EXIT_DONE


def _show(report: BuildReport, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps(report.as_json() | ({"dry_run": True} if args.dry_run else {})))
        for action in report.actions:
            if action.message:
                print(action.message, file=sys.stderr)
        return
    for action in report.actions:
        if action.warnings:
            _print_warnings(action.workload, action.stage, action.warnings)
    for action in report.actions:
        if action.message:
            print(action.message, file=sys.stderr)
    for build in report.programs.values():
        if build.is_unsupported:
            print(f"{build.program}: not taken by {report.toolchain}: {build.reason}")
    if args.dry_run:
        return
    print(
        f"{len(report.programs)} programs with {report.toolchain} {report.profile}: "
        f"{report.count('executed')} executed, {report.count('hit')} hits, "
        f"{report.count('up-to-date')} up to date, {report.count('failed')} failed "
        f"({report.seconds:.2f} s)"
    )
    misses = report.misses()
    wasted = [miss.seconds for miss in misses if miss.is_wasted]
    if wasted:
        print(
            f"wasted: {len(wasted)} of {len(misses)} executed actions made the same bytes again "
            f"({sum(wasted):.1f} s); molt-build cache waste says why"
        )


def _print_warnings(program: str, stage: str, warnings: str) -> None:
    for line in warnings.rstrip().splitlines():
        print(f"{program} {stage}: {line}", file=sys.stderr)


def _progress(args: argparse.Namespace) -> Any:
    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    return progress
