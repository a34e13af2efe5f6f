"""Shards: mutable directories that a toolchain keeps between builds.

A shard has N slots; a slot is held by one action at a time. A slot's paths are stable, since
tools such as cargo judge freshness by path and modification time. The slot this checkout used last
is tried first, then the others, then all of them again with a jittered backoff that grows with the
time waited. A slot whose holder died while writing is dirty: its content is thrown away by the
next one who gets it; so is what a killed tool left. The tool inherits the lock's descriptor, which
keeps the slot taken for as long as it outlives a holder that died.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from molt_build.errors import ActionFailed, EnvironmentFailed, MoltBuildError
from molt_build.store.digest import digest_value
from molt_build.store.locks import backoff_s, holder, try_lock, unlock
from molt_build.switches import is_on

SHARDS_VARIABLE = "MOLT_BUILD_SHARDS"
TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class Slot:
    """A held slot: `state` is the toolchain's own, `stage` holds the staged inputs."""

    name: str
    number: int
    state: Path
    stage: Path
    lock: int  # the descriptor that holds it
    waited_s: float
    attempts: int


def slot_count() -> int:
    """Slots per shard; `MOLT_BUILD_SHARDS=off` returns to a single one."""
    if not is_on(SHARDS_VARIABLE):
        return 1
    return max(2, os.cpu_count() or 2)


@contextmanager
def held_slot(
    cache: Path, shard: tuple[str, str, str], who: str, give_up: Callable[[], bool]
) -> Iterator[Slot]:
    """Hold one slot of a shard (toolchain, profile, workload class).

    `who` (a checkout) gets the slot it had last if it can. Raises `EnvironmentFailed`, naming the
    holder, when none came free in time, and when `give_up` says so.
    """
    name = "/".join(shard)
    folder = cache.joinpath("shards", *shard)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    affinity = folder / f"last-{digest_value(who)[-12:]}"
    order = _slots_in_order(affinity)
    started = time.monotonic()
    attempts = 0
    while True:
        for number in order:
            attempts += 1
            lock = folder / f"slot-{number}.lock"
            descriptor = try_lock(lock)
            if descriptor is not None:
                break
        else:
            waited_s = time.monotonic() - started
            if waited_s > TIMEOUT_S or give_up():
                message = f"no slot of {name} came free; slot {order[0]} is held by "
                message += holder(folder / f"slot-{order[0]}.lock")
                raise EnvironmentFailed(message, "let it finish, or end that process")
            time.sleep(backoff_s(waited_s))
            continue
        break
    try:
        busy, content = folder / f"slot-{number}.busy", folder / f"slot-{number}"
        if busy.exists():
            shutil.rmtree(content, ignore_errors=True)
        busy.write_text(f"{os.getpid()}\n")
        affinity.write_text(f"{number}\n")
        state, stage = content / "state", content / "stage"
        state.mkdir(parents=True, exist_ok=True)
        stage.mkdir(parents=True, exist_ok=True)
        try:
            yield Slot(name, number, state, stage, descriptor, time.monotonic() - started, attempts)
        except MoltBuildError as error:
            if not (isinstance(error, ActionFailed) and error.was_killed):
                busy.unlink()  # the tool said no and ended by itself: its state is whole
            raise
        busy.unlink()
    finally:
        unlock(lock, descriptor)


def _slots_in_order(affinity: Path) -> list[int]:
    numbers = list(range(slot_count()))
    try:
        last = int(affinity.read_text())
    except (OSError, ValueError):
        return numbers
    return sorted(numbers, key=lambda number: number != last)
