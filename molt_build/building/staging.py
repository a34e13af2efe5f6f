"""Fresh directories for actions, below `CACHE/staging`, and taking them away again.

They lie outside the project, whose settings files tools would find by walking up, and in the
store's file system. A directory is never used twice. They are removed by a thread of their own,
since removing one may take as long as a small compiler: who made them does not wait, only the end
of the session does. What a killed build leaves is removed by the next one, once the command that
ran there has ended too (`molt_build.temporary`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from molt_build import interrupts
from molt_build.files import real_folder
from molt_build.temporary import TemporaryFolder, new_folder, remove_abandoned_folders


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
        self._sweeper.submit(self._made.pop(directory).remove)

    def close(self) -> None:
        """Wait until everything discarded is gone; nothing can be discarded after that."""
        with interrupts.held():  # or what is not gone by then lies about for two days
            self._sweeper.shutdown()
