"""Fresh directories for actions, below `CACHE/staging`, and taking them away again.

They lie outside the project, whose settings files tools would find by walking up, and in the
store's file system. A directory is never used twice. They are removed by a thread of their own,
since removing one may take as long as a small compiler: who made them does not wait, only the end
of the session does. What a killed build leaves is removed by the next one, once the command that
ran there has ended too (`molt_build.temporary`).

What is put into one is copied (`stage_inputs`): a file that is edited during a build cannot be
keyed by what it no longer is. Which files these are is found in `molt_build.actions.inputs`.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Collection, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from molt_build import interrupts
from molt_build.actions.action import Action
from molt_build.actions.inputs import component_of
from molt_build.errors import EnvironmentFailed
from molt_build.files import make_way, real_folder, remove_files, write_new
from molt_build.plain_files import read_plain
from molt_build.store.blob import Blob
from molt_build.store.digest import digest_bytes, read_stable
from molt_build.store.trees import holds
from molt_build.temporary import TemporaryFolder, new_folder, remove_abandoned_folders

# Copies an earlier stage's output to a path below a directory; of a folder what differs there.
PlaceInput = Callable[[Blob, Path, Path], None]


class Staging:
    """Makes and removes staging directories; may be used by any thread."""

    def __init__(self, cache: Path) -> None:
        self._folder = real_folder(cache, cache / "staging", mode=0o700)
        remove_abandoned_folders(self._folder)
        self._made: dict[Path, TemporaryFolder] = {}
        self._sweeper = ThreadPoolExecutor(1, "sweeper")

    def fresh(self, prefix: str, *, may_stay: bool = False) -> Path:
        """A new, empty, private directory; one that `may_stay` is not removed by later builds."""
        made = new_folder(prefix, self._folder, ".kept" if may_stay else "")
        self._made[made.path] = made
        return made.path

    def lock_of(self, directory: Path) -> int:
        """A descriptor with which a command keeps its directory, should it outlive this process."""
        return self._made[directory].descriptor

    def discard(self, directory: Path) -> None:
        """Have a directory removed, soon."""
        with interrupts.held():  # no longer known, and not yet to be removed
            self._sweeper.submit(self._made.pop(directory).remove)

    def close(self) -> None:
        """Wait until everything discarded is gone; nothing can be discarded after that."""
        with interrupts.held():  # or what is not gone by then lies about for two days
            self._sweeper.shutdown()


def stage_inputs(action: Action, stage_dir: Path, place_input: PlaceInput) -> dict[str, str]:
    """Copy the inputs in; path -> what stands for each project file as it was copied.

    Raises `EnvironmentFailed` when a source is no longer what the key says.
    """
    staged: dict[str, str] = {}
    inputs = action.inputs
    for path, absolute in {**inputs.unkeyed, **inputs.sources, **inputs.candidates}.items():
        data, status = read_stable(absolute)
        is_executable = bool(status.st_mode & stat.S_IXUSR)
        staged[path] = component_of(action.stage, path, data, is_executable=is_executable)
        keyed = action.components.get(f"source {path}")
        if keyed is not None and keyed != staged[path]:
            message = f"{absolute} changed while {action.program} was built"
            raise EnvironmentFailed(message, "build again")
        mode = 0o755 if is_executable else 0o644
        if not holds(stage_dir, stage_dir / path, digest_bytes(data), mode):
            if action.needs_shard:  # where what was staged before lies
                make_way(stage_dir, stage_dir / path, is_folder=False)
            write_new(stage_dir, stage_dir / path, data, mode)
    wanted = set(staged)
    folders = tuple(path for path, blob in action.upstream.items() if blob.is_folder)
    for path, blob in action.upstream.items():
        mode = 0o755 if blob.is_executable else 0o644
        if not blob.is_folder:
            wanted.add(path)
        if blob.is_folder or not holds(stage_dir, stage_dir / path, blob.xxh3, mode):
            if action.needs_shard:
                make_way(stage_dir, stage_dir / path, is_folder=blob.is_folder)
            place_input(blob, stage_dir / path, stage_dir)
    if action.needs_shard:
        remove_files(stage_dir, stage_dir, lambda path: path in wanted or path.startswith(folders))
        _remove_empty_folders(stage_dir, folders)
        given = wanted | {
            f"{path} {blob.xxh3}" for path, blob in action.upstream.items() if blob.is_folder
        }
        note = stage_dir.with_name(f".{stage_dir.name}.{action.stage.name}.given")
        _renew_times(stage_dir, note, staged, given)
    return staged


def _remove_empty_folders(stage_dir: Path, kept: tuple[str, ...]) -> None:
    """Remove folders that hold nothing any more, and are in none of those that are kept.

    Fresh staging has none, and a tool may see them: to Python each is a package.
    """
    for folder, below, _ in os.walk(stage_dir, topdown=False):
        for name in below:
            path = os.path.join(folder, name)
            if not f"{os.path.relpath(path, stage_dir)}/".startswith(kept):
                with suppress(OSError):  # it is not empty
                    os.rmdir(path)


def _renew_times(stage_dir: Path, note: Path, staged: Collection[str], given: Set[str]) -> None:
    """Make all files new when something went that was given to the stage's last run in this slot.

    Tools that compare modification times see what is new, and not that a file is gone: cargo does
    not run the build script of a crate again that has lost one. What is given is noted beside.
    """
    earlier: Set[str] | None = None
    with suppress(OSError, ValueError, TypeError):
        earlier = {str(name) for name in json.loads(read_plain(note))}
    if earlier == given:
        return
    if earlier is None or not earlier <= given:
        for path in staged:
            os.utime(stage_dir / path)
    write_new(stage_dir.parent, note, json.dumps(sorted(given)).encode(), 0o600)
