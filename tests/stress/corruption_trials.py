"""Files of the cache and of a checkout's state damaged at random, and what builds make of it.

A trial damages one to four files among blobs, entries, recipes, nearest keys, plans, stat caches,
the history, sizes, hold times and materialised outputs: flipped bits, truncation, zeros, deletion,
the content of another file of its kind or of another kind, or a folder, a link, a loop of links or
a pipe in its place; half of the time with the old modification time put back. Sometimes the sources
change as well, and sometimes the outputs are gone, so that the store is read. The build must
succeed, its programs must be the references, and what was set aside must have been named.

A file whose damage was not met stays as it is, for a later trial to meet.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from pathlib import Path

from tally import Ended, Progress, Tally, judge
from trial_project import TrialProject, make_project

KINDS = ("flip", "truncate", "empty", "zero", "delete", "append", "replace", "exchange")
THINGS = ("folder", "link", "loop", "pipe")
NEVER_THINGS = ("history",)  # SQLite opens it by its own rules: tests/history/test_history.py
DOCUMENTS = ("blobs", "entries", "recipes", "nearest", "plans", "stat cache")


def run(folder: Path, corruptions: int, seed: int) -> Tally:
    """So many damaged files."""
    tally = Tally("corruption")
    chance = random.Random(seed)
    project = make_project(folder)
    project.ran("build")
    progress = Progress(tally, corruptions)
    by_group: Counter[str] = Counter()
    while tally.trials < corruptions:
        files = _files(project)
        damaged = []
        for _ in range(chance.randint(1, 4)):
            group = chance.choice(sorted(files))
            path = chance.choice(files[group])
            strangers = [p for g in DOCUMENTS for p in files.get(g, ()) if g != group]
            if group not in NEVER_THINGS and chance.random() < 0.3:
                how = put_thing(path, group, chance)
            else:
                how = damage(path, files[group], strangers, chance)
            damaged.append(f"{how} {group} {path.name}")
            by_group[group] += 1
        if chance.random() < 0.4:
            project.edit(chance)
        if chance.random() < 0.6:
            shutil.rmtree(project.root / ".molt-build/out", ignore_errors=True)
        if chance.random() < 0.4:
            shutil.rmtree(project.root / ".molt-build/plans", ignore_errors=True)
        before = _set_aside(project)
        ended = project.ran("build", "--json")
        judge(tally, ended, f"after {', '.join(damaged)}", project.what_is_wrong)
        _check_named(tally, ended, _set_aside(project) - before, damaged)
        for _ in damaged:
            progress.step()
    groups = ", ".join(f"{number} of {group}" for group, number in sorted(by_group.items()))
    tally.note(f"damaged: {groups}")
    return tally


def put_thing(path: Path, group: str, chance: random.Random) -> str:
    """Put something that is no file in a file's place; what it is."""
    thing = chance.choice(THINGS[1:] if group == "outputs" else THINGS)
    path.unlink(missing_ok=True)
    if thing == "folder":
        (path / "inside").mkdir(parents=True)
    elif thing == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/etc/hostname" if thing == "link" else path.name)
    return thing


def damage(path: Path, others: list[Path], strangers: list[Path], chance: random.Random) -> str:
    """Damage one file in one way; which way it was."""
    kind = chance.choice(KINDS)
    try:
        status = path.stat()
        data = bytearray(path.read_bytes())
    except FileNotFoundError:
        return "missing"
    at = chance.randrange(len(data)) if data else 0
    if kind == "delete":
        path.unlink()
        return kind
    if kind == "flip" and data:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "truncate":
        del data[at:]
    elif kind == "empty":
        data.clear()
    elif kind == "zero":
        data[at : at + 64] = bytes(len(data[at : at + 64]))
    elif kind == "append":
        data += chance.randbytes(chance.randint(1, 40))
    elif kind in ("replace", "exchange"):
        other = chance.choice(others if kind == "replace" else strangers or others)
        data = bytearray(other.read_bytes() if other.exists() else b"")
    path.write_bytes(data)  # in place: what has the file open, or linked, sees it
    if chance.random() < 0.5:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return kind


def _files(project: TrialProject) -> dict[str, list[Path]]:
    """The files that a trial may damage, by what they are."""
    state, store = project.root / ".molt-build", project.cache / "store"
    groups = {
        **{k: store.glob(f"{k}/*/*") for k in ("blobs", "entries", "recipes", "nearest")},
        "size": store.glob("size"),
        "hold times": store.glob("hold-times/*.json"),
        "plans": state.glob("plans/**/*"),
        "stat cache": [*project.cache.glob("stat-cache*"), *state.glob("stat-cache*")],
        "history": state.glob("history.sqlite"),
        "outputs": state.glob("out/**/*"),
    }
    found = {name: sorted(p for p in paths if p.is_file()) for name, paths in groups.items()}
    return {name: paths for name, paths in found.items() if paths}


def _set_aside(project: TrialProject) -> set[str]:
    paths = [
        *project.cache.glob("store/quarantine/*"),
        *(project.root / ".molt-build").glob("*.damaged-*"),
    ]
    return {path.name for path in paths}


def _check_named(tally: Tally, ended: Ended, aside: set[str], damaged: list[str]) -> None:
    lines = [line for line in ended.err.splitlines() if "damaged" in line]
    tally.named += len(lines)
    if sum("set aside" in line for line in lines) < len(aside):
        tally.wrong += 1
        tally.note(f"after {', '.join(damaged)}: {sorted(aside)} were set aside without a word")
