"""Which outputs are let into a store that is full.

Least recently used first is the wrong order for a set that is larger than the store and used in
turns, which is what building all programs again and again is: each output is removed shortly before
it is wanted, and nothing is ever a hit. So room for an output is made while a build runs, and not
at any price. Only blobs go (an entry is small, and says how long ago its output was wanted), the
least recently used first, and of those only

- what no running build has used (`molt_build.store.pruning`), and
- where the output has been here before, or was refused before (its entry is there): what was last
  used before *it* was last wanted. What was used since is wanted more often than it is.

Where that makes no room the output stays out of the store, which costs what a removal would have
cost. So a new output enters as it always did; of a set of W bytes that comes round in a store of L
the same L stay, and each round has hits for about L / W of its bytes. When the set changes, what it
left behind is unused before what it came to was wanted again, and goes.

What this knows is the store's: it holds over all builds and checkouts that share it. What it says
(`stayed_out`) is of one command.

Large outputs are let in up to `FULL_SHARE` of the limit, so that entries and small outputs, which
save seconds for few bytes, find room above. Builds beside one another tell what they have put in
whenever it is a `_NOTED_SHARE` of the limit: they may pass it together by about as much each, and
the end of each build makes good for that (`keep_within`).
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from molt_build.sizes import shown_size
from molt_build.store.layout import store_root
from molt_build.store.pruning import USED_GRANULARITY_S, remove_some
from molt_build.store.registry import running_builds, shut_gate
from molt_build.store.size import add, estimate, set_counted, stored_files
from molt_build.watch import counted

FULL_SHARE = 0.95
_ROOMY_SHARE = 0.9  # to which blobs are removed when some have to be
_SMALL_SHARE = 1 / 4096
_NOTED_SHARE = 1 / 64


class Admission:
    """Decides for one session what is let in; any thread may ask."""

    def __init__(self, cache: Path, limit_bytes: int) -> None:
        self._cache = cache
        self._root = store_root(cache)
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._counted: int | None = None  # where nobody has noted the size yet
        self._added = 0  # and not noted yet
        self._coming = 0  # let in, and not yet there
        self._victims: list[tuple[str, int, int]] | None = None  # oldest first: path, size, time
        self._position = 0  # of the first of them that may still be there
        self._wanted: dict[str, int] = {}  # digest -> size of what this command came upon
        self.refused = 0
        self.refused_bytes = 0

    @property
    def unnoted_bytes(self) -> int:
        """What was put in and is not in the noted size."""
        return self._added

    def note_added(self, size_bytes: int) -> None:
        """So much was put in."""
        with self._lock:
            self._added += size_bytes
            if self._added >= self._limit_bytes * _NOTED_SHARE and self._counted is None:
                add(self._root, self._added)
                self._added = 0

    def note_wanted(self, xxh3: str, size_bytes: int) -> None:
        """This command has made, or found, an output."""
        self._wanted[xxh3] = size_bytes

    def lets_in(self, size_bytes: int, last_wanted_ns: int | None) -> bool:
        """Whether an output may be put in; room is made for it, and kept until `is_in`.

        `last_wanted_ns` is when it was last made or asked for, None where that was never.
        """
        with self._lock:
            is_small = size_bytes <= self._limit_bytes * _SMALL_SHARE
            bound = self._limit_bytes * (1.0 if is_small else FULL_SHARE)
            excess = self._size() + size_bytes - int(bound)
            is_let_in = size_bytes <= bound and (
                excess <= 0
                or self._make_room(excess, last_wanted_ns)
                or self._size() + size_bytes <= bound  # others have made some
            )
            if not is_let_in:
                self.refused += 1
                self.refused_bytes += size_bytes
                return False
            self._coming += size_bytes
            return True

    def is_in(self, size_bytes: int) -> None:
        """What was let in has been put in, or has failed to be."""
        with self._lock:
            self._coming -= size_bytes

    def stayed_out(self) -> str | None:
        """What this command could not put in, why, and what to do, in one line; None: nothing."""
        if not self.refused:
            return None
        limit, wanted = shown_size(self._limit_bytes), sum(self._wanted.values())
        how = "stay out and are" if self.refused > 1 else "stays out and is"
        many = f"{counted(self.refused, 'output')} ({shown_size(self.refused_bytes)})"
        out = f"{many} {how} built again where needed"
        if wanted > self._limit_bytes * FULL_SHARE:
            why = f"the store holds at most {limit}, this build's outputs are {shown_size(wanted)}"
        else:
            why = f"the store holds at most {limit}, and what it holds was used more lately"
        return (
            f'{why}: {out}; raise store_size_limit, set compression = "zstd", or store = false '
            "for stages whose outputs need not be kept"
        )

    def _size(self) -> int:
        """What the store holds, for all that is known."""
        known = estimate(self._root)
        if known is None:
            if self._counted is None:
                self._counted = sum(status.st_size for _, status in stored_files(self._root))
                self._added = 0
            return self._counted + self._added + self._coming
        if self._counted is not None:  # somebody has counted and noted it meanwhile
            self._counted = None
        return known[1] + self._added + self._coming

    def _make_room(self, excess_bytes: int, last_wanted_ns: int | None) -> bool:
        """Remove blobs that may go, if that is enough; some more, so as not to begin each time."""
        if self._victims is None:
            self._victims = self._count()
        before_ns = self._unused_before_ns(last_wanted_ns)
        may_go = 0
        for _, size, used_ns in self._victims[self._position :]:
            if used_ns >= before_ns:
                break
            may_go += size
        if may_go < excess_bytes:
            return False
        spare = int(self._limit_bytes * (FULL_SHARE - _ROOMY_SHARE))
        wanted, gone = min(excess_bytes + spare, may_go), 0
        while gone < wanted and self._position < len(self._victims):
            if self._victims[self._position][2] >= before_ns:
                break
            with shut_gate(self._cache) as running:
                if running is None:
                    break  # somebody else makes room
                some = remove_some(
                    self._victims, self._position, running, wanted - gone, os.unlink, before_ns
                )
            self._position = some.position
            gone += some.removed_bytes
        known = estimate(self._root)
        if known is not None:
            set_counted(self._root, max(0, known[1] - gone))
        elif self._counted is not None:
            self._counted = max(0, self._counted - gone)
        return gone >= excess_bytes

    def _count(self) -> list[tuple[str, int, int]]:
        """Walk through the store: what it holds is noted; its blobs by their last use."""
        total, blobs = 0, []
        place = os.path.join(self._root, "blobs") + os.sep
        for path, status in stored_files(self._root):
            total += status.st_size
            if path.startswith(place):
                blobs.append((path, status.st_size, status.st_mtime_ns))
        set_counted(self._root, total)
        self._counted, self._added = None, 0
        return sorted(blobs, key=lambda row: row[2])

    def _unused_before_ns(self, last_wanted_ns: int | None) -> int:
        began = [build.began_ns for build in running_builds(self._cache)]
        if last_wanted_ns is not None:
            began.append(last_wanted_ns)
        return min(began, default=0) - USED_GRANULARITY_S * 10**9
