"""A project with suites of toys, for tests of `molt-build friends`.

`gits` comes from a real bare repository over file://, `locals` from a folder of the project. Their
programs are compiled by a shell script that turns `COMPILED = False` into `COMPILED = True`, so
that a program says itself what happens to it once it is compiled; `warm` is CPython once more,
declared to compile while it runs. The commands run with a measurement lock of their own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, Result, new_project
from lane_projects import COPYC, TOY_HEAD, LaneProject, checked
from other_processes import wait_for

from molt_build.results.bench import BenchResult, Cell

TRACK = """\
#:schema ../../schemas/track.schema.json
kind = "track"
schema_version = 1
name = "NAME"
title = "TITLE"
priority = "P1"
owner = "toys"
exit_gate = "There are no losses."
"""
TRACKS = {
    "OPT-1": ("loops", 'tags = ["loops"]\n'),
    "OPT-2": ("everything else", 'tags = ["loops", "lists"]\n'),
}

TOY = (
    TOY_HEAD
    + """\
outputs = { made = "made/{module}.py" }

[targets.native]
results = ["copy.made"]
run = ["{python}", "{made}", "{args}"]
drive = ["{python}", "{driver}", "{args}"]
environment = { PYTHONPATH = "{out}/made:{source_dir}" }
"""
)

WARM = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "warm"
description = "CPython, as if it compiled while it runs."
engine = "interpreter"
accepts = ["python"]
jit = true

[executables.interpreter]
path = "{python}"
version = ["{interpreter}", "--version"]

[targets.native]
run = ["{interpreter}", "{source}", "{args}"]
drive = ["{interpreter}", "{driver}", "{args}"]
"""

HEAD = """\
#:schema ../../schemas/suite.schema.json
kind = "suite"
schema_version = 1
name = "NAME"
description = "Toys of a friend."
friend = "FRIEND"
licence = "MIT"
present = ["bench/*.py"]
timeout_s = 120
repetitions = 3
"""

ADAPTED = """
[adapter]
drive = "adapters/toys.py"
note = "Calls work() and keeps what it returns."

[default]
mode = "requires_adapter"
"""

ADAPTER = """\
def default(bench):
    module = bench.module()
    return lambda: module.work(bench.size)
"""

# Of what becomes of a program once it is compiled, the compiler's friend says nothing.
ALONE = '[programs.engines.warm]\nmode = "unsupported"\nreason = "of no interest"'

# name -> its file's text, and more lines of its table
GITS = {
    "totals": (
        "COMPILED = False\ndef work(size):\n    return sum(range(size))\n",
        'size = 1000\ntags = ["loops"]\nkernel = "sums"\nquick = true',
    ),
    "quotes": (
        "COMPILED = False\nimport os, sys\n"
        "def work(size):\n"
        "    print(\"it's $HOME `here` \\\\\", sorted({'a', 'b'}), hash('a'))\n"
        "    sys.stderr.write('a word to stderr')\n"
        "    return [os.environ.get('GIVEN'), size]\n",
        'size = 2\ntags = ["lists"]',
    ),
    "differs": (
        "COMPILED = False\ndef work(size):\n    return 'compiled' if COMPILED else 'plain'\n",
        f'tags = ["loops"]\n{ALONE}',
    ),
    "crashes": (
        "COMPILED = False\ndef work(size):\n    if COMPILED:\n        raise SystemExit('lost')\n",
        f'tags = ["loops"]\n{ALONE}',
    ),
    "hangs": (
        "COMPILED = False\nimport time\ndef work(size):\n    time.sleep(600 if COMPILED else 0)\n",
        f'tags = ["loops"]\ntimeout_s = 2\n{ALONE}',
    ),
    "cannot": ("# CANNOT\ndef work(size):\n    return 1\n", f'tags = ["loops"]\n{ALONE}'),
    "sorts_in_c": (
        "def work(size):\n    return 1\n",
        'tags = ["lists"]\nc_accelerated = "sorts in C"',
    ),
    "silent": ("def work(size):\n    return 1\n", 'tags = ["lists"]\nunchecked = "says nothing"'),
    "refused": (
        "def work(size):\n    return 1\n",
        'tags = ["lists"]\n[programs.engines.toy]\nmode = "unsupported"\nreason = "by hand"\n'
        + ALONE,
    ),
}

LOCALS = {
    "prints": (
        "import time\nprint('took', time.perf_counter(), \"s, it's so\")\nprint('six', 2 * 3)\n",
        'form = "script"\ntags = ["loops"]\nquick = true',
    ),
}


@dataclass(frozen=True)
class SuiteProject:
    """A project with suites, and its commands."""

    project: Project
    remote: Path  # the bare repository

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """`molt-build friends`, running."""
        return LaneProject(self.project).start("friends", *words, env=env)

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """`molt-build friends`, to its end."""
        return LaneProject(self.project).run("friends", *words, env=env)

    def friends(self, *words: str, code: int = 0) -> BenchResult:
        """`molt-build friends --json`: the result."""
        done = self.run(*words, "--json")
        assert done.code == code, done.err
        return checked(json.loads(done.out))

    def runs(self) -> list[Path]:
        """The folders of its runs, the latest last."""
        return sorted((self.root / "bench/results/friends").iterdir())

    def result(self) -> BenchResult:
        """The latest run's result."""
        return checked(json.loads((self.runs()[-1] / "result.json").read_text()))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind in the latest run's samples."""
        lines = (self.runs()[-1] / "samples.jsonl").read_text().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]  # it may be being written
        return [row for row in map(json.loads, whole) if row["event"] == kind]

    def wait_for_blocks(self, number: int) -> None:
        """Until the latest run has so many blocks."""

        def there() -> bool:
            folders = list(self.root.glob("bench/results/friends/*/samples.jsonl"))
            return bool(folders) and len(self.events("block")) >= number

        wait_for(there, f"block {number}")


def suite_project(folder: Path) -> SuiteProject:
    """The project on disk, and the repository; nothing is fetched yet."""
    project = new_project(folder, "toy")
    text = project.read("manifests/project.toml")
    project.write("manifests/project.toml", text + 'subject = "toy"\n')
    for name, (title, more) in TRACKS.items():
        head = TRACK.replace("NAME", name).replace("TITLE", title)
        project.write(f"manifests/tracks/{name}.toml", head + more)
    project.write("manifests/toolchains/toy.toml", TOY)
    project.write("manifests/toolchains/warm.toml", WARM)
    project.write("tools/copyc", COPYC, executable=True)
    project.write("manifests/suites/adapters/toys.py", ADAPTER)
    remote, commit = repository(folder, GITS)
    source = f'\n[source]\ngit = "file://{remote}"\ncommit = "{commit}"\n'
    engines = ("cpython", "toy", "warm")
    more = "".join(f'\n[environment.{engine}]\nGIVEN = "given"\n' for engine in engines)
    exclusion = '\n[[exclusions]]\nentries = ["bench/util.py"]\nreason = "support code"\n'
    head = HEAD.replace("NAME", "gits").replace("FRIEND", "warm")
    tables = programs(GITS)
    project.write("manifests/suites/gits.toml", head + source + ADAPTED + more + tables + exclusion)
    head = HEAD.replace("NAME", "locals").replace("FRIEND", "toy")
    head += 'volatile = ["took [0-9.e-]+ s, it\'s so"]\n'
    source = '\n[source]\nproject = "mine"\n\n[default]\nmode = "runs_unmodified"\n'
    project.write("manifests/suites/locals.toml", head + source + programs(LOCALS))
    for name, (content, _) in LOCALS.items():
        project.write(f"mine/bench/{name}.py", content)
    return SuiteProject(project, remote)


def programs(toys: Mapping[str, tuple[str, str]]) -> str:
    """The tables of a suite's programs."""
    return "".join(
        f'\n[[programs]]\nname = "{name}"\nentry = "bench/{name}.py"\n{lines}\n'
        for name, (_, lines) in toys.items()
    )


def repository(folder: Path, toys: Mapping[str, tuple[str, str]]) -> tuple[Path, str]:
    """A bare repository that holds the programs, and the commit."""
    work, bare = folder / "work", folder / "friend.git"
    (work / "bench").mkdir(parents=True)
    for name, (content, _) in toys.items():
        (work / f"bench/{name}.py").write_text(content)
    (work / "bench/util.py").write_text("")

    def git(*words: str) -> str:
        who = ["-c", "user.name=A Friend", "-c", "user.email=friend@example.org"]
        command = ["git", *who, "-c", "commit.gpgsign=false", *words]
        return subprocess.run(
            command, cwd=work, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "Benchmarks")
    git("clone", "--quiet", "--bare", str(work), str(bare))
    git("--git-dir", str(bare), "config", "uploadpack.allowAnySHA1InWant", "true")
    return bare, git("rev-parse", "HEAD")


def cells(result: BenchResult, suite: str) -> dict[tuple[str, str], Cell]:
    """(program, engine) -> cell of a suite."""
    return result.lanes[suite].cells_by_key


Measured = tuple[SuiteProject, BenchResult, Result]
_MEASURED: list[Measured] = []

SECRET = "sesame-5c1f"


def measured(factory: pytest.TempPathFactory) -> Measured:
    """Suites that are measured once for all tests: project, result, how the command ended."""
    if not _MEASURED:
        suites = suite_project(factory.mktemp("suites"))
        done = suites.run("--budget", "0.5", env={"MY_TOKEN": SECRET, "API_KEY": SECRET})
        _MEASURED.append((suites, suites.result(), done))
    return _MEASURED[0]
