"""What a file's stat data prove: that its content is what it was, unless it changed just now.

Every change of a file sets its status change time to now, which no program can put back. So equal
stat data mean equal content, but for git's racy-timestamp rule: a file changed so recently that a
second change could carry the same timestamps has stat data that prove nothing. "Recently" is
measured by the file system's own clock (the timestamp of a file just written), not by the system
clock. Who records stat data waits until they are at rest, or does not rely on them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

# Timestamps come from the kernel's tick (at most 10 ms); two ticks and a reserve.
GRANULARITY_NS = 30_000_000
# For a device whose clock was not read, the margin also covers clocks that disagree.
FOREIGN_GRANULARITY_NS = 2_000_000_000

Signature = tuple[int, int, int, int, int, int]


def signature(status: os.stat_result) -> Signature:
    """What must be equal for a file to count as unchanged without reading it."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def file_system_clock_ns(folder: Path) -> int:
    """Now, in nanoseconds, by the clock of the file system that holds `folder`."""
    import tempfile  # takes longer to import than all the rest that reading the manifests needs

    with tempfile.TemporaryFile(dir=folder) as probe:  # without a name: nothing is left of it
        return os.fstat(probe.fileno()).st_mtime_ns


class Clocks:
    """The clocks of the file systems of some folders, as they were when they were last read."""

    def __init__(self, *folders: Path) -> None:
        """Raises `OSError` where no file can be made in a folder."""
        self._folders = folders
        self.read()

    def read(self) -> None:
        """Ask the file systems what time it is: what is older than that can be trusted."""
        self._now_ns = {f.stat().st_dev: file_system_clock_ns(f) for f in self._folders}

    def is_racy(self, device: int, ctime_ns: int) -> bool:
        """Whether a change after this moment could leave the stat data of a file as they are.

        It is the status change time that counts, also beside a modification time from the future.
        One from the future (a clock was set back) is not what a change now would give.
        """
        is_known = device in self._now_ns
        if ctime_ns > self._of(device):
            self.read()  # it is newer than the last look at the clock
        margin = GRANULARITY_NS if is_known else FOREIGN_GRANULARITY_NS
        return abs(self._of(device) - ctime_ns) <= margin

    def _of(self, device: int) -> int:
        return self._now_ns.get(device, min(self._now_ns.values()))

    def wait_past(self, ctimes_ns: Iterable[int]) -> None:
        """Wait until none of these times can recur, some hundredths of a second at most."""
        times = list(ctimes_ns)
        for _ in range(20):  # the file system's clock advances in steps
            self.read()
            clock = min(self._now_ns.values())
            waits_ns = [time_ns + GRANULARITY_NS - clock for time_ns in times]
            # One from further in the future is of another file system, or of a clock set back.
            wait_ns = max((ns for ns in waits_ns if 0 <= ns <= 2 * GRANULARITY_NS), default=None)
            if wait_ns is None:
                return
            time.sleep(wait_ns / 1e9 + 0.002)
