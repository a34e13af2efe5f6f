"""What signals do: at any time 130 and one sentence, no traceback, and nothing left running.

At random moments too: `test_trust_trials.test_interrupts`.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project
from case_projects import CaseProject, case_project
from lane_projects import WORK, lane_project
from nox_projects import start_nox
from other_processes import PATIENCE_S, end_of, running, wait_for
from suite_projects import SuiteProject, suite_project

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
NAMES = [number.name for number in SIGNALS]

# A module that a command imports sends the signal to its own process: the moment is exact.
SENDS = """\
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), int(os.environ["NUMBER"]))

sys.meta_path.insert(0, Finder())
"""
# It arrives in a finaliser, where an exception goes no further, when the first job is begun.
FINALISED = """\
import os, sys, threading

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), int(os.environ["NUMBER"]))

def start(thread):
    global kept
    if "molt_build.building.builder" in sys.modules:
        kept = None
    begin(thread)

kept, begin = Finalised(), threading.Thread.start
threading.Thread.start = start
"""


@pytest.mark.parametrize("number", SIGNALS, ids=NAMES)
@pytest.mark.parametrize(
    ("words", "at"),
    [
        (("build",), "molt_build.cli.command_line"),
        (("check",), "molt_build.manifests.model"),
        (("cache", "stats"), "molt_build.store.location"),
    ],
    ids=("entry", "check", "cache"),
)
def test_while_modules_are_imported(
    toys: Project, words: tuple[str, ...], at: str, number: signal.Signals
) -> None:
    toys.write("hooks/sitecustomize.py", SENDS)
    path = f"{toys.root / 'hooks'}{os.pathsep}{REPOSITORY}"
    ended = toys.run(*words, env={"PYTHONPATH": path, "AT": at, "NUMBER": str(number.value)})
    assert (ended.code, ended.err) == (130, "interrupted\n")


def test_one_that_a_finaliser_drops_still_ends_the_command(toys: Project) -> None:
    toys.write("hooks/sitecustomize.py", FINALISED)
    toys.write("programs/one.toy", "SLEEP\n")
    path = f"{toys.root / 'hooks'}{os.pathsep}{REPOSITORY}"
    ended = toys.run("build", env={"PYTHONPATH": path, "NUMBER": "15"})
    assert ended.code == 130
    assert ended.err.splitlines()[-1] == "interrupted" and "ignored" not in ended.err
    wait_for(lambda: not running(str(toys.cache)), "the end of the tool")


def has_begun(toys: Project) -> bool:
    """Whether the tool was started with the first program."""
    return toys.has_logged("translate one.toy")


@contextmanager
def sleeping_build(toys: Project, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A build whose tool runs, and would for long."""
    toys.write("programs/one.toy", "SLEEP\n")
    process = toys.start("build", "one", **options)  # type: ignore[arg-type]
    wait_for(lambda: has_begun(toys), "the tool to start")
    yield process
    wait_for(lambda: not running(str(toys.cache)), "the end of the tool")


@pytest.mark.parametrize("number", SIGNALS, ids=NAMES)
def test_a_build_ends_with_its_compiler(toys: Project, number: signal.Signals) -> None:
    with sleeping_build(toys) as process:
        process.send_signal(number)
        _, err = end_of(process)
        assert process.returncode == 130
        assert err.splitlines()[-1] == "interrupted" and "Traceback" not in err
    assert not list((toys.cache / "staging").iterdir())


def test_an_audit_ends_with_its_compiler(toys: Project) -> None:
    toys.write("programs/one.toy", "HOLD\n")
    toys.go_on.touch()
    toys.build("one")
    toys.log()
    toys.go_on.unlink()
    process = toys.start("cache", "audit", "one")
    wait_for(lambda: has_begun(toys), "the tool to start again")
    process.send_signal(signal.SIGHUP)
    _, err = end_of(process)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted" and "Traceback" not in err
    wait_for(lambda: not running(str(toys.cache)), "the end of the tool")


def test_many_signals_are_one(toys: Project) -> None:
    with sleeping_build(toys) as process:
        while process.poll() is None:
            for number in SIGNALS:
                process.send_signal(number)
        _, err = end_of(process)
        assert process.returncode == 130
        assert err.splitlines().count("interrupted") == 1
        assert "Traceback" not in err and "ignored" not in err


def test_those_that_were_ignored_stay_so(toys: Project) -> None:
    toys.write("programs/one.toy", "HOLD\n")
    # What nohup does, and a shell's `&`.
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        process = toys.start("build", "one")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    wait_for(lambda: has_begun(toys), "the tool to start")
    for number in SIGNALS:
        process.send_signal(number)
    toys.go_on.touch()
    _, err = end_of(process)
    assert process.returncode == 0, err


def test_importing_changes_no_signals(tmp_path: Path) -> None:
    code = (
        "import signal\n"
        "numbers = range(1, 32)\n"
        "before = [signal.getsignal(n) for n in numbers]\n"
        "import molt_build.cli.command_line, molt_build.nox, molt_build.interrupts\n"
        "from molt_build.cli import main\n"
        f"assert main(['--project', {str(tmp_path)!r}, 'schema', 'lane']) == 0\n"
        "assert before == [signal.getsignal(n) for n in numbers]\n"
        "assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def terminal(toys: Project, *words: str) -> Iterator[tuple[int, int]]:
    """A command on a terminal of its own: its id, and the terminal's other side."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(toys.root)
        os.execve(sys.executable, [sys.executable, "-m", "molt_build", *words], toys.variables())
    yield pid, master
    wait_for(lambda: not running(str(toys.cache)), "the end of the tool")


def ended(pid: int) -> int:
    """Its exit code, when it ends in its time."""
    found: list[int] = []

    def has_ended() -> bool:
        reaped, status = os.waitpid(pid, os.WNOHANG)
        found.append(os.waitstatus_to_exitcode(status))
        return reaped == pid

    wait_for(has_ended, "the end of the command")
    return found[-1]


def test_a_closed_terminal_leaves_no_compiler(toys: Project) -> None:
    toys.write("programs/one.toy", "SLEEP\n")
    with terminal(toys, "build", "--trace", "trace.json") as (pid, master):
        wait_for(lambda: has_begun(toys), "the tool to start")
        os.close(master)
        assert ended(pid) == 130


@pytest.mark.parametrize("key", [b"\x03", b"\x1c"], ids=["Ctrl-C", "Ctrl-backslash"])
def test_keys_of_a_terminal(toys: Project, key: bytes) -> None:
    toys.write("programs/one.toy", "SLEEP\n")
    with terminal(toys, "build", "one") as (pid, master):
        wait_for(lambda: has_begun(toys), "the tool to start")
        os.write(master, key)
        assert ended(pid) == 130
        said = os.read(master, 1 << 16).decode()
        os.close(master)
    assert "interrupted" in said and "Traceback" not in said


def test_output_that_nobody_reads_delays_nothing(toys: Project) -> None:
    many = [f"p{number}" for number in range(400)]
    rows = "".join(f'\n[[programs]]\nname = "{name}"\nentry = "one.toy"\n' for name in many)
    toys.write("manifests/workloads/programs.toml", toys.read(WORKLOAD).split("[[")[0] + rows)
    process = toys.start("explain", *many, "--all")
    wait_for(lambda: _is_blocked(process.pid), "the pipe to be full")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 130
    process.communicate()


WORKLOAD = "manifests/workloads/programs.toml"


def _is_blocked(pid: int) -> bool:
    """Whether it sleeps in a call that writes."""
    return Path(f"/proc/{pid}/syscall").read_text().split()[0] == "1"


@pytest.fixture
def cases(tmp_path: Path) -> CaseProject:
    made = case_project(tmp_path)
    made.project.write("programs/two.py", "# FOREVER\n")
    return made


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        (signal.SIGINT, ""),
        (signal.SIGHUP, ""),
        (signal.SIGTERM, 'reference = "cpython"\n'),  # its first build also says how it is run
    ],
    ids=("SIGINT", "SIGHUP", "first-SIGTERM"),
)
def test_clients_of_compile_progress_end_too(
    cases: CaseProject, number: signal.Signals, reference: str
) -> None:
    cases.write_case("cold", 'cache_state = "nocache"\nrepeats = 2\nclients = 2\n' + reference)
    process = cases.start()
    wait_for(lambda: _is_compiling(cases), "a client's compiler")
    process.send_signal(number)
    _, err = end_of(process)
    assert process.returncode == 130 and "Traceback" not in err and "--resume" in err
    wait_for(lambda: not running(str(cases.project.cache)), "the end of all clients")
    assert not running(str(cases.root))


def _is_compiling(cases: CaseProject) -> bool:
    return cases.project.has_logged("two.py")


@pytest.fixture
def suites(tmp_path: Path) -> SuiteProject:
    return suite_project(tmp_path)


@pytest.mark.parametrize("number", (signal.SIGHUP, signal.SIGTERM), ids=("SIGHUP", "SIGTERM"))
def test_a_measured_program_ends_too(
    tmp_path: Path, suites: SuiteProject, number: signal.Signals
) -> None:
    process = suites.start("--budget", "60", "--suite", "gits")
    suites.wait_for_blocks(1)
    process.send_signal(number)
    _, err = end_of(process)
    assert process.returncode == 130 and "Traceback" not in err and "--resume" in err
    wait_for(lambda: not running(str(suites.root)), "the end of all that ran")


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM), ids=("SIGINT", "SIGTERM"))
def test_an_installer_ends_with_its_children(project: Project, number: signal.Signals) -> None:
    """What installs a package runs that package's own build, for as long as it likes."""
    project.write("slow/pyproject.toml", SLOW)
    project.write("slow/backend.py", BACKEND)
    environment = {"PIP_NO_INDEX": "1", "MARK": str(project.root / "began")}
    text = TOOLCHAIN.replace("SLOW", (project.root / "slow").as_uri())
    project.write("manifests/toolchains/slow.toml", text)
    tools = project.write("bin/none", "").parent  # pip is asked where there is no uv
    process = project.start("pin", "slow", env={**environment, "PATH": str(tools)})
    wait_for((project.root / "began").exists, "the package's build")
    process.send_signal(number)
    _, err = end_of(process)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "interrupted" and "Traceback" not in err
    backend = int((project.root / "began").read_text())
    wait_for(lambda: not os.path.exists(f"/proc/{backend}"), "the end of the package's build")


SLOW = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "slow"
version = "1"
"""
BACKEND = """\
import os, time

def prepare_metadata_for_build_wheel(*_):
    with open(os.environ["MARK"] + ".part", "w") as stream:
        stream.write(str(os.getpid()))
    os.rename(os.environ["MARK"] + ".part", os.environ["MARK"])
    time.sleep(600)

build_wheel = prepare_metadata_for_build_wheel
"""
TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "slow"
description = "One whose package takes long to build."
engine = "interpreter"
accepts = ["python"]

[python]
requires = ["slow @ SLOW"]

[targets.native]
run = ["{env_python}", "{source}"]
"""


@pytest.mark.parametrize("who", ["group", "nox"])
def test_nox_ends_what_it_runs(tmp_path: Path, who: str) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    lane.project.replace("manifests/lanes/toys.toml", "budget_s = 0.1\nq", "budget_s = 60\nq")
    lines = ["import molt_build.nox"]
    if who == "nox":  # which waits so long for what the signal did not reach
        lines += ["molt_build.nox._PATIENCE_S = 6.0"]
    lines += ["molt_build.nox.register_sessions('manifests')"]
    process = start_nox(lane, "\n".join(lines), "-s", "toys_native")
    runs = lane.root / "bench/results"
    wait_for(
        lambda: any(
            '"block"' in f.read_text().partition('"plan"')[2]
            for f in runs.glob("*/*/samples.jsonl")
        ),
        "measuring",
    )
    if who == "group":  # as the terminal does
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, _ = end_of(process)
    assert process.returncode != 0
    assert "--resume" in out and "molt_build/interrupts.py" not in out, out
    wait_for(lambda: not running(str(lane.root)), "the end of all that ran")
