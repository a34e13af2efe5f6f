"""Noise: what others do on the machine is told from what we do ourselves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from lane_projects import lane_project
from other_processes import kill_all, wait_for

from molt_build.measure.environment import read_environment
from molt_build.measure.machine import choose_cpu
from molt_build.measure.noise import BUSY_SHARE, Noise, doctor_findings, noise_report, probe_noise
from molt_build.measure.others import look, others_share

NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="no /proc: nothing is said of others"
)
SPIN = "import time; end = time.monotonic() + 300\nwhile time.monotonic() < end: pass"
QUIET = Noise(0.002, 0.01, 0.0, 3.0, 0.9, 0.02)  # the load is that of our own last minute


@contextmanager
def somebody_else_busy(count: int) -> Iterator[None]:
    """Processes that spin, and are nobody's children by now."""
    script = 'for n in $(seq "$1"); do "$2" -c "$3" >/dev/null 2>&1 & echo $!; done'
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(count), sys.executable, SPIN],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    try:
        yield
    finally:
        kill_all(map(int, done.stdout.split()))


def test_noise_is_probed_and_reported() -> None:
    noise = probe_noise(choose_cpu())
    assert noise.probe_median_s > 0
    assert 0 <= noise.stolen_share < 1
    assert noise_report(QUIET, QUIET, 0.0) == []  # whatever the load average
    noisy = Noise(0.003, 0.4, 0.5, 0.0, 0.02, 0.7)
    report = noise_report(QUIET, noisy, 0.5)
    assert report == [
        "during the measurement other processes kept 50% of the processors busy",
        "after the measurement the same work varied by 40% (interquartile range); "
        "work on one processor had to wait for 50% of the time; "
        "other processes kept 70% of the processors busy; "
        "only 2% of the memory was free; the machine was 50% slower",
    ]


def test_doctor_says_it_in_the_words_of_a_result() -> None:
    noisy = Noise(0.002, 0.4, 0.5, 0.0, 0.02, 0.7)
    environment = replace(read_environment(), governor=None, turbo=None, allowed_cores=2)
    said = [finding.what for finding in doctor_findings(environment, noisy)]
    (before,) = noise_report(noisy, QUIET)
    words = before.removeprefix("before the measurement ").split("; ")
    assert len(words) == 4 and set(words) <= set(said)


def test_what_we_and_our_children_did_is_not_others_work(tmp_path: Path) -> None:
    proc = tmp_path / "proc"

    def process(pid: int, parent: int, name: str, *times: int) -> None:
        (proc / str(pid)).mkdir(parents=True, exist_ok=True)
        zeros = " ".join("0" * 9)
        spent = " ".join(map(str, times))
        (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} {zeros} {spent} 20 0\n")

    def machine(user: int, steal: int) -> None:
        cpus = "\n".join(f"cpu{n} 0 0 0 0 0 0 0 0" for n in range(2))
        (proc / "stat").write_text(f"cpu {user} 0 0 999 50 0 0 {steal} 7 0\n{cpus}\nbtime 1\n")

    process(1, 0, "init", 5, 5, 900, 900)
    process(70, 1, "us (with) 1 2 3", 100, 0, 10, 0)
    process(71, 70, "our child", 20, 0, 0, 0)
    process(72, 71, "its child", 5, 0, 0, 0)
    process(80, 1, "somebody", 300, 0, 0, 0)
    machine(user=2000, steal=0)
    before = look(tmp_path, 70)
    assert before is not None and before.processors == 2
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    assert before.own_s == pytest.approx(135 * tick_s)
    # Our child has ended, and its time is in what we waited for; somebody was busy, and so was
    # another virtual machine.
    (proc / "71/stat").unlink()
    (proc / "72/stat").unlink()
    process(70, 1, "us", 110, 0, 75, 0)
    machine(user=2000 + 50 + 60, steal=40)
    after = look(tmp_path, 70)
    assert after is not None
    after = replace(after, at_s=before.at_s + 100 * tick_s)
    assert others_share(before, after) == pytest.approx((60 + 40) / 200)
    assert others_share(before, replace(after, own_s=before.own_s + 9)) == 0.0
    assert others_share(None, after) is None and look(tmp_path / "nowhere") is None


@NEEDS_PROC
def test_a_child_that_is_busy_is_our_own_work_even_when_it_is_gone() -> None:
    first = look()
    assert first is not None
    child = subprocess.Popen([sys.executable, "-c", SPIN])
    try:

        def own_s() -> float:
            now = look()
            assert now is not None
            return now.own_s - first.own_s

        wait_for(lambda: own_s() >= 0.3, "the child's work")
        alive = own_s()
    finally:
        child.kill()
        child.wait()
    assert own_s() >= alive


@NEEDS_PROC
def test_a_process_of_somebody_else_is_others_work() -> None:
    with somebody_else_busy(1):
        first = look()
        assert first is not None

        def others_s() -> float:
            now = look()
            assert now is not None
            return (others_share(first, now) or 0) * (now.at_s - first.at_s) * now.processors

        wait_for(lambda: others_s() >= 0.3, "the work of somebody else")


@NEEDS_PROC
def test_a_result_says_that_others_were_busy(tmp_path: Path) -> None:
    project = lane_project(tmp_path)
    with somebody_else_busy(os.cpu_count() or 1):
        done = project.run("bench", "toys_native", "--quick", "--program", "work")
    assert done.code == 0, done.err
    lane = project.result().lane
    (part,) = lane.parts
    assert part.others_share is not None and part.others_share > BUSY_SHARE
    assert part.noise_before is not None and part.noise_before.others_share is not None
    (during,) = [line for line in lane.warnings if line.startswith("during the measurement other")]
    assert f"noise: {during}" in done.out
