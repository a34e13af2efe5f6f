"""`molt-build cache stats`: what the cache holds, and what the store was good for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, MoltBuildError
from molt_build.history.usage import Usage
from molt_build.sizes import shown_size
from molt_build.store.clearing import FilesUsed
from molt_build.store.contents import StageContents
from molt_build.watch import counted


@dataclass(frozen=True)
class CacheStats:
    """What the cache holds, and what it was good for."""

    cache: Annotated[str, "The cache's folder."]
    store: Annotated[Mapping[str, FilesUsed], "The store's files, by kind."]
    store_bytes: Annotated[int, "All of them together."]
    limit_bytes: Annotated[int | None, "What the store may take; null where no manifest says."]
    stages: Annotated[tuple[StageContents, ...], "By toolchain and stage; most room first."]
    quarantine: Annotated[FilesUsed, "Damaged files that were set aside."]
    temporary: Annotated[FilesUsed, "What is being written, and staging."]
    shards: Annotated[FilesUsed, "Directories that toolchains keep between builds."]
    environments: Annotated[FilesUsed, "The toolchains' own Python environments."]
    sources: Annotated[FilesUsed, "Fetched sources."]
    running: Annotated[tuple[str, ...], "Builds that run now."]
    history: Annotated[Usage | None, "Of this project's builds; null where none is."]


EXAMPLES = ("molt-build cache stats",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "Of each toolchain's stages: entries, blobs, their size and what they take on disk, "
        "outputs that are not there, the seconds that a hit saves, and the last use. "
        "Sizes are of the whole cache, which all of the user's projects share; hits, misses and "
        "waste are of this project's recorded builds, those that had anything to do; what the "
        "others saved is what their actions took when they were executed."
    )


def run(args: argparse.Namespace) -> int:
    """Count; changes nothing but what builds that were killed left in `running/`."""
    from molt_build.store.location import cache_dir

    stats = collect(cache_dir(), args.project)
    if args.json:
        print_document(stats)
    else:
        _print(stats)
    return EXIT_DONE


def collect(cache: Path, project: Path) -> CacheStats:
    """All facts; sizes in bytes."""
    from molt_build.history.usage import read_usage
    from molt_build.store.clearing import part_paths, usage
    from molt_build.store.contents import contents
    from molt_build.store.layout import KINDS, store_root
    from molt_build.store.registry import running_builds

    root = store_root(cache)
    held = {kind: usage([root / kind]) for kind in KINDS}
    parts = ("shards", "environments", "sources")
    return CacheStats(
        cache=str(cache),
        store=held,
        store_bytes=sum(one.size_bytes for one in held.values()),
        limit_bytes=_limit_bytes(project),
        stages=tuple(contents(root)),
        quarantine=usage([root / "quarantine"]),
        temporary=usage([root / "tmp", cache / "staging"]),
        **{part: usage(part_paths(cache, part)) for part in parts},
        running=tuple(build.who for build in running_builds(cache)),
        history=read_usage(project),
    )


def _limit_bytes(project: Path) -> int | None:
    from molt_build.manifests.loading import load

    try:
        return load(project).cache.store_size_limit_bytes
    except MoltBuildError:
        return None  # outside of a project, or with manifests that `molt-build check` explains


def _print(stats: CacheStats) -> None:
    print(f"cache: {stats.cache}")
    bound = f" of {shown_size(stats.limit_bytes)}" if stats.limit_bytes is not None else ""
    print(f"store: {shown_size(stats.store_bytes)}{bound}")
    for kind, held in stats.store.items():
        print(f"  {kind}: {_shown(held)}")
    _print_stages(stats.stages)
    print(f"  quarantine: {_shown(stats.quarantine)}")
    print(f"  temporary: {_shown(stats.temporary)}")
    print(f"shards: {_shown(stats.shards)}")
    print(f"environments: {_shown(stats.environments)}")
    print(f"sources: {_shown(stats.sources)}")
    for who in stats.running:
        print(f"running: {who}")
    used = stats.history
    if used is None:
        print("no builds of this project are recorded")
        return
    ratio = "" if used.hit_ratio is None else f" ({100 * used.hit_ratio:.1f} % hits)"
    print(
        f"{counted(used.nothing_done, 'build')} with everything up to date: "
        f"{used.saved_s:.1f} s saved"
    )
    print(
        f"{counted(used.builds, 'build')} recorded: "
        f"{counted(used.up_to_date, 'action')} up to date, "
        f"{counted(used.hits, 'hit')}, {used.executed} executed{ratio}, "
        f"{used.failed} failed"
    )
    print(
        f"  {used.executed_s:.1f} s in commands, of which {used.wasted_s:.1f} s were wasted "
        f"({counted(used.wasted, 'run')} gave the bytes there were already)"
    )


def _print_stages(stages: Sequence[StageContents]) -> None:
    """What is held by toolchain and stage; the sizes of content and on disk where they differ."""
    head = (
        "toolchain",
        "stage",
        "entries",
        "blobs",
        "size",
        "on disk",
        "out",
        "saves",
        "last used",
    )
    rows = [
        (
            row.toolchain,
            row.stage,
            str(row.entries),
            str(row.blobs),
            shown_size(row.bytes),
            shown_size(row.bytes_on_disk),
            str(row.kept_out),
            f"{row.saved_s:.2f} s",
            row.last_used,
        )
        for row in stages
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in [head, *rows] if rows else []:
        cells = (
            cell.ljust(width) if number in (0, 1, 8) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print(("  " + "  ".join(cells)).rstrip())


def _shown(used: FilesUsed) -> str:
    return f"{counted(used.files, 'file')}, {shown_size(used.size_bytes)}"
