"""Fresh directories for actions, below `CACHE/staging`, and taking them away again.

They lie outside the project, whose settings files tools would find by walking up, and in the
store's file system. A directory is never used twice. They are removed by a thread of their own,
since removing one may take as long as a small compiler: who made them does not wait, only the end
of the session does. What a killed build leaves is removed by a later one
(`molt_build.store.location.remove_leftovers`).
"""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from pathlib import Path

from molt_build import interrupts


class Staging:
    """Makes and removes staging directories; may be used by any thread."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "staging"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._done: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._sweeper: threading.Thread | None = None
        self._lock = threading.Lock()

    def fresh(self, prefix: str) -> Path:
        """A new, empty, private directory."""
        return Path(tempfile.mkdtemp(prefix=prefix, dir=self._folder))

    def discard(self, directory: Path) -> None:
        """Have a directory removed, soon."""
        with self._lock:
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)
                self._sweeper.start()
        self._done.put(directory)

    def close(self) -> None:
        """Wait until everything discarded is gone."""
        with self._lock:
            sweeper, self._sweeper = self._sweeper, None
        if sweeper is not None:
            self._done.put(None)
            with interrupts.held():  # or what is not gone by then lies about for two days
                sweeper.join()

    def _sweep(self) -> None:
        while (directory := self._done.get()) is not None:
            shutil.rmtree(directory, ignore_errors=True)
