"""`molt-build friends`: measure friend projects' own suites, and say who wins."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from molt_build.cli.measuring import conclude, typed_again
from molt_build.cli.numbers import add_jobs, seconds
from molt_build.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    for option, metavar, what in (
        ("--suite", "S", "only this suite (repeatable)"),
        ("--program", "P", "only this program, as PROGRAM or SUITE/PROGRAM (repeatable)"),
        ("--engine", "E", "measure this engine, not subject and friend (repeatable)"),
    ):
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=what)
    parser.add_argument("--subject", metavar="T", help="score the suites for this toolchain")
    parser.add_argument("--profile", metavar="P", help="build with this profile")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few programs of each suite, and at most three blocks: no intervals",
    )
    parser.add_argument(
        "--budget",
        type=seconds,
        metavar="SECONDS",
        help="what measuring all suites of this command may take; six blocks are measured anyhow",
    )
    add_jobs(parser, "; runs are never side by side")
    parser.add_argument(
        "--run", metavar="NAME", help="add to this run (a TIMESTAMP), made if it is not there"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the latest run, or with that of --run"
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 where a suite could not be measured"
    )
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    commands = parser.add_subparsers(dest="subcommand", metavar="pin", required=False)
    what = "resolve a tag, a branch or a version, and write the pin into the suite's manifest"
    pin = commands.add_parser("pin", help=what, description=what.capitalize() + ".")
    pin.add_argument("pinned_suite", metavar="SUITE", help="the suite")
    pin.add_argument("ref", metavar="REF", help="a tag, branch or commit; a version on PyPI")


def run(args: argparse.Namespace) -> int:
    """Measure; exit code 1 when a source was refused, with --strict when any suite is missing."""
    if args.subcommand == "pin":
        from molt_build.suites.pinning import pin

        pin(args.project, args.pinned_suite, args.ref)
        return EXIT_DONE
    from molt_build.suites.selection import Asked

    asked = Asked(
        suites=tuple(dict.fromkeys(args.suite)),
        programs=tuple(dict.fromkeys(args.program)),
        engines=tuple(dict.fromkeys(args.engine)),
        subject=args.subject,
        profile=args.profile,
        budget_s=args.budget,
        is_quick=args.quick,
    )
    if args.list:
        from molt_build.manifests.cache import load
        from molt_build.suites.listing import lines, listed
        from molt_build.suites.selection import select

        rows = listed(select(load(args.project), asked))
        print(json.dumps({"suites": rows}) if args.json else "\n".join(lines(rows)))
        return EXIT_DONE
    from molt_build.building.session import open_session
    from molt_build.report.progress import shown_progress
    from molt_build.suites.job import run_suites

    with shown_progress() as watch, open_session(args.project, watch.note) as session:
        finished = run_suites(
            session,
            asked,
            watch,
            jobs=args.jobs,
            command=typed_again(
                args,
                ["friends"],
                ("suite", "program", "engine", "subject", "profile", "run", "budget"),
                ("quick", "resume", "strict"),
            ),
            run=args.run,
            is_resumed=args.resume,
            is_strict=args.strict,
        )
        suites = tuple(session.manifests.suites)
    from molt_build.report.friend_scores import scorecard

    result = finished.result
    card = cache(lambda: scorecard([result]))

    def show() -> None:
        from molt_build.report.friends_table import print_friends
        from molt_build.report.table import result_console

        print_friends(result_console(), card())

    def write_page() -> None:
        if is_whole(result, suites):
            from molt_build.report.friend_summary import write_friend_summary

            page = write_friend_summary(args.project, card())
            print(f"report: {os.path.relpath(page)}", file=sys.stderr)

    return conclude(
        finished,
        is_json=args.json,
        show=show,
        session="friends",
        command="friends",
        when_whole=write_page,
    )


def is_whole(result: Mapping[str, Any], suites: Sequence[str]) -> bool:
    """Whether a run is one to publish: every suite with all of its programs, and not in a hurry."""
    entries = [result["suites"].get(name) for name in suites]
    return not result["is_quick"] and all(
        entry is not None
        and entry["status"] == "measured"
        and not entry["asked"]["programs"]
        and not entry["asked"]["engines"]
        for entry in entries
    )
