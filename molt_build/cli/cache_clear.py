"""`molt-build cache clear`: parts of the cache removed altogether."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.sizes import shown_size
from molt_build.store.clearing import PARTS
from molt_build.watch import counted


@dataclass(frozen=True)
class ClearedPart:
    """What there was of a part."""

    files: Annotated[int, "How many files."]
    bytes: Annotated[int, "What they held."]


@dataclass(frozen=True)
class Cleared:
    """Parts of the cache that were removed."""

    cache: Annotated[str, "The cache's folder."]
    dry_run: Annotated[bool, "Whether they only would be."]
    removed: Annotated[Mapping[str, ClearedPart], "By part."]


EXAMPLES = ("molt-build cache clear --shards --dry-run",)

_HOLDS = {
    "store": "built outputs and what is known of them",
    "shards": "directories that toolchains keep between builds",
    "environments": "the toolchains' own Python environments (installing them needs the network)",
    "sources": "fetched sources (fetching them needs the network)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    for part in PARTS:
        parser.add_argument(f"--{part}", action="store_true", help=_HOLDS[part])
    parser.add_argument(
        "--all", action="store_true", help="all of these, the stat cache and kept counts"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "Asks no questions: all of it can be made again. Projects' own outputs stay. "
        "Refuses (exit code 4) while a build runs, and names it."
    )


def run(args: argparse.Namespace) -> int:
    """Clear what was chosen; raises `UsageError` when nothing was."""
    from molt_build.store.clearing import clear
    from molt_build.store.location import cache_dir

    parts = [*PARTS, "rest"] if args.all else [part for part in PARTS if getattr(args, part)]
    if not parts:
        choices = ", ".join(f"--{part}" for part in PARTS)
        raise UsageError("say what to clear", f"one or more of {choices}; or --all")
    cache = cache_dir()
    held = clear(cache, parts, dry_run=args.dry_run)
    if args.json:
        rows = {part: ClearedPart(used.files, used.size_bytes) for part, used in held.items()}
        print_document(Cleared(str(cache), args.dry_run, rows))
        return EXIT_DONE
    verb = "would be removed" if args.dry_run else "removed"
    for part, used in held.items():
        print(f"{part}: {counted(used.files, 'file')}, {shown_size(used.size_bytes)} {verb}")
    return EXIT_DONE
