"""The machine as it was when something was measured.

Only what is listed in `Environment` is recorded: no environment variable, no host name, no path,
no user. What a system does not tell is None. How steady it was is another question
(`molt_build.measure.noise`).
"""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build import processes
from molt_build.clock import utc
from molt_build.codec import added
from molt_build.errors import EnvironmentFailed, ToolFailed, ToolMissing
from molt_build.git_command import run_git

ANSWER_TIMEOUT_S = 10.0  # of a tool; what it would have said is left out

_ASLR = {
    "0": "No randomization",
    "1": "Conservative randomization",
    "2": "Full randomization",
}


@dataclass(frozen=True)
class Environment:
    """What is recorded of a machine; sizes in bytes."""

    machine_class: Annotated[
        str, "Architecture, processor model and cores: runs of one class may be compared."
    ]
    system: Annotated[str, "The operating system."]
    kernel: Annotated[str, "Its kernel's release."]
    architecture: Annotated[str, "The processor's architecture."]
    cpu_model: Annotated[str, "The processor's model."]
    cores: Annotated[int, "How many processors there are."]
    allowed_cores: Annotated[int, "How many of them this process may use."]
    governor: Annotated[str | None, "The frequency governor."]
    turbo: Annotated[bool | None, "Whether turbo is on."]
    virtualization: Annotated[str | None, "The hypervisor or container."]
    load_average: Annotated[tuple[float, float, float] | None, "Over 1, 5 and 15 minutes."]
    memory_total_bytes: Annotated[int | None, "Memory."]
    memory_available_bytes: Annotated[int | None, "Memory that was free."]
    cgroup_cpu_limit: Annotated[float | None, "Processors that a cgroup allows."]
    cgroup_memory_limit_bytes: Annotated[int | None, "Memory that a cgroup allows."]
    python: Annotated[str, "The interpreter that molt_build ran on."]
    git_commit: Annotated[str | None, "The project's commit."]
    git_is_dirty: Annotated[bool | None, "Whether tracked files had changes."]
    host_python: Annotated[
        str | None, "The version of the interpreter {python}, where that is another."
    ] = added(None)
    aslr: Annotated[
        str | None, "How the kernel randomizes addresses, in pyperf's words: Full randomization."
    ] = added(None)
    booted: Annotated[str | None, "When the machine was started, UTC."] = added(None)


def read_environment(checkout: Path | None = None, root: Path = Path("/")) -> Environment:
    """The machine now; the git state is that of `checkout`. `root` is where /proc and /sys lie."""
    model = _cpu_model(root)
    cores = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    total, available = memory(root)
    commit, is_dirty = _git(checkout)
    unit = "core" if cores == 1 else "cores"
    return Environment(
        machine_class=f"{platform.machine()} / {model} / {cores} {unit}",
        system=platform.system(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cpu_model=model,
        cores=cores,
        allowed_cores=allowed,
        governor=_text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        turbo=_turbo(root),
        virtualization=_virtualization(root),
        load_average=load_average(),
        memory_total_bytes=total,
        memory_available_bytes=available,
        cgroup_cpu_limit=_cgroup_cpus(root),
        cgroup_memory_limit_bytes=_cgroup_memory(root, total),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        git_commit=commit,
        git_is_dirty=is_dirty,
        aslr=_ASLR.get(_text(root / "proc/sys/kernel/randomize_va_space") or ""),
        booted=_booted(root),
    )


def _text(path: Path) -> str | None:
    with suppress(OSError):
        return path.read_text(errors="replace").strip() or None
    return None


def _fields(path: Path) -> dict[str, str]:
    """The first value of every "name : value" line."""
    fields: dict[str, str] = {}
    for line in (_text(path) or "").splitlines():
        name, found, value = line.partition(":")
        if found:
            fields.setdefault(name.strip(), value.strip())
    return fields


def _cpu_model(root: Path) -> str:
    fields = _fields(root / "proc/cpuinfo")
    for name in ("model name", "Model", "Hardware", "cpu model"):
        if fields.get(name):
            return " ".join(fields[name].split())
    if sys.platform == "darwin":
        return _output(["sysctl", "-n", "machdep.cpu.brand_string"]) or platform.machine()
    return platform.processor() or platform.machine() or "unknown"


def memory(root: Path) -> tuple[int | None, int | None]:
    """Bytes of memory, and of what of it is free."""
    fields = _fields(root / "proc/meminfo")

    def size(name: str) -> int | None:
        words = fields.get(name, "").split()
        return int(words[0]) * 1024 if words and words[0].isdigit() else None

    total = size("MemTotal")
    if total is None:
        with suppress(OSError, ValueError):
            total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return total, size("MemAvailable")


def _booted(root: Path) -> str | None:
    for line in (_text(root / "proc/stat") or "").splitlines():
        name, _, since = line.partition(" ")
        if name == "btime" and since.isdigit():
            return utc(int(since))
    return None


def load_average() -> tuple[float, float, float] | None:
    """Over 1, 5 and 15 minutes; of everybody's work, our own included."""
    with suppress(OSError):
        return os.getloadavg()
    return None


def _turbo(root: Path) -> bool | None:
    cpu = root / "sys/devices/system/cpu"
    no_turbo = _text(cpu / "intel_pstate/no_turbo")
    if no_turbo is not None:
        return no_turbo == "0"
    boost = _text(cpu / "cpufreq/boost")
    return boost == "1" if boost is not None else None


def _virtualization(root: Path) -> str | None:
    for marker, name in ((".dockerenv", "docker"), ("run/.containerenv", "podman")):
        if (root / marker).exists():
            return name
    hypervisor = _text(root / "sys/hypervisor/type")
    if hypervisor is not None:
        return hypervisor
    vendor = (_text(root / "sys/class/dmi/id/sys_vendor") or "").lower()
    known = {"qemu": "kvm", "amazon": "kvm", "google": "kvm", "vmware": "vmware", "xen": "xen"}
    for word, name in {**known, "microsoft": "hyperv", "innotek": "virtualbox"}.items():
        if word in vendor:
            return name
    flags = _fields(root / "proc/cpuinfo").get("flags", "").split()
    return "hypervisor" if "hypervisor" in flags else None


def _cgroup_cpus(root: Path) -> float | None:
    """The processor quota of this process's cgroup or of one above it (version 2, then 1)."""
    limits = []
    for folder in _cgroup_folders(root):
        quota, _, period = (_text(folder / "cpu.max") or "max").partition(" ")
        if quota.isdigit() and period.isdigit():
            limits.append(int(quota) / int(period))
    old = root / "sys/fs/cgroup/cpu"
    quota, period = _text(old / "cpu.cfs_quota_us") or "", _text(old / "cpu.cfs_period_us") or ""
    if quota.isdigit() and period.isdigit():
        limits.append(int(quota) / int(period))
    return min(limits, default=None)


def _cgroup_memory(root: Path, total: int | None) -> int | None:
    limits = [_text(folder / "memory.max") for folder in _cgroup_folders(root)]
    limits.append(_text(root / "sys/fs/cgroup/memory/memory.limit_in_bytes"))
    sizes = [int(limit) for limit in limits if limit is not None and limit.isdigit()]
    smallest = min(sizes, default=None)
    # Without a limit, version 1 says a number above any memory.
    return None if smallest is None or (total is not None and smallest >= total) else smallest


def _cgroup_folders(root: Path) -> list[Path]:
    base = root / "sys/fs/cgroup"
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        if line.startswith("0::"):
            own = base / line[3:].lstrip("/")
            return [own, *(parent for parent in own.parents if parent.is_relative_to(base))]
    return [base]


def _git(checkout: Path | None) -> tuple[str | None, bool | None]:
    if checkout is None:
        return None, None
    commit = _git_says(checkout, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None, None
    # Results are written into the checkout, so files that git does not know say nothing.
    status = _git_says(checkout, "status", "--porcelain", "--untracked-files=no")
    return commit, None if status is None else bool(status)


def _git_says(checkout: Path, *words: str) -> str | None:
    with suppress(EnvironmentFailed, ToolMissing):
        done = run_git(checkout, *words, timeout_s=ANSWER_TIMEOUT_S)
        return done.stdout.strip() if done.returncode == 0 else None
    return None


def _output(argv: list[str]) -> str | None:
    with suppress(ToolFailed):
        return processes.output(argv, timeout_s=ANSWER_TIMEOUT_S).strip()
    return None
