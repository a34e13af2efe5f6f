"""`molt-build cache waste`: which components of keys made things run again for nothing."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE
from molt_build.json_schema import Count, Seconds
from molt_build.results.costs import ComponentCost
from molt_build.voice import warn
from molt_build.watch import counted


@dataclass(frozen=True)
class Waste:
    """What recorded builds executed for nothing."""

    builds: Annotated[Count, "How many builds this is of."]
    since: Annotated[str | None, "When the first of them began; null without any."]
    executed: Annotated[Count, "Actions that were executed."]
    seconds: Annotated[Seconds, "What they took."]
    wasted: Annotated[Count, "Those of them that made the same bytes again."]
    wasted_s: Annotated[Seconds, "What these took."]
    wasted_share: Annotated[float, "Their share of the seconds."]
    components: Annotated[tuple[ComponentCost, ...], "Of keys; the most wasteful first."]


EXAMPLES = ("molt-build cache waste --last 20",)

ROWS_SHOWN = 20
NAMED_TOGETHER = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--last", type=positive, metavar="N", help="only the last N builds (default: all kept)"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Rank the components over the history of this project's builds."""
    from molt_build.building.attribution import Miss, gathered, published, ranking
    from molt_build.history.builds import BUILDS_KEPT, read_builds
    from molt_build.plan.warm import EXECUTED

    builds = read_builds(args.project, args.last or BUILDS_KEPT, warn)
    misses = [
        Miss(build.toolchain, action)
        for build in builds
        for action in build.actions
        if action.status == EXECUTED
    ]
    costs = ranking(misses)
    seconds = sum(miss.action.seconds for miss in misses)
    wasted = [miss.action.seconds for miss in misses if miss.action.is_wasted]
    share = sum(wasted) / seconds if seconds else 0.0
    if args.json:
        document = Waste(
            builds=len(builds),
            since=builds[0].started if builds else None,
            executed=len(misses),
            seconds=round(seconds, 6),
            wasted=len(wasted),
            wasted_s=round(sum(wasted), 6),
            wasted_share=round(share, 6),
            components=published(costs),
        )
        print_document(document)
        return EXIT_DONE
    if not builds:
        print("no build is recorded here yet: molt-build build")
        return EXIT_DONE
    print(
        f"{counted(len(builds), 'build')} since {builds[0].started}: "
        f"{counted(len(misses), 'action')} executed in "
        f"{seconds:.1f} s; {len(wasted)} of them made the same bytes again: {sum(wasted):.1f} s, "
        f"{share:.0%}"
    )
    from molt_build.report.components import changes

    shown = [group for group in gathered(misses) if group[0].wasted][:ROWS_SHOWN]
    if shown:
        print(f"\n{'wasted':>9} {'of':>9}  {'times':>9}  {'alone':>5}  component")
    for group in shown:
        cost = group[0]
        times = f"{cost.wasted} of {cost.count}"
        wasted_s, seconds = sum(c.wasted_s for c in group), sum(c.seconds for c in group)
        print(f"{wasted_s:7.2f} s {seconds:7.2f} s  {times:>9}  {cost.alone:5}  {cost.component}")
        if len(group) > 1:
            others = ", ".join(c.component for c in group[1:NAMED_TOGETHER])
            more = f" and {len(group) - NAMED_TOGETHER} more" * (len(group) > NAMED_TOGETHER)
            print(f"{'':21}always with {others}{more}")
        programs = cost.programs[0] if len(cost.programs) == 1 else f"{len(cost.programs)} programs"
        where = f"{', '.join(cost.toolchains)}: {', '.join(cost.stages)}; {programs}"
        print(f"{'':21}{where}")
        if (cost.old, cost.new) != (None, None):
            for line in changes(cost.old, cost.new, cost.component):
                print(f"{'':21}{line}")
    return EXIT_DONE
