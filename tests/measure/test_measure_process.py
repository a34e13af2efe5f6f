"""Real programs, started, timed, ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from other_processes import PATIENCE_S, wait_for

from molt_build.measure import process
from molt_build.measure.process import Command, Launcher, Sample

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Launcher() as started:
        yield started


def run(command: Command, *, timeout_s: float) -> Sample:
    """Run the command once, by a launcher for this run alone."""
    with Launcher() as launcher:
        return launcher.run(command, timeout_s=timeout_s)


def python(source: str, tmp_path: Path, **environment: str) -> Command:
    argv = (sys.executable, "-S", "-c", textwrap.dedent(source))
    return Command(argv, str(tmp_path), {**ENVIRONMENT, **environment})


def is_alive(pid: int) -> bool:
    """Running, not a zombie that nobody has reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or while it was
        return False
    return state not in "ZX"


def test_a_program_is_timed_and_its_output_kept(launcher: Launcher, tmp_path: Path) -> None:
    source = "import sys, time; time.sleep(0.2); print('out'); print('err', file=sys.stderr)"
    sample = launcher.run(python(source, tmp_path), timeout_s=PATIENCE_S)
    assert (sample.exit_status, sample.signal, sample.failure) == (0, None, None)
    assert (sample.stdout, sample.stderr_tail) == (b"out\n", "err\n")
    assert sample.stdout_size == 4
    assert 0.2 <= sample.metrics["wall_s"] < PATIENCE_S
    assert sample.metrics["cpu_s"] < sample.metrics["wall_s"]


def test_processor_time_includes_children(launcher: Launcher, tmp_path: Path) -> None:
    source = """
        import os, time
        if os.fork() == 0:
            while time.process_time() < 0.3: pass
            os._exit(0)
        os.wait()
    """
    sample = launcher.run(python(source, tmp_path), timeout_s=PATIENCE_S)
    assert 0.29 <= sample.metrics["cpu_s"] < PATIENCE_S


def test_the_environment_is_exactly_the_given_one(
    launcher: Launcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "1")
    command = Command(("env",), str(tmp_path), {**ENVIRONMENT, "A": "b=c\nd", "EMPTY": ""})
    sample = launcher.run(command, timeout_s=PATIENCE_S)
    assert sorted(sample.stdout.splitlines()) == sorted(
        [b"PATH=/usr/bin:/bin", b"A=b=c", b"d", b"EMPTY="]
    )


def test_a_program_has_no_input_its_folder_and_only_three_files(
    launcher: Launcher, tmp_path: Path
) -> None:
    source = """
        import os, signal, sys
        print(repr(sys.stdin.read()), os.getcwd(), os.getsid(0) == os.getpid())
        print(sorted(os.listdir('/proc/self/fd'))[:4], signal.getsignal(signal.SIGINT))
    """
    sample = launcher.run(python(source, tmp_path), timeout_s=PATIENCE_S)
    first, second = sample.stdout.decode().splitlines()
    assert first == f"'' {tmp_path} True"
    assert second.startswith("['0', '1', '2', '3']")  # the fourth reads the folder itself
    assert "default_int_handler" in second


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this system")
def test_a_program_is_pinned(launcher: Launcher, tmp_path: Path) -> None:
    cpu = max(os.sched_getaffinity(0))
    command = python("import os; print(os.sched_getaffinity(0))", tmp_path)
    assert launcher.run(command, timeout_s=PATIENCE_S, cpu=cpu).stdout.decode() == f"{{{cpu}}}\n"


def test_failures_are_told_in_words(launcher: Launcher, tmp_path: Path) -> None:
    status = launcher.run(python("raise SystemExit(3)", tmp_path), timeout_s=PATIENCE_S)
    assert (status.exit_status, status.failure) == (3, "failed with exit status 3")
    source = "import os; os.kill(os.getpid(), 11)"
    killed = launcher.run(python(source, tmp_path), timeout_s=PATIENCE_S)
    assert (killed.exit_status, killed.signal) == (None, 11)
    assert killed.failure == "was killed by signal 11 (SIGSEGV)"
    absent = launcher.run(Command(("no-such-program",), "/", ENVIRONMENT), timeout_s=PATIENCE_S)
    assert absent.failure == "could not be started: no-such-program was not found"
    refused = launcher.run(Command((str(tmp_path),), "/", ENVIRONMENT), timeout_s=PATIENCE_S)
    assert refused.failure == "could not be started: Permission denied"
    nowhere = launcher.run(
        Command(("true",), str(tmp_path / "no"), ENVIRONMENT), timeout_s=PATIENCE_S
    )
    assert nowhere.failure == "could not be started: No such file or directory"


def test_long_output_is_bounded_but_compared_whole(launcher: Launcher, tmp_path: Path) -> None:
    source = "import sys; sys.stdout.write('x' * 3_000_000 + {!r})"
    one = launcher.run(python(source.format("a"), tmp_path), timeout_s=PATIENCE_S)
    other = launcher.run(python(source.format("b"), tmp_path), timeout_s=PATIENCE_S)
    assert one.stdout == other.stdout
    assert len(one.stdout) == process.STDOUT_LIMIT_BYTES
    assert one.stdout_size == 3_000_001
    assert one.stdout_sha256 != other.stdout_sha256


def test_a_timeout_ends_grandchildren_too(launcher: Launcher, tmp_path: Path) -> None:
    source = """
        import os, time
        if os.fork() == 0:
            open('grandchild', 'w').write(str(os.getpid()))
            time.sleep(600)
        time.sleep(600)
    """
    written = tmp_path / "grandchild"
    for timeout_s in (0.5, 4.0, 32.0):  # until both are started in time
        sample = launcher.run(python(source, tmp_path), timeout_s=timeout_s)
        assert sample.timed_out
        if written.exists() and written.read_text():
            break
    assert sample.failure is not None
    [after_s] = re.findall(r"^was ended after (\d+\.\d+)", sample.failure)
    assert float(after_s) >= timeout_s
    pid = int(written.read_text())
    wait_for(lambda: not is_alive(pid), "the grandchild's end")


def test_what_a_program_leaves_behind_is_ended(launcher: Launcher, tmp_path: Path) -> None:
    command = Command(("sh", "-c", "sleep 600 & echo $!"), str(tmp_path), ENVIRONMENT)
    sample = launcher.run(command, timeout_s=PATIENCE_S)
    assert sample.exit_status == 0
    assert sample.metrics["wall_s"] < 600
    wait_for(lambda: not is_alive(int(sample.stdout)), "the end of what was left")


def test_peak_memory_is_the_programs_own(tmp_path: Path) -> None:
    """The measuring process is made 500 MB big; a small program must not look so."""
    source = f"""
        import sys
        ballast = bytearray(500 << 20)
        for page in range(0, len(ballast), 4096):
            ballast[page] = 1
        from molt_build.measure.process import Command, Launcher
        big = "b = bytearray(200 << 20)\\nfor i in range(0, len(b), 4096): b[i] = 1"
        with Launcher() as launcher:
            for argv in (("true",), (sys.executable, "-I", "-S", "-c", big)):
                sample = launcher.run(Command(argv, "/", {ENVIRONMENT!r}), timeout_s=30)
                print(int(sample.metrics["peak_memory_bytes"]))
            print(launcher.peak_memory_floor_bytes)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), **ENVIRONMENT},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    small, big, floor = (int(line) for line in done.stdout.split())
    assert small < 10 * MIB
    assert 200 * MIB < big < 240 * MIB
    assert small <= floor * 1.2
    assert floor < 10 * MIB


def test_one_run_by_its_own_launcher() -> None:
    assert run(Command(("true",), "/", ENVIRONMENT), timeout_s=PATIENCE_S).exit_status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_orphan_outlives_the_measuring_process(tmp_path: Path, number: int) -> None:
    source = """
        from molt_build.measure.process import Command, Launcher
        import sys
        sleeper = "import os, time; open('pid', 'w').write(f'{os.getpid()}\\\\n'); time.sleep(600)"
        with Launcher() as launcher:
            launcher.run(Command((sys.executable, "-c", sleeper), sys.argv[1], {}), timeout_s=500)
    """
    measuring = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source), str(tmp_path)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    pid_file = tmp_path / "pid"
    wait_for(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), "the program")
    measuring.send_signal(number)
    assert measuring.wait(PATIENCE_S) == -number
    wait_for(lambda: not is_alive(int(pid_file.read_text())), "the program's end")
    if number == signal.SIGINT:
        assert not list(tmp_path.glob("molt-build-run-*"))
