"""`molt-build compare RUN RUN`: which differences between two runs are real."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE

STYLES = {"faster": "green", "slower": "red", "same": "", "inconclusive": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = "a folder or file, a TIMESTAMP, latest or latest~1; LANE/ may precede the last three"
    parser.add_argument("before", metavar="RUN", help=f"the earlier run: {what}")
    parser.add_argument("after", metavar="RUN", help="the later run")
    parser.add_argument("--lane", metavar="LANE", help="whose runs latest and TIMESTAMP mean")
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
        "--fail-on-slower", action="store_true", help="exit with 1 when a program is really slower"
    )


def run(args: argparse.Namespace) -> int:
    """Compare; exit code 0 unless `--fail-on-slower` finds one."""
    from molt_build.cli.command_line import warn
    from molt_build.governance.compare import compare_results
    from molt_build.lanes.against import FALSE_DISCOVERY_RATE
    from molt_build.runs.folder import read_result
    from molt_build.runs.recorded import find_run

    before, after = (
        read_result(find_run(args.project, spec, args.lane, warn))
        for spec in (args.before, args.after)
    )
    comparison = compare_results(
        before,
        after,
        min_effect=args.min_effect,
        false_discovery_rate=FALSE_DISCOVERY_RATE if args.fdr is None else args.fdr,
    )
    if args.json:
        print(json.dumps(comparison))
    else:
        _print(comparison)
    is_failing = args.fail_on_slower and comparison["real"]["slower"]
    return EXIT_MEASURED_FAILURE if is_failing else EXIT_DONE


def _print(comparison: Mapping[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from molt_build.report.table import print_table, result_console
    from molt_build.report.text import better, count, interval

    console = result_console()
    metric = comparison["metric"]
    console.print(f"{comparison['before']} -> {comparison['after']}: {metric}", markup=False)
    console.print(f"ratios: {better(metric)}; change: later ratio / earlier ratio\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("program", no_wrap=True)
    table.add_column("engine", no_wrap=True)
    for title in ("before", "after", "change"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in comparison["programs"]:
        ratios = [Text(interval(row[name])) for name in ("before", "after", "change")]
        verdict = Text(row["verdict"], style=STYLES[row["verdict"]])
        table.add_row(Text(row["program"]), Text(row["engine"]), *ratios, verdict)
    print_table(console, table)
    console.print()
    words = [row["verdict"] for row in comparison["programs"]]
    counts = [f"{words.count(word)} {word}" for word in STYLES if word in words]
    lines = [f"{count(len(words), 'comparison')}: {', '.join(counts) or 'none'}"]
    for word, names in comparison["real"].items():
        lines += [f"really {word}: {', '.join(names)}"] if names else []
    lines.append(
        f"(real: at least {comparison['min_effect']:.1%}, at most "
        f"{comparison['false_discovery_rate']:.0%} false discoveries over an engine's programs)"
    )
    lines += [
        f"not compared: {row['program']} {row['engine']}: {row['reason']}"
        for row in comparison["not_compared"]
    ]
    lines += [f"warning: {line}" for line in comparison["warnings"]]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError("must be a share from 0 to below 1 (0.02 is 2 %)")
    return share
