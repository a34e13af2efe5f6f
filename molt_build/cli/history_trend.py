"""`molt-build history trend`: figures over runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from molt_build.cli.documents import print_document
from molt_build.cli.names import add_several
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.voice import warn

if TYPE_CHECKING:
    from molt_build.governance.trends import Shown
    from molt_build.manifests.model import Manifests

EXAMPLES = (
    "molt-build history trend bench_native --engine cython --engine mypyc",
    "molt-build history trend bench_native --program bench_fib --last 20",
    "molt-build history trend dev_warm_trend --json",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    what = "a job (a lane's name, compile_progress, friends, signals, gates) or a gate"
    parser.add_argument(
        "figures", nargs="*", metavar="NAME", help=f"{what}; default: all jobs, what they have"
    )
    add_several(parser, "--program", "P", "of a lane, these programs and not the means")
    add_several(parser, "--engine", "E", "of these engines (default: the project's subject)")
    parser.add_argument("--metric", metavar="M", help="of this column (default: the first)")
    parser.add_argument("--last", type=positive, metavar="N", help="only the latest N runs")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "Runs of record on the machine class of the latest one. The latest is seen against the "
        "median of the last ten before it; it is worse or better where it is beyond what changes "
        "from one run to the next, which takes eight runs to be known."
    )


def run(args: argparse.Namespace) -> int:
    """A row for each figure; what is worse changes no exit code, as that is for gates."""
    from molt_build.governance.evidence import evidence
    from molt_build.governance.trends import Trends, trend_of
    from molt_build.manifests.loading import load

    manifests = load(args.project)
    wanted = list(_wanted(args, manifests))
    engines = args.engine or [None]
    with evidence(args.project, warn) as rows:
        found = [
            trend_of(rows, manifests, one, engine, warn, args.last)
            for one in wanted
            for engine in ([None] if one.engine else engines)
        ]
    trends = Trends(tuple(one for one in found if one.points or args.figures))
    if args.json:
        print_document(trends)
        return EXIT_DONE
    from molt_build.report.terminal import result_console
    from molt_build.report.trend_table import print_trends

    print_trends(result_console(), trends)
    return EXIT_DONE


def _wanted(args: argparse.Namespace, manifests: Manifests) -> Iterator[Shown]:
    """The figures of what is named; raises `UsageError` for what there is not."""
    from molt_build.bench.programs import chosen_programs
    from molt_build.governance.trends import (
        figure_of_gate,
        figures_of_job,
        jobs_with_figures,
    )
    from molt_build.names import known
    from molt_build.results.bench import metric_named

    metric = None if args.metric is None else metric_named(args.metric)
    jobs = jobs_with_figures(manifests)
    for name in args.figures or jobs:
        known("job or gate", name, (*jobs, *manifests.gates))
        if args.program and name not in manifests.lanes:
            raise UsageError(f"{name} is no lane, so it has no programs to show")
        if name in jobs:
            programs: list[str] = []
            if args.program:
                programs = chosen_programs(manifests.lanes[name], manifests, args.program)
            yield from figures_of_job(manifests, name, programs, metric)
        else:
            yield figure_of_gate(manifests.gates[name])
