"""`molt-build cache prune`: the store brought to a size, beside running builds too."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.sizes import size_argument
from molt_build.errors import EXIT_DONE
from molt_build.interrupts import say
from molt_build.sizes import shown_size
from molt_build.voice import tell
from molt_build.watch import counted


@dataclass(frozen=True)
class PrunedStore:
    """What was removed from the store."""

    dry_run: Annotated[bool, "Whether it only would be."]
    removed: Annotated[int, "How many files."]
    removed_bytes: Annotated[int, "What they held on disk."]
    kept_bytes: Annotated[int, "What stays."]
    limit_bytes: Annotated[int, "The size that was asked for."]
    fits: Annotated[bool, "Whether the store is within it now."]
    spared_for: Annotated[tuple[str, ...], "Running builds that keep more from going."]


EXAMPLES = ('molt-build cache prune --to "2 GB"',)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    parser.add_argument(
        "--to",
        type=size_argument,
        metavar="SIZE",
        help="such as '500 MB', or 0 (default: store_size_limit of the cache manifest)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = "What a running build has used, or may come to use, stays."


def run(args: argparse.Namespace) -> int:
    """Prune; exit code 0 also when running builds keep the store above the size."""
    from molt_build.store.layout import open_layout
    from molt_build.store.location import cache_dir
    from molt_build.store.pruning import prune

    limit_bytes = args.to
    if limit_bytes is None:
        from molt_build.manifests.loading import load

        limit_bytes = load(args.project).cache.store_size_limit_bytes
    cache = cache_dir()
    open_layout(cache, say)
    pruned = prune(cache, limit_bytes, dry_run=args.dry_run, progress=tell)
    if args.json:
        document = PrunedStore(
            dry_run=args.dry_run,
            removed=pruned.removed,
            removed_bytes=pruned.removed_bytes,
            kept_bytes=pruned.kept_bytes,
            limit_bytes=pruned.limit_bytes,
            fits=pruned.fits,
            spared_for=tuple(build.who for build in pruned.spared_for),
        )
        print_document(document)
        return EXIT_DONE
    verb = "would be removed" if args.dry_run else "removed"
    print(
        f"{counted(pruned.removed, 'file')}, {shown_size(pruned.removed_bytes)} {verb}; "
        f"{shown_size(pruned.kept_bytes)} stay (limit {shown_size(limit_bytes)})"
    )
    for build in pruned.spared_for:
        print(f"spared what {build.who} may use")
    return EXIT_DONE
