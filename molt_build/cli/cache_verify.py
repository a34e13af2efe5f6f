"""`molt-build cache verify`: every blob and document of the store against its digest."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE
from molt_build.interrupts import say
from molt_build.sizes import shown_size
from molt_build.store.verification import Verified
from molt_build.voice import tell
from molt_build.watch import counted


@dataclass(frozen=True)
class VerifiedStore(Verified):
    """What was read of the store, and what was found."""

    store: Annotated[str, "The store's folder."]
    dry_run: Annotated[bool, "Whether what is damaged was left where it is."]
    seconds: Annotated[float, "How long it took."]


EXAMPLES = ("molt-build cache verify --dry-run",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    parser.add_argument("--dry-run", action="store_true", help="only say what is damaged")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "Damaged files are moved to quarantine/ in the store; what they held is built again when "
        "it is needed. Incomplete entries (an output was pruned) are removed and are no damage."
    )


def run(args: argparse.Namespace) -> int:
    """Verify; exit code 1 when something was damaged."""
    from molt_build.store.layout import open_layout
    from molt_build.store.location import cache_dir
    from molt_build.store.verification import verify

    started = time.monotonic()
    root = open_layout(cache_dir(), say)
    verified = verify(root, dry_run=args.dry_run, progress=tell)
    seconds = time.monotonic() - started
    if args.json:
        said = {"store": str(root), "dry_run": args.dry_run, "seconds": round(seconds, 3)}
        print_document(VerifiedStore(**vars(verified), **said))
    else:
        for found in verified.damaged:
            done = "damaged" if args.dry_run else "damaged, set aside"
            print(f"{done}: {found.kind} {found.name}: {found.what}")
        if verified.incomplete:
            done = "would be removed" if args.dry_run else "removed"
            entries = counted(len(verified.incomplete), "incomplete entry", "incomplete entries")
            print(f"{entries} {done} (outputs were pruned)")
        counts = ", ".join(f"{number} {kind}" for kind, number in verified.checked.items())
        print(
            f"{counts or 'nothing'} checked, {shown_size(verified.checked_bytes)} in "
            f"{seconds:.1f} s: {len(verified.damaged) or 'none'} damaged"
        )
    return EXIT_MEASURED_FAILURE if verified.damaged else EXIT_DONE
