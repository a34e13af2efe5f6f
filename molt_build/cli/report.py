"""`molt-build report`: write the published summary of a lane, or of suites, from results."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from molt_build.errors import EXIT_DONE, UsageError
from molt_build.report.page import write_page

FOLDER = Path("docs") / "benchmarks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("--lane", metavar="LANE", help="default: the first lane that has runs")
    parser.add_argument(
        "--run",
        action="extend",
        nargs="+",
        default=[],
        metavar="RUN",
        help="an engine is taken from the first of these that has it (default: the latest full "
        "runs); as in molt-build compare",
    )
    parser.add_argument(
        "--output", metavar="FILE", help=f"default: {FOLDER}/LANE_summary.md, LANE without _native"
    )
    parser.add_argument(
        "--friends",
        nargs="*",
        metavar="RUN",
        help="write the page of suites instead: a suite is taken from the first of these runs that "
        "has it (default: the latest)",
    )
    parser.add_argument("--json", action="store_true", help="print the headline as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    if args.friends is not None:
        return _friends(args)
    from molt_build.history.runs import find_run, read_result
    from molt_build.manifests.cache import load
    from molt_build.names import known
    from molt_build.report.bench_summary import facts, text
    from molt_build.report.columns import latest_runs, summarise_runs

    if args.run:
        results = [read_result(find_run(args.project, spec, args.lane)) for spec in args.run]
    else:
        manifests = load(args.project)
        lane = args.lane or _first_with_runs(args.project, list(manifests.lanes))
        lane = manifests.lanes[known("lane", lane, manifests.lanes)]
        results = latest_runs(args.project, manifests, lane)
    summary = summarise_runs(results)
    default = args.project / FOLDER / f"{summary.lane.removesuffix('_native')}_summary.md"
    output = Path(args.output) if args.output else default
    write_page(output, text(summary))
    if args.json:
        print(json.dumps({**facts(summary), "output": str(output)}))
    else:
        runs = ", ".join(result["run"] for result in results)
        print(f"{os.path.relpath(output)}: written from {runs}")
    return EXIT_DONE


def _friends(args: argparse.Namespace) -> int:
    from molt_build.history.runs import FRIENDS, FRIENDS_RESULT, find_run, read_result
    from molt_build.report.friend_summary import write_friend_summary

    if args.lane or args.run or args.output:
        raise UsageError("--friends goes with none of --lane, --run and --output")
    runs = [find_run(args.project, spec, FRIENDS) for spec in args.friends or ["latest"]]
    page = write_friend_summary(args.project, [read_result(run, FRIENDS_RESULT) for run in runs])
    if args.json:
        print(json.dumps({"runs": [run.name for run in runs], "output": str(page)}))
    else:
        print(f"{os.path.relpath(page)}: written from {', '.join(run.name for run in runs)}")
    return EXIT_DONE


def _first_with_runs(project: Path, lanes: list[str]) -> str:
    from molt_build.history.runs import run_folders

    for lane in lanes:
        if run_folders(project, lane):
            return lane
    raise UsageError("no lane has a run", f"molt-build bench {lanes[0] if lanes else 'LANE'}")
