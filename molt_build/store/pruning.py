"""Keeping the store within its limit: least recently used first, beside running builds too.

A file's modification time says when it was last used, to `USED_GRANULARITY_S`: a build that uses a
file whose time is older sets it to its own time, and never to one before the build began
(`molt_build.store.store`). So all that a running build has used carries a time later than

    the beginning of the oldest running build - USED_GRANULARITY_S

and only what is older than that is removed. Builds that begin meanwhile wait at the gate
(`molt_build.store.registry`), which is held for a twentieth of a second at a time, and each file is
looked at once more under it, immediately before it goes. (A running build that uses an old file
for the first time between that look and the removal finds it gone: a miss.)

Where builds always run, the store thus exceeds its limit by at most what was put in or used since
the oldest of them began, and a minute more. Room for what a build puts in is made while it runs,
and by another rule (`molt_build.store.admission`); what is told here happens at the end of each.

A file with a time in the future was last used before the clock was set back: its use since would
have reset it. It goes first, but not beside running builds, whose own clock it may be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from molt_build.store.layout import store_root
from molt_build.store.registry import RunningBuild, running_builds, shut_gate
from molt_build.store.size import add, estimate, set_counted, stored_files

USED_GRANULARITY_S = 60
_MOMENT_S = 0.05  # for which the gate is shut at a time
# At the end of a build so much is removed that the next builds need not remove anything.
_KEPT_SHARE = 0.9
# A store that cannot be brought below its limit is tried again after this growth or time.
_GROWTH = 1.05
_AGAIN_S = 60.0


@dataclass(frozen=True)
class Pruned:
    """What was removed (or would be), what stays, and who keeps it from going."""

    removed: int
    removed_bytes: int
    kept_bytes: int
    limit_bytes: int
    spared_for: tuple[RunningBuild, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the store is within the limit now."""
        return self.kept_bytes <= self.limit_bytes


def keep_within(cache: Path, limit_bytes: int, added_bytes: int) -> Pruned | None:
    """At the end of a build that put in `added_bytes`: prune if the limit was passed.

    Reads one small file, unless it is time to count. None when nothing had to be done.
    """
    root = store_root(cache)
    if added_bytes:
        add(root, added_bytes)
    known = estimate(root)
    if known is None:
        total = sum(status.st_size for _, status in stored_files(root))
        set_counted(root, total)
        known = (0, total)
    counted, now = known
    if now <= limit_bytes:
        return None
    if counted > limit_bytes and now < counted * _GROWTH and _is_recent(root / "size"):
        return None  # tried lately, and could not: builds use what is there
    return prune(cache, limit_bytes, int(limit_bytes * _KEPT_SHARE))


def prune(
    cache: Path,
    limit_bytes: int,
    target_bytes: int | None = None,
    *,
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> Pruned:
    """Remove what was used least recently until `target_bytes` (or the limit) are left.

    What a running build uses stays. `dry_run` removes nothing and says what would go.
    """
    root = store_root(cache)
    target = limit_bytes if target_bytes is None else target_bytes
    now_ns = time.time_ns()
    files = [(path, s.st_size, s.st_mtime_ns) for path, s in stored_files(root)]
    total = sum(size for _, size, _ in files)
    latest_ns = now_ns + USED_GRANULARITY_S * 10**9
    files.sort(key=lambda row: (row[2] <= latest_ns, row[2]))
    removed = removed_bytes = 0
    elsewhere_bytes = 0  # of what others removed meanwhile, from the same end
    spared: tuple[RunningBuild, ...] = ()
    position = 0
    while position < len(files) and (kept := total - removed_bytes - elsewhere_bytes) > target:
        if dry_run:
            running = running_builds(cache)
            some = remove_some(files, position, running, kept - target, lambda path: None)
        else:
            with shut_gate(cache) as allowed:
                if allowed is None:
                    progress("somebody else makes room in the store: left to them")
                    break
                running = allowed
                some = remove_some(files, position, running, kept - target, os.unlink)
        position = some.position
        removed += some.removed
        removed_bytes += some.removed_bytes
        elsewhere_bytes += some.vanished_bytes
        spared = tuple(running)
    kept = total - removed_bytes - elsewhere_bytes
    if not dry_run:
        set_counted(root, kept)
    return Pruned(removed, removed_bytes, kept, limit_bytes, spared if kept > target else ())


class Some(NamedTuple):
    """What one moment of removing came to."""

    position: int  # where it ended
    removed: int
    removed_bytes: int
    vanished_bytes: int  # of files that somebody else had removed


def remove_some(
    files: Sequence[tuple[str, int, int]],
    position: int,
    running: list[RunningBuild],
    excess_bytes: int,
    unlink: Callable[[str], None],
    before_ns: int | None = None,
) -> Some:
    """Remove what may go, from `position` on, for one moment.

    Each file is judged as it is at this moment: no running build has used it, and it was not used
    since `before_ns`.
    """
    bounds = [build.began_ns - USED_GRANULARITY_S * 10**9 for build in running]
    bounds += [] if before_ns is None else [before_ns]
    unused_before_ns = min(bounds, default=None)
    removed = removed_bytes = vanished_bytes = 0
    deadline = time.monotonic() + _MOMENT_S
    while position < len(files) and removed_bytes + vanished_bytes < excess_bytes:
        path, size_bytes, _ = files[position]
        position += 1
        try:
            status = os.stat(path)
            if unused_before_ns is None or status.st_mtime_ns < unused_before_ns:
                unlink(path)
                removed += 1
                removed_bytes += status.st_size
        except FileNotFoundError:
            vanished_bytes += size_bytes
        if time.monotonic() > deadline:
            break
    return Some(position, removed, removed_bytes, vanished_bytes)


def _is_recent(file: Path) -> bool:
    try:
        return abs(time.time() - file.stat().st_mtime) < _AGAIN_S
    except OSError:
        return False
