"""How steady the machine is, and what makes it noisy: in the same words before and after.

A measurement stands between two probes, and two looks at what other processes do
(`molt_build.measure.others`); `noise_report` says what was wrong. `molt-build doctor` says the same
of the machine as it is now, with what can be done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

from molt_build.codec import added
from molt_build.measure.environment import Environment, load_average, memory
from molt_build.measure.others import look, others_share

PROBE_RUNS = 25
PROBE_LOOPS = 60_000  # about 2 ms of CPython
PROBE_WINDOW_S = 0.25  # of looking at others: 25 ticks of the kernel's counters, each processor
NOISY_SPREAD = 0.08
SLOWED_SHARE = 0.10
BUSY_SHARE = 0.25  # of all processors: half of what one process keeps busy on two of them
LOW_MEMORY_SHARE = 0.10

Severity = Literal["warning", "note"]


@dataclass(frozen=True)
class Noise:
    """How steady the machine is: a fixed piece of work, repeated."""

    probe_median_s: Annotated[float, "Median wall seconds of the work."]
    spread: Annotated[float, "Interquartile range over the median of its wall seconds."]
    stolen_share: Annotated[float, "Share of the wall seconds in which it did not run at all."]
    load_per_core: Annotated[
        float | None, "One-minute load for each processor, our own work of that minute included."
    ]
    memory_available_share: Annotated[float | None, "Share of memory that was free."]
    others_share: Annotated[
        float | None, "Share of all processors that other processes kept busy meanwhile."
    ] = added(None)


@dataclass(frozen=True)
class Finding:
    """Something that makes this machine noisy, and what to do about it."""

    what: Annotated[str, "What it is."]
    severity: Annotated[Severity, "How bad."]
    advice: Annotated[str, "What to do."]


def probe_noise(
    cpu: int | None = None,
    *,
    clock: Callable[[], float] = time.perf_counter,
    root: Path = Path("/"),
) -> Noise:
    """Repeat a fixed piece of work, on `cpu` if given; takes about a quarter of a second."""
    load, before, began = load_average(), look(root), time.monotonic()
    allowed = os.sched_getaffinity(0) if cpu is not None else None
    try:
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})
        _spin()
        used = time.process_time()
        seconds = []
        for _ in range(PROBE_RUNS):
            started = clock()
            _spin()
            seconds.append(clock() - started)
        used = time.process_time() - used
    finally:
        if allowed is not None:
            os.sched_setaffinity(0, allowed)
    if before is not None:
        time.sleep(max(0.0, began + PROBE_WINDOW_S - time.monotonic()))
    ordered = sorted(seconds)
    middle = median(ordered)
    spread = (ordered[(3 * PROBE_RUNS) // 4] - ordered[PROBE_RUNS // 4]) / middle
    total, available = memory(root)
    return Noise(
        probe_median_s=middle,
        spread=spread,
        stolen_share=max(0.0, 1 - used / sum(seconds)),
        load_per_core=load[0] / (os.cpu_count() or 1) if load else None,
        memory_available_share=available / total if total and available is not None else None,
        others_share=others_share(before, look(root)),
    )


def noise_report(before: Noise, after: Noise, meanwhile: float | None = None) -> list[str]:
    """Warnings about a measurement between two probes: at most one sentence each on what was
    before, during and after it; empty when it was quiet.

    `meanwhile` is the share of all processors that others kept busy from the first to the last.
    """
    found = {
        "before": [what for what, _ in _unsteady(before)],
        "during": [],
        "after": [what for what, _ in _unsteady(after)],
    }
    if meanwhile is not None and meanwhile > BUSY_SHARE:
        found["during"].append(_busy(meanwhile))
    change = after.probe_median_s / before.probe_median_s - 1
    if abs(change) > SLOWED_SHARE:
        word = "slower" if change > 0 else "faster"
        found["after"].append(f"the machine was {abs(change):.0%} {word}")
    return [f"{when} the measurement {'; '.join(said)}" for when, said in found.items() if said]


def doctor_findings(environment: Environment, noise: Noise) -> list[Finding]:
    """What makes this machine noisy, the worst first."""
    findings = [Finding(what, "warning", advice) for what, advice in _unsteady(noise)]

    def add(what: str, severity: Severity, advice: str) -> None:
        findings.append(Finding(what, severity, advice))

    if environment.governor is not None and environment.governor != "performance":
        advice = "sudo cpupower frequency-set -g performance"
        add(f"the frequency governor is {environment.governor}", "warning", advice)
    if environment.turbo:
        advice = "turn turbo off in the firmware, or by intel_pstate/no_turbo or cpufreq/boost"
        add("turbo is on: speed depends on heat and on the other cores", "note", advice)
    if environment.cgroup_cpu_limit is not None:
        noun = "processor" if environment.cgroup_cpu_limit == 1 else "processors"
        what = f"a cgroup limits this process to {environment.cgroup_cpu_limit:g} {noun}"
        severity: Severity = "warning" if environment.cgroup_cpu_limit < 1 else "note"
        add(what, severity, "throttled programs stall; measure where there is no quota")
    if environment.cgroup_memory_limit_bytes is not None:
        size = environment.cgroup_memory_limit_bytes / 2**20
        add(f"a cgroup limits memory to {size:.0f} MiB", "note", "compilers may need more")
    if environment.virtualization is not None:
        what = f"this is a virtual machine or container ({environment.virtualization})"
        add(what, "note", "its neighbours cannot be seen; look at the intervals")
    if environment.allowed_cores == 1:
        what = "one processor is allowed: programs share it with everything else"
        add(what, "warning", "give this process a second one")
    return sorted(findings, key=lambda finding: finding.severity != "warning")


def _unsteady(noise: Noise) -> Iterator[tuple[str, str]]:
    """What a probe found to be wrong, and what to do about it."""
    if noise.spread > NOISY_SPREAD:
        what = f"the same work varied by {noise.spread:.0%} (interquartile range)"
        yield what, "intervals get wide: stop other work, or give the lane a larger budget"
    if noise.stolen_share > SLOWED_SHARE:
        what = f"work on one processor had to wait for {noise.stolen_share:.0%} of the time"
        yield what, "stop other work before measuring"
    if noise.others_share is not None and noise.others_share > BUSY_SHARE:
        yield _busy(noise.others_share), "stop other work before measuring"
    share = noise.memory_available_share
    if share is not None and share < LOW_MEMORY_SHARE:
        what = f"only {share:.0%} of the memory was free"
        yield what, "stop other work: programs may be swapped out or killed"


def _busy(share: float) -> str:
    return f"other processes kept {share:.0%} of the processors busy"


def _spin() -> int:
    total = 0
    for number in range(PROBE_LOOPS):
        total += number & 7
    return total
