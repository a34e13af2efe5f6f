"""The machine: its lock, its processors, its description."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from other_processes import kill_all

from molt_build.errors import EnvironmentFailed
from molt_build.measure.environment import read_environment
from molt_build.measure.machine import choose_cpu, measuring
from molt_build.measure.noise import Noise, doctor_findings
from molt_build.sources.revisions import find_commit

HOLDER = """
    import subprocess, sys
    from pathlib import Path
    from molt_build.measure.machine import measuring
    with measuring(Path(sys.argv[1])):
        child = subprocess.Popen(["sleep", "600"], close_fds=False, start_new_session=True)
        print(child.pid, flush=True)
        sys.stdin.read()
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(path)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_one_measurement_at_a_time_until_its_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = start_holder(path)
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        told: list[str] = []
        with (
            pytest.raises(EnvironmentFailed, match=f"process {holder.pid} .* since 20"),
            measuring(path, timeout_s=0.3, on_wait=told.append),
        ):
            pass
        assert len(told) == 1
        holder.kill()
        holder.wait()
        with measuring(path):  # although the holder's child is alive
            os.kill(child, 0)
    finally:
        holder.kill()
        kill_all([child])
        holder.communicate()
    with measuring(path):
        assert f"process {os.getpid()}" in path.read_text()
    assert path.read_text() == ""


def test_the_lock_is_for_all_users_and_writes_to_no_other_file(tmp_path: Path) -> None:
    path, victim = tmp_path / "lock", tmp_path / "victim"
    with measuring(path):
        assert path.stat().st_mode & 0o777 == 0o666
    path.unlink()
    victim.write_text("precious")
    path.symlink_to(victim)
    with pytest.raises(EnvironmentFailed, match="cannot open"), measuring(path):
        pass
    path.unlink()
    path.hardlink_to(victim)
    with pytest.raises(EnvironmentFailed, match="not a plain file"), measuring(path):
        pass
    assert victim.read_text() == "precious"


def test_a_note_cannot_move_the_cursor(tmp_path: Path) -> None:
    from molt_build.measure.machine import holder

    (tmp_path / "lock").write_text("\x1b[2Jprocess 1\n")
    assert holder(tmp_path / "lock") == "[2Jprocess 1"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this system")
def test_a_processor_is_chosen_among_the_allowed() -> None:
    allowed = os.sched_getaffinity(0)
    chosen = choose_cpu()
    assert chosen in allowed
    assert chosen != 0 or allowed == {0}
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert choose_cpu() == min(allowed)
    finally:
        os.sched_setaffinity(0, allowed)


def test_only_listed_facts_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "sesame-open")
    facts = asdict(read_environment(tmp_path))
    text = repr(facts)
    assert "sesame-open" not in text
    assert os.uname().nodename not in {str(value) for value in facts.values()}
    assert str(tmp_path) not in text
    assert facts["git_commit"] is None
    assert facts["machine_class"].startswith(f"{os.uname().machine} / ")
    assert facts["memory_total_bytes"] > facts["memory_available_bytes"] > 0


def committed(folder: Path, text: str) -> str:
    """The commit of a new repository with a file of this text."""

    def git(*words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", "-C", str(folder), *identity, *words],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    folder.mkdir(exist_ok=True)
    git("init", "-q")
    (folder / "file").write_text(text)
    git("add", "file")
    git("commit", "-qm", text)
    return git("rev-parse", "HEAD").strip()


def test_the_commit_and_local_changes_are_recorded(tmp_path: Path) -> None:
    commit = committed(tmp_path, "1")
    clean = read_environment(tmp_path)
    assert (clean.git_commit, clean.git_is_dirty) == (commit, False)
    (tmp_path / "file").write_text("2")
    assert read_environment(tmp_path).git_is_dirty is True


def test_the_commit_is_that_of_the_checkout_in_a_hook_of_another_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, checkout = tmp_path / "other", tmp_path / "checkout"
    committed(other, "1")
    commit = committed(checkout, "2")
    # What git sets for a hook; of the other's index, the checkout's file would count as changed.
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    recorded = read_environment(checkout)
    assert (recorded.git_commit, recorded.git_is_dirty) == (commit, False)
    assert find_commit(checkout, "HEAD") == commit


def test_limits_are_read_from_the_system(tmp_path: Path) -> None:
    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write("proc/self/cgroup", "0::/user/job\n")
    write("proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 400000 kB\n")
    write("proc/cpuinfo", "model name\t: Some  CPU @ 3GHz\nflags : sse hypervisor\n")
    write("sys/fs/cgroup/user/job/cpu.max", "max 100000\n")
    write("sys/fs/cgroup/user/cpu.max", "50000 100000\n")
    write("sys/fs/cgroup/user/job/memory.max", "1073741824\n")
    write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n")
    write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n")
    environment = read_environment(root=tmp_path)
    assert environment.cpu_model == "Some CPU @ 3GHz"
    assert environment.cgroup_cpu_limit == 0.5
    assert environment.cgroup_memory_limit_bytes == 1 << 30
    assert (environment.governor, environment.turbo) == ("powersave", True)
    assert environment.virtualization == "hypervisor"
    environment = replace(environment, load_average=(9.0, 0, 0), cores=2, allowed_cores=2)
    findings = doctor_findings(environment, Noise(0.01, 0.3, 0.4, 4.5, 0.05, 0.6))
    assert [finding.severity for finding in findings] == ["warning"] * 6 + ["note"] * 3
    text = "\n".join(finding.what for finding in findings)
    for word in (
        "powersave",
        "turbo",
        "60% of the processors",
        "5% of the memory",
        "0.5 processors",
    ):
        assert word in text
    quiet = replace(
        environment, governor="performance", turbo=False, cgroup_cpu_limit=None,
        cgroup_memory_limit_bytes=None, virtualization=None,
    )  # fmt: skip
    # A load of 9 that nobody else makes now is that of the build before.
    assert doctor_findings(quiet, Noise(0.01, 0.01, 0.0, 4.5, 0.9, 0.0)) == []
