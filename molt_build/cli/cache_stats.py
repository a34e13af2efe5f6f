"""`molt-build cache stats`: what the cache holds, and what the store was good for."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molt_build.clock import utc
from molt_build.errors import EXIT_DONE, MoltBuildError
from molt_build.sizes import shown_size
from molt_build.watch import counted

if TYPE_CHECKING:
    from molt_build.store.contents import StageContents


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

    facts = collect(cache_dir(), args.project)
    if args.json:
        print(json.dumps(facts))
    else:
        _print(facts)
    return EXIT_DONE


def collect(cache: Path, project: Path) -> dict[str, Any]:
    """All facts, as `--json` gives them; sizes in bytes."""
    from molt_build.history.usage import read_usage
    from molt_build.store.clearing import part_paths, usage
    from molt_build.store.contents import contents
    from molt_build.store.layout import KINDS, store_root
    from molt_build.store.registry import running_builds

    root = store_root(cache)
    used = read_usage(project)
    return {
        "cache": str(cache),
        "store": {kind: asdict(usage([root / kind])) for kind in KINDS},
        "store_bytes": sum(usage([root / kind]).size_bytes for kind in KINDS),
        "limit_bytes": _limit_bytes(project),
        "stages": [_stage(row) for row in contents(root)],
        "quarantine": asdict(usage([root / "quarantine"])),
        "temporary": asdict(usage([root / "tmp", cache / "staging"])),
        **{
            part: asdict(usage(part_paths(cache, part)))
            for part in ("shards", "environments", "sources")
        },
        "running": [build.who for build in running_builds(cache)],
        "history": None if used is None else {**asdict(used), "hit_ratio": used.hit_ratio},
    }


def _stage(row: StageContents) -> dict[str, Any]:
    facts = asdict(row)
    return {**facts, "last_used": utc(facts.pop("last_used_s"))}


def _limit_bytes(project: Path) -> int | None:
    from molt_build.manifests.loading import load

    try:
        return load(project).cache.store_size_limit_bytes
    except MoltBuildError:
        return None  # outside of a project, or with manifests that `molt-build check` explains


def _print(facts: dict[str, Any]) -> None:
    print(f"cache: {facts['cache']}")
    limit = facts["limit_bytes"]
    bound = f" of {shown_size(limit)}" if limit is not None else ""
    print(f"store: {shown_size(facts['store_bytes'])}{bound}")
    for kind, used in facts["store"].items():
        print(f"  {kind}: {_shown(used)}")
    _print_stages(facts["stages"])
    for name in ("quarantine", "temporary"):
        print(f"  {name}: {_shown(facts[name])}")
    for part in ("shards", "environments", "sources"):
        print(f"{part}: {_shown(facts[part])}")
    for who in facts["running"]:
        print(f"running: {who}")
    used = facts["history"]
    if used is None:
        print("no builds of this project are recorded")
        return
    ratio = "" if used["hit_ratio"] is None else f" ({100 * used['hit_ratio']:.1f} % hits)"
    print(
        f"{counted(used['nothing_done'], 'build')} with everything up to date: "
        f"{used['saved_s']:.1f} s saved"
    )
    print(
        f"{counted(used['builds'], 'build')} recorded: "
        f"{counted(used['up_to_date'], 'action')} up to date, "
        f"{counted(used['hits'], 'hit')}, {used['executed']} executed{ratio}, "
        f"{used['failed']} failed"
    )
    print(
        f"  {used['executed_s']:.1f} s in commands, of which {used['wasted_s']:.1f} s were wasted "
        f"({counted(used['wasted'], 'run')} gave the bytes there were already)"
    )


def _print_stages(stages: list[dict[str, Any]]) -> None:
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
            row["toolchain"],
            row["stage"],
            str(row["entries"]),
            str(row["blobs"]),
            shown_size(row["bytes"]),
            shown_size(row["bytes_on_disk"]),
            str(row["kept_out"]),
            f"{row['saved_s']:.2f} s",
            row["last_used"],
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


def _shown(used: dict[str, int]) -> str:
    return f"{counted(used['files'], 'file')}, {shown_size(used['size_bytes'])}"
