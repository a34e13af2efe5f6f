"""What a path leads to, step by step: the evidence that nothing was exchanged on the way.

The stat data of what a path names say nothing of how one got there. A folder link may be pointed
elsewhere and back while a compiler runs; a folder may be renamed away, another put in its place,
and the first put back. So the *trail* of a path is kept: one step for the folder, link or file
behind each of its names, in the order in which the kernel follows them (`path_resolution(7)`).

What counts as exchanged:

- a link or a file: other device, inode or status change time, and for a file other stat data. The
  status change time is set by each change, also by renaming, and no program can put it back.
- a folder: other device or inode. Its status change time moves with each name that is made in it,
  which is no exchange; but a renaming moves that time *and* the modification time of the folder
  that holds it. Where both moved, the folder may have been elsewhere meanwhile, and counts as
  exchanged: both move for another reason only where somebody works in a folder and in the one above
  it during the same command. That is what we do ourselves in the cache and below `.molt-build`:
  `Own` folders, and those above them, are never taken for exchanged by their times.

Two questions are asked of trails: do an earlier and a later one differ (`exchanged`), and, where
there is no earlier one, does a later one show changes in a span of time (`changed_in`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

from molt_build.stat_data import Signature, signature

_LINKS_FOLLOWED = 40  # as Linux does: path_resolution(7)


@dataclass(frozen=True)
class Step:
    """What one name on the way to a path was."""

    path: str  # without links before its last name
    row: Signature | None  # None: nothing is there
    target: str | None = None  # of a link

    @property
    def is_folder(self) -> bool:
        """Whether the way leads on through it, by a name in it."""
        return self.row is not None and stat.S_ISDIR(self.row[2])


Trail = tuple[Step, ...]


class Own:
    """The folders that this command writes to, and those above them, by their real paths."""

    def __init__(self, *folders: str | os.PathLike[str]) -> None:
        self._folders = [f"{os.path.realpath(folder)}/" for folder in folders]

    def __contains__(self, path: str) -> bool:
        return any(
            f"{path}/".startswith(own) or own.startswith(f"{path}/") for own in self._folders
        )


class Trails:
    """Trails as they are at one moment: what several paths have in common is looked at once."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}

    def step(self, path: str) -> Step:
        """What lies at a path that has no links before its last name."""
        step = self._steps.get(path)
        if step is None:
            step = self._steps[path] = _step(path)
        return step

    def of(self, path: str) -> Trail:
        """Every step on the way to an absolute path; the last one is None's where it ends early."""
        root = self.step("/")
        steps = [root]
        names = path.split("/")[::-1]
        here = ""
        links = 0
        while names:
            name = names.pop()
            if name in ("", "."):
                continue
            if name == "..":
                here = here.rpartition("/")[0]
                continue
            step = self.step(f"{here}/{name}")
            steps.append(step)
            if step.target is not None:
                links += 1
                if links > _LINKS_FOLLOWED:
                    break
                if step.target.startswith("/"):
                    here = ""
                names.extend(step.target.split("/")[::-1])
            elif step.is_folder:
                here = step.path
            else:
                break  # a file, or nothing: names after it lead nowhere
        return tuple(steps)


def trail(path: str) -> Trail:
    """The trail of one path."""
    return Trails().of(path)


def exchanged(before: Trail, after: Trail, own: Own) -> str | None:
    """The first path at which two trails of one path differ; None when all is as it was."""
    earlier = {step.path: step for step in before}

    def has_moved(now: Step, column: int) -> bool:
        then = earlier.get(now.path)
        return (
            then is None
            or then.row is None
            or now.row is None
            or then.row[column] != now.row[column]
        )

    for was, now in zip(before, after, strict=False):
        if was.path != now.path or was.target != now.target or _kind(was) != _kind(now):
            return now.path
        if was.row == now.row:
            continue
        if was.row is None or now.row is None or was.row[:2] != now.row[:2]:
            return now.path
        if not now.is_folder or _was_elsewhere(now, after, own, has_moved):
            return now.path
    return None if len(before) == len(after) else (*before, *after)[-1].path


def changed_in(steps: Trail, own: Own, first_ns: int, last_ns: int) -> str | None:
    """The first path of a trail that changed between two times of the clock; None for none."""

    def has_moved(step: Step, column: int) -> bool:
        return step.row is None or first_ns <= step.row[column] <= last_ns

    for step in steps:
        if step.is_folder:
            if _was_elsewhere(step, steps, own, has_moved):
                return step.path
        elif has_moved(step, _CTIME):
            return step.path
    return None


def names_changed_in(steps: Trail, first_ns: int, last_ns: int) -> str | None:
    """The folder where a path's way ends, if names in it changed between two times; else None.

    So it is found that a file was made and removed again meanwhile.
    """
    folders = [step for step in steps if step.is_folder]
    row = folders[-1].row
    assert row is not None
    return folders[-1].path if first_ns <= row[_MTIME] <= last_ns else None


_MTIME, _CTIME = 4, 5


def _was_elsewhere(
    folder: Step, steps: Trail, own: Own, has_moved: Callable[[Step, int], bool]
) -> bool:
    """Whether a folder may have been renamed and put back."""
    if folder.path == "/" or not has_moved(folder, _CTIME) or folder.path in own:
        return False
    above = os.path.dirname(folder.path)
    return any(step.path == above and has_moved(step, _MTIME) for step in steps)


def _kind(step: Step) -> int | None:
    return None if step.row is None else stat.S_IFMT(step.row[2])


def _step(path: str) -> Step:
    try:
        status = os.lstat(path)
        row = signature(status)
        if stat.S_ISLNK(status.st_mode):
            return Step(path, row, os.readlink(path))
    except (OSError, ValueError):  # nothing there, or no permission to look: both lead nowhere
        return Step(path, None)
    return Step(path, row)
