"""`molt-build compare RUN RUN`: which differences between two runs are real.

Two runs of signals differ exactly: nothing in them was timed, and there is nothing to estimate.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE, UsageError
from molt_build.voice import warn

if TYPE_CHECKING:
    from molt_build.results.signals import SignalsResult

EXAMPLES = (
    "molt-build compare latest~1 latest",
    "molt-build compare bench_native/latest~1 bench_native/latest --fail-on-slower",
    "molt-build compare signals/latest~1 signals/latest",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = "a folder or file, a TIMESTAMP, latest or latest~1; LANE/ may precede the last three"
    parser.add_argument("before", metavar="RUN", help=f"the earlier run: {what}")
    parser.add_argument("after", metavar="RUN", help="the later run")
    parser.add_argument(
        "--lane", metavar="LANE", help="whose runs latest and TIMESTAMP mean (or friends, signals)"
    )
    parser.add_argument(
        "--metric", metavar="M", help="compare this column (default: the earlier run's first)"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.add_argument(
        "--min-effect", type=_share, metavar="SHARE", help="default: the earlier run's (0.02: 2 %%)"
    )
    parser.add_argument(
        "--fdr",
        type=_share,
        default=None,
        metavar="RATE",
        help="false discoveries among the differences called real (default 0.05)",
    )
    parser.add_argument(
        "--fail-on-slower",
        action="store_true",
        help="exit with 1 when a program is really slower, or a signal is worse",
    )


def run(args: argparse.Namespace) -> int:
    """Compare; exit code 0 unless `--fail-on-slower` finds one."""
    from molt_build.results.bench import metric_named
    from molt_build.results.files import of_lanes, read_bench, read_result, read_signals
    from molt_build.results.signals import SignalsResult as Signals
    from molt_build.runs.recorded import find_run

    metric = None if args.metric is None else metric_named(args.metric)
    places = [find_run(args.project, spec, args.lane, warn) for spec in (args.before, args.after)]
    before = read_result(places[0])
    if isinstance(before, Signals):
        return _compare_signals(args, before, read_signals(places[1]))
    earlier = of_lanes(before, places[0])
    from molt_build.governance.compare import compare_results
    from molt_build.results.verdicts import FALSE_DISCOVERY_RATE

    comparison = compare_results(
        earlier,
        read_bench(places[1]),
        metric=metric,
        min_effect=args.min_effect,
        false_discovery_rate=FALSE_DISCOVERY_RATE if args.fdr is None else args.fdr,
    )
    if args.json:
        print_document(comparison.published())
    else:
        from molt_build.report.changes import print_comparison
        from molt_build.report.terminal import result_console

        print_comparison(result_console(), comparison)
    is_failing = args.fail_on_slower and comparison.real["slower"]
    return EXIT_MEASURED_FAILURE if is_failing else EXIT_DONE


def _compare_signals(args: argparse.Namespace, before: SignalsResult, after: SignalsResult) -> int:
    from molt_build.results.signals import compared, has_worse

    for option in ("metric", "min_effect", "fdr"):
        if getattr(args, option) is not None:
            message = f"--{option.replace('_', '-')} is about what was measured"
            raise UsageError(message, "signals are not timed: their differences are exact")
    found = compared(before, after)
    if args.json:
        print_document(found)
    else:
        from molt_build.report.signal_table import print_compared
        from molt_build.report.terminal import result_console

        print_compared(result_console(), found, {**before.signals, **after.signals})
    is_failing = args.fail_on_slower and has_worse(found.changes)
    return EXIT_MEASURED_FAILURE if is_failing else EXIT_DONE


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError("must be a share from 0 to below 1 (0.02 is 2 %)")
    return share
