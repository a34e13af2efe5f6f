"""How busy other processes keep the machine: whose work it is, and is now.

The load average is of no use for that: it decays over a minute, and does not say whose work it was,
so that a measurement after a build would blame itself. Here two looks at the kernel's counters are
compared. What all processors were busy between them (`/proc/stat`), less what this process and its
descendants used meanwhile, whether they still run or were waited for (`/proc/PID/stat`, proc(5)),
is the work of others: of other processes, of other containers, and of other virtual machines as far
as the kernel knows (`steal`). A descendant whose parent ended before it counts as another's.

The counters move in ticks, 10 ms on most machines. Where there is no such /proc nothing is said.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_BUSY = (0, 1, 2, 5, 6, 7)  # user, nice, system, irq, softirq, steal; guests are in user
_PARENT, _TIMES = 1, slice(11, 15)  # after the name: ppid; utime, stime, cutime, cstime


@dataclass(frozen=True)
class Look:
    """Counters at one moment, in seconds."""

    at_s: float  # of a clock that only goes on
    busy_s: float  # of all processors together
    own_s: float  # of this process and its descendants
    processors: int


def look(root: Path = Path("/"), pid: int | None = None) -> Look | None:
    """The counters now; `root` is where /proc lies. None where they cannot be read."""
    try:
        lines = (root / "proc/stat").read_text().splitlines()
        ticks_s = 1 / os.sysconf("SC_CLK_TCK")
        own_ticks = _own_ticks(root / "proc", pid or os.getpid())
        fields = [int(field) for field in lines[0].split()[1:]]
        busy = sum(fields[place] for place in _BUSY)
    except (OSError, ValueError, IndexError):
        return None
    processors = sum(line.startswith("cpu") for line in lines) - 1
    return Look(time.monotonic(), busy * ticks_s, own_ticks * ticks_s, max(1, processors))


def others_share(before: Look | None, after: Look | None) -> float | None:
    """The share of all processors' time between two looks that others used, from 0 to 1."""
    if before is None or after is None or after.at_s <= before.at_s:
        return None
    there_was_s = (after.at_s - before.at_s) * after.processors
    others_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return min(1.0, max(0.0, others_s / there_was_s))


def _own_ticks(proc: Path, pid: int) -> int:
    """Ticks that a process and all of its descendants have used."""
    used: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for entry in os.scandir(proc):
        if entry.name.isdigit():
            try:
                text = (proc / entry.name / "stat").read_text(errors="replace")
            except OSError:  # it has ended
                continue
            fields = text.rpartition(")")[2].split()  # a name may hold anything
            used[int(entry.name)] = sum(int(field) for field in fields[_TIMES])
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    own, ticks = [pid], 0
    for one in own:
        ticks += used.get(one, 0)
        own.extend(children.get(one, ()))
    return ticks
