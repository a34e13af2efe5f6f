"""`molt-build cache audit`: execute a sample of hits again, and compare bytes with the store."""

from __future__ import annotations

import argparse
import random
from typing import TYPE_CHECKING

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.names import add_request, requested
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE
from molt_build.interrupts import say
from molt_build.watch import counted

if TYPE_CHECKING:
    from molt_build.building.audit import Audited

EXAMPLES = ("molt-build cache audit --engine cython --sample 10",)

DEFAULT_SAMPLE = 20
FILES_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    add_request(parser)
    parser.add_argument(
        "--sample",
        type=positive,
        default=DEFAULT_SAMPLE,
        metavar="N",
        help=f"how many hits to execute again (default: {DEFAULT_SAMPLE}, or all if fewer)",
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="chooses the sample (default: another each time)"
    )
    parser.add_argument(
        "--fetches",
        action="store_true",
        help="execute stages that fetch again too: this uses the network",
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Audit; exit code 1 when something was found."""
    from molt_build.building.audit import VERDICTS, Audit, audit, find_hits, sample
    from molt_build.building.opening import open_session

    seed = random.randrange(1_000_000) if args.seed is None else args.seed
    rows: list[Audited] = []
    with open_session(args.project, say, install=False) as session:
        hits = find_hits(session, requested(args, session.manifests))
        chosen = sample(hits, args.sample, seed)
        try:
            for number, hit in enumerate(chosen, 1):
                row = audit(session, hit, with_fetches=args.fetches)
                rows.append(row)
                voice.tell(f"[{number}/{len(chosen)}] {row.program} {row.stage}: {row.verdict}")
        except BaseException:
            session.processes.stop()
            raise
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in VERDICTS}
    if args.json:
        print_document(Audit(len(hits), len(rows), seed, counts, tuple(rows)))
    else:
        for row in rows:
            _print(row)
        shown = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        print(
            f"audited {len(rows)} of {counted(len(hits), 'hit')} (seed {seed}): "
            f"{shown or 'nothing to do'}"
        )
        if rows and not all(row.is_traced for row in rows):
            print("some runs were not traced (strace is missing, or may not trace here)")
        if not hits:
            print("only what is in the store can be audited: molt-build build")
    return EXIT_MEASURED_FAILURE if any(row.problems for row in rows) else EXIT_DONE


def _print(row: Audited) -> None:
    from molt_build.building.audit import DECLARED, SAME

    if row.verdict == SAME:
        return
    print(f"{row.program} {row.stage}: {row.verdict}  {row.key}")
    if row.verdict == DECLARED:
        print(f"  {row.reason}")
    for problem in row.problems:
        print(f"  {problem.message}")
        for path in problem.files[:FILES_SHOWN]:
            print(f"    {path}")
        if len(problem.files) > FILES_SHOWN:
            print(f"    and {len(problem.files) - FILES_SHOWN} more (--json lists them)")
        print(f"  to do: {problem.hint}")
