"""Locks between processes: real holders, real kills, and waits that do not keep a CPU busy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from build_projects import REPOSITORY
from hypothesis import example, given
from hypothesis import strategies as st
from other_processes import PATIENCE_S, kill_all

from molt_build.codec import to_plain
from molt_build.errors import EXIT_ENVIRONMENT, EnvironmentFailed
from molt_build.store.backoff import Backoff, expected_hold_s, note_hold
from molt_build.store.leftovers import remove_leftovers
from molt_build.store.lock_log import Holder, LockHolder, LockLog, LockUse
from molt_build.store.locks import (
    WaitedTooLong,
    Waiting,
    acquire,
    locked,
    processes_with,
    release,
    remove_if_free,
    try_lock,
    unlock,
)

# Holds the lock, and has a child that inherits it when `child` is given: both for so many seconds.
HOLDER = """\
import subprocess, sys, time
from pathlib import Path
from molt_build.store.backoff import Backoff
from molt_build.store.lock_log import LockLog
from molt_build.store.locks import Waiting, acquire, release

waiting = Waiting(LockLog(), Backoff(60))
path, seconds, child = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
record = Path(sys.argv[4])
held = acquire([path], waiting, "flight", "it", record)
if child:
    words = [sys.executable, "-c", f"import time; time.sleep({child})"]
    subprocess.Popen(words, pass_fds=(held.descriptor,), stdout=subprocess.DEVNULL)
print("held", flush=True)
time.sleep(seconds)
release(held, remove=True, hold_times=record)
"""


def hold(path: Path, seconds: float, child: float = 0.0) -> subprocess.Popen[str]:
    """A process that holds the lock, once it does."""
    words = [str(path), str(seconds), str(child), str(path.with_name("hold-times"))]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def waiting_for(timeout_s: float = 60.0) -> Waiting:
    return Waiting(LockLog(), Backoff(timeout_s))


def use_of(waiting: Waiting) -> LockUse:
    [use] = waiting.log.uses()
    return use


def looks_at(hold_s: float, backoff: Backoff, expected_s: float | None) -> tuple[int, float]:
    """Looks that a wait for a hold takes, and how late the release is noticed."""
    waited_s, looks = 0.0, 1
    while waited_s < hold_s:
        remaining_s = None
        if expected_s is not None and expected_s > waited_s:
            remaining_s = expected_s - waited_s
        waited_s += backoff.sleep_s(waited_s, remaining_s)
        looks += 1
    return looks, waited_s - hold_s


@given(
    hold_s=st.floats(0.001, 1800),
    expected_s=st.none() | st.floats(0, 3600),
    bounds=st.sampled_from([(0.005, 1.0), (0.001, 0.25), (0.01, 10.0), (0.5, 0.5)]),
)
@example(hold_s=1800.0, expected_s=None, bounds=(0.005, 1.0))
@example(hold_s=1800.0, expected_s=1800.0, bounds=(0.005, 1.0))
@example(hold_s=0.02, expected_s=0.02, bounds=(0.005, 1.0))
def test_a_wait_looks_seldom_and_ends_soon(
    hold_s: float, expected_s: float | None, bounds: tuple[float, float]
) -> None:
    """Seldom: two looks in the longest sleep, and a few before it. Soon: by the sleep's bounds."""
    low, high = bounds
    looks, late_s = looks_at(hold_s, Backoff(3600, low, high), expected_s)
    # The shortest sleeps for ten of them, then each a twentieth of the time waited or more, until
    # the longest, which is a thousand times the shortest at most: log(1000) / log(1.05) = 142.
    assert looks <= 25 + 142 + hold_s / (high / 2)
    promised_s = max(low, hold_s / 10, (expected_s or 0) / 2)
    assert late_s <= min(high, promised_s) * 1.001


def test_the_first_sleep_follows_what_is_expected_to_remain() -> None:
    backoff = Backoff(60, 0.005, 10.0)
    for _ in range(20):
        assert 2.0 <= backoff.sleep_s(0.001, 8.0) <= 4.0
        assert 0.05 <= backoff.sleep_s(0.001, 0.2) <= 0.1
        assert backoff.sleep_s(0.001, None) == 0.005
        assert 5.0 <= backoff.sleep_s(0.001, 500.0) <= 10.0


def test_hold_times_are_learnt(tmp_path: Path) -> None:
    record = tmp_path / "record"
    assert expected_hold_s(record) is None
    note_hold(record, 2.0)
    assert expected_hold_s(record) == 2.0
    written = record.stat().st_ino
    note_hold(record, 2.1)
    assert record.stat().st_ino == written  # hardly moved: nothing is written
    for _ in range(20):
        note_hold(record, 10.0)
    assert 9.0 < (expected_hold_s(record) or 0.0) <= 10.0
    assert [path.name for path in tmp_path.iterdir()] == ["record"]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"mean_s": "x"}', b'{"mean_s": NaN}', b'{"mean_s": -1}', b"\xff"]
)
def test_a_damaged_record_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    record = tmp_path / "record"
    record.write_bytes(damage)
    assert expected_hold_s(record) is None
    note_hold(record, 3.0)
    assert expected_hold_s(record) == 3.0


def test_a_free_lock_is_got_at_once(tmp_path: Path) -> None:
    waiting = waiting_for()
    with locked(tmp_path / "lock", waiting, kind="flight", name="it"):
        assert waiting.log.uses() == ()
    use = use_of(waiting)
    assert (use.kind, use.name, use.waited_s, use.attempts) == ("flight", "it", 0.0, 1)
    assert (use.holder, use.slot, use.is_acquired) == (None, None, True)
    assert use.held_s > 0
    assert list(tmp_path.iterdir()) == []


def test_a_long_hold_is_looked_at_seldom(tmp_path: Path) -> None:
    lock, waiting = tmp_path / "lock", waiting_for()
    process = hold(lock, 1.0)
    with locked(lock, waiting, kind="flight", name="it"):
        pass
    process.wait(PATIENCE_S)
    use = use_of(waiting)
    assert 1 < use.attempts <= 25 + 142  # see above; a look every 5 ms would be 200
    assert use.waited_s > 0
    assert use.holder is not None
    assert use.holder.pid == process.pid
    assert use.holder.command.startswith("-c")
    assert use.published().holder == LockHolder(process.pid, use.holder.command)
    assert not lock.exists()


def test_a_hold_that_is_expected_takes_fewer_looks(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    record = lock.with_name("hold-times")
    hold(lock, 0.5).wait(PATIENCE_S)  # leaves what it took in the record
    assert (expected_hold_s(record) or 0) >= 0.5
    process, waiting = hold(lock, 0.5), waiting_for()
    held = acquire([lock], waiting, "flight", "it", record)
    release(held, remove=True)
    process.wait(PATIENCE_S)
    assert use_of(waiting).attempts < 45


def test_the_first_free_of_several(tmp_path: Path) -> None:
    locks, waiting = [tmp_path / str(number) for number in range(3)], waiting_for()
    first, second = try_lock(locks[0]), try_lock(locks[1])
    assert first is not None
    assert second is not None
    held = acquire(locks, waiting, "slot", "a/b/c")
    assert (held.number, held.use.attempts, held.use.waited_s, held.use.holder) == (2, 3, 0.0, None)
    unlock(locks[1], second)
    other = acquire(locks, waiting, "slot", "a/b/c")
    assert other.number == 1
    for number, descriptor in ((0, first), (1, other.descriptor), (2, held.descriptor)):
        unlock(locks[number], descriptor, remove=True)
    assert list(tmp_path.iterdir()) == []


def test_a_timeout_names_the_holder_and_what_to_do(tmp_path: Path) -> None:
    lock, waiting = tmp_path / "lock", waiting_for(0.2)
    process = hold(lock, 600)
    try:
        with pytest.raises(WaitedTooLong) as raised:
            acquire([lock], waiting, "slot", "cargo/dev/rust")
    finally:
        process.kill()
        process.wait(PATIENCE_S)
    assert raised.value.exit_code == EXIT_ENVIRONMENT
    assert f"for a slot of cargo/dev/rust, held by process {process.pid} (-c" in str(raised.value)
    assert raised.value.hint == "let it finish, or end that process, and build again"
    use = use_of(waiting)
    assert not use.is_acquired
    assert use.published().timed_out
    assert use.published().attempts == use.attempts >= 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc is absent")
def test_a_child_keeps_the_lock_of_a_killed_holder(tmp_path: Path) -> None:
    lock, waiting = tmp_path / "lock", waiting_for(0.1)
    process = hold(lock, 600, child=600)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    [child] = processes_with(lock)
    with pytest.raises(WaitedTooLong) as raised:
        acquire([lock], waiting, "flight", "one/translate")
    message = f"held by process {process.pid} (-c"
    assert message in str(raised.value)
    assert f"which has ended, but process {child}, which it started, still runs" in str(
        raised.value
    )
    remove_if_free(lock)
    assert lock.exists()
    os.kill(child, signal.SIGKILL)
    patient = waiting_for()
    held = acquire([lock], patient, "flight", "one/translate")
    release(held, remove=True)
    assert not lock.exists()


def test_a_child_does_not_keep_the_lock_of_a_holder_that_ended_in_order(tmp_path: Path) -> None:
    lock, waiting = tmp_path / "lock", waiting_for()
    process = hold(lock, 0, child=600)
    process.wait(PATIENCE_S)
    with locked(lock, waiting, kind="flight", name="it"):
        children = processes_with(lock)
    assert use_of(waiting).attempts == 1
    kill_all(children)


def test_lock_files_of_the_dead_are_removed(tmp_path: Path) -> None:
    locks = tmp_path / "cache/store/locks"
    locks.mkdir(parents=True)
    dead, alive = hold(locks / "dead", 600), hold(locks / "alive", 600)
    dead.kill()
    dead.wait(PATIENCE_S)
    assert (locks / "dead").exists()
    remove_leftovers(tmp_path / "cache", time.time_ns())
    assert sorted(path.name for path in locks.iterdir()) == ["alive"]
    alive.kill()
    alive.wait(PATIENCE_S)


def test_one_at_a_time_whoever_removes_the_file(tmp_path: Path) -> None:
    """Many threads, each with an open file of its own, take and remove one lock."""
    lock, waiting, seen = tmp_path / "lock", Waiting(LockLog(), Backoff(60, 0.001, 0.01)), []
    inside = threading.Lock()

    def work() -> None:
        for _ in range(25):
            with locked(lock, waiting, kind="flight", name="it"):
                seen.append(inside.acquire(blocking=False))
                time.sleep(0)
                inside.release()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 150
    assert len(waiting.log.uses()) == 150
    assert not lock.exists()


def test_an_interrupt_ends_a_wait(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    descriptor = try_lock(lock)
    assert descriptor is not None
    naps: list[float] = []

    def pause(seconds: float) -> bool:
        naps.append(seconds)
        return len(naps) == 3

    with pytest.raises(WaitedTooLong):
        acquire([lock], Waiting(LockLog(), Backoff(60), pause), "flight", "it")
    assert len(naps) == 3
    unlock(lock, descriptor)


@pytest.mark.parametrize("note", [b"", b"{", b'{"pid": 1}', b"\xff", b"[" * 5000])
def test_a_damaged_note_is_no_name(tmp_path: Path, note: bytes) -> None:
    lock = tmp_path / "lock"
    descriptor = try_lock(lock)
    assert descriptor is not None
    lock.write_bytes(note)
    with pytest.raises(WaitedTooLong, match="held by a process that left no name in"):
        acquire([lock], waiting_for(0.01), "flight", "it")
    unlock(lock, descriptor)


def test_a_lock_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="cannot be used: No such file") as raised:
        try_lock(tmp_path / "gone/lock")
    assert raised.value.exit_code == EXIT_ENVIRONMENT


def test_rows_are_json(tmp_path: Path) -> None:
    use = LockUse("slot", "a/b/c", 1, 0, 1.5, 2.0, 3, Holder(17, "molt-build build", 0))
    assert to_plain(use.published()) == {
        "kind": "slot",
        "name": "a/b/c",
        "slot": 1,
        "waited_s": 1.5,
        "held_s": 2.0,
        "attempts": 3,
        "holder": {"pid": 17, "command": "molt-build build"},
    }
