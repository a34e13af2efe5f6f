"""Shards: mutable directories that a toolchain keeps between builds.

A shard (toolchain x profile x workload class) has N slots; a slot is held by one action at a time,
for as long as its stage runs. A slot's paths are stable, since tools such as cargo judge freshness
by path and modification time: `state` is the tool's own, `stage/PROGRAM` holds a program's inputs.
The slot this program of this checkout used last is tried first, then the checkout's last one, then
the others, then all of them again after a sleep (`molt_build.store.backoff`). A slot whose
holder died while writing is dirty: its content is thrown away by the next one who gets it; so is
what a killed tool left, or one that failed on a full disk. The tool inherits the lock's descriptor,
which keeps the slot taken for as long as it outlives a holder that died.

Switched off, a toolchain has one directory and one lock for all profiles and workloads; the inputs
of each program still have a stable place in it, so that what the tool keeps stays warm.

Below `CACHE/shards/TOOLCHAIN/PROFILE/WORKLOAD/` (or `TOOLCHAIN/=all/`): `slot-N/`, `slot-N.lock`,
`slot-N.busy` while it is written to, `slot-N.ended` (its time is when it was last given back; a
slot taken before that, since a clock was set back, is thrown away), `slot-N.size` (bytes; its time
is that of the last use), `hold-times.json`, and `last-DIGEST`, the number of the slot that somebody
used last.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from molt_build.actions.inputs import Unit
from molt_build.building.session import Session
from molt_build.errors import ActionFailed, EnvironmentFailed, MoltBuildError
from molt_build.files import real_folder, remove_tree, stats_below
from molt_build.manifests.model import ShardRule
from molt_build.plain_files import is_folder, move_aside, read_plain
from molt_build.store.digest import digest_value
from molt_build.store.location import disk_is_full
from molt_build.store.lock_log import LockUse
from molt_build.store.locks import acquire, release, try_lock, unlock
from molt_build.switches import is_on
from molt_build.temporary import write_over

SHARDS_VARIABLE = "MOLT_BUILD_SHARDS"
SHARED = "=all"  # no name of a profile


def are_on() -> bool:
    """`MOLT_BUILD_SHARDS=off`: one directory for each toolchain."""
    return is_on(SHARDS_VARIABLE)


@dataclass(frozen=True)
class Shard:
    """Which directory a program's actions need, and how many there are of it."""

    name: str  # for messages and telemetry; also the folder below `shards/`
    stage: str  # where the program's inputs lie, relative to a slot's `stage`
    slots: int


@dataclass(frozen=True)
class Slot:
    """A held slot: `state` is the toolchain's own, `stage` holds the staged inputs."""

    state: Path
    stage: Path
    descriptor: int  # of the lock: a child that inherits it keeps the slot taken
    waited_s: float


def shard_of(unit: Unit, rules: Iterable[ShardRule]) -> Shard:
    """The shard of a program's actions; the first rule that fits says how many slots it has."""
    toolchain, profile, workload = unit.toolchain.name, unit.profile.name, unit.workload.name
    program = unit.program.name
    if not are_on():  # one for all profiles and workloads
        return Shard(f"{toolchain}/{SHARED}", f"{workload}/{program}", 1)
    fitting = (rule.slots for rule in rules if rule.fits(toolchain, profile, workload))
    slots = next(fitting, max(2, os.cpu_count() or 2))
    return Shard(f"{toolchain}/{profile}/{workload}", program, slots)


@contextmanager
def held_slot(session: Session, unit: Unit) -> Iterator[Slot]:
    """Hold one slot of the shard that a program's actions use.

    Raises `EnvironmentFailed`, naming the holder, when none came free in time or the slot's folder
    cannot be written to.
    """
    shard, checkout = shard_of(unit, session.manifests.cache.shards), str(session.project)
    folder = session.cache / "shards" / shard.name
    affinities = [_affinity(folder, checkout, program) for program in (unit.program.name, "")]
    hold_times = folder / "hold-times.json"
    with _usable(folder):
        real_folder(session.cache, folder, mode=0o700)
    order = _slots_in_order(shard.slots, affinities)
    locks = [folder / f"slot-{number}.lock" for number in order]
    held = acquire(locks, session.slots, "slot", shard.name, hold_times)
    number = order[held.number]
    try:
        content, busy = folder / f"slot-{number}", folder / f"slot-{number}.busy"
        ended = folder / f"slot-{number}.ended"
        state, stage = content / "state", content / "stage" / shard.stage
        with _usable(folder):
            is_dirty = os.path.lexists(busy) or not all(map(_is_usable, (content, state, stage)))
            write_over(busy, f"{os.getpid()}\n")
            if is_dirty or _is_before(busy, ended):
                _throw_away(content)
            for affinity in affinities:
                _note_number(affinity, number)
            real_folder(folder, state, replaces_links=True)  # a tool may do anything to them
            real_folder(folder, stage, replaces_links=True)
        try:
            yield Slot(state, stage, held.descriptor, held.use.waited_s)
        except MoltBuildError as error:
            was_killed = isinstance(error, ActionFailed) and error.was_killed
            if not (was_killed or disk_is_full(folder)):
                _give_back(busy, ended)  # the tool said no and ended by itself: its state is whole
            raise
        _give_back(busy, ended)
    finally:
        release(held, slot=number, hold_times=hold_times)


def _is_usable(folder: Path) -> bool:
    """Whether a folder of ours lies there, or can be made."""
    try:
        return stat.S_ISDIR(os.lstat(folder).st_mode)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _is_before(began: Path, ended: Path) -> bool:
    """Whether a slot is taken before it was last given back: a clock was set back.

    Tools such as cargo compare modification times. Inputs that are staged now would look older than
    what was made of others, and so would not be compiled.
    """
    try:
        return began.lstat().st_mtime_ns < ended.lstat().st_mtime_ns
    except FileNotFoundError:
        return False


def _give_back(busy: Path, ended: Path) -> None:
    """Note that the slot's content is whole, and since when."""
    with _usable(busy.parent):
        if is_folder(ended):
            move_aside(str(ended))
        os.replace(busy, ended)
        os.utime(ended)


def prune_shards(cache: Path, limit_bytes: int, uses: Iterable[LockUse]) -> int:
    """Remove the slots used least recently, none that is held, until all fit; bytes removed.

    `uses` says which slots were used since sizes were last noted: only those are measured again.
    """
    used = {cache / "shards" / u.name / f"slot-{u.slot}" for u in uses if u.slot is not None}
    if not used:
        return 0
    rows = []
    locks = [p for depth in ("*/*/*", f"*/{SHARED}") for p in cache.glob(f"shards/{depth}/*.lock")]
    for lock in locks:
        real_folder(cache, lock.parent)
        content, record = lock.with_suffix(""), lock.with_suffix(".size")
        if content in used or not record.exists():
            size_bytes = sum(status.st_size for status in stats_below(content))
            _note_number(record, size_bytes, always=True)
        rows.append((_modified_ns(record), _number(record) or 0, lock))
    excess = sum(size for _, size, _ in rows) - limit_bytes
    removed = 0
    for _, size, lock in sorted(rows):
        if removed >= excess:
            break
        descriptor = try_lock(lock)
        if descriptor is None:
            continue
        try:
            _throw_away(lock.with_suffix(""))
            for suffix in (".size", ".busy", ".ended"):
                _throw_away(lock.with_suffix(suffix))
            removed += size
        except OSError:
            continue  # dirty or not, the next holder finds it as it is
        finally:
            unlock(lock, descriptor, remove=True)
    return removed


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the shard {folder} cannot be used: {error.strerror}"
        raise EnvironmentFailed(message, "free some disk space, or fix its permissions") from error


def _throw_away(content: Path) -> None:
    """Remove a slot's content; raises `OSError` when something of it stays."""
    # Renamed first: what is left of a removal that is cut short is never taken for a slot.
    doomed = content.with_name(f"{content.name}.doomed")
    for _ in range(2):
        remove_tree(doomed, may_fail=False)
        try:
            content.rename(doomed)
        except FileNotFoundError:
            return


def _affinity(folder: Path, checkout: str, program: str) -> Path:
    return folder / f"last-{digest_value([checkout, program])[-12:]}"


def _slots_in_order(count: int, affinities: list[Path]) -> list[int]:
    last = [_number(path) for path in affinities]
    preferred = [number for number in last if number is not None and 0 <= number < count]
    return list(dict.fromkeys([*preferred, *range(count)]))


def _number(path: Path) -> int | None:
    try:
        return int(read_plain(path))
    except (OSError, ValueError):
        return None


def _note_number(path: Path, number: int, *, always: bool = False) -> None:
    if always or _number(path) != number:
        write_over(path, f"{number}\n")


def _modified_ns(path: Path) -> int:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0
