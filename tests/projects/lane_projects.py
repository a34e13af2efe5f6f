"""A lane of toys, for tests of measuring: small real programs, a compiler that copies them.

Its compiler is a shell script that turns `COMPILED = False` into `COMPILED = True`, so a program
says itself what happens to it once it is compiled. The commands run with a measurement lock
of their own: tests must not wait for a measurement of the machine's user. Their quick runs have a
budget that everything fits, runs that may take long, and one block.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fork_server
import pytest
from build_projects import REPOSITORY, Project, Result, new_project
from jsonschema import Draft202012Validator
from other_processes import PATIENCE_S

from molt_build.results.bench import BenchResult
from molt_build.results.files import from_json

SCHEMA = json.loads((REPOSITORY / "schemas/result.schema.json").read_text())

MAIN = f"""\
import os, sys
sys.path.append({str(Path(__file__).parent)!r})
from fork_server import set_for_tests
set_for_tests(os.environ)
from molt_build.cli import main
sys.exit(main())
"""

TOY_HEAD = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toy"
description = "A compiler that copies."
engine = "compiler"
accepts = ["python"]
reason_pattern = "^copyc: error: (.+)$"

[executables.copyc]
path = "{project}/tools/copyc"
version = ["{copyc}", "--version"]

[[stages]]
name = "copy"
argv = ["{copyc}", "{entry}", "{made}"]
"""

TOY = (
    TOY_HEAD
    + """\
outputs = { made = "{module}_made.py" }

[targets.native]
results = ["copy.made"]
run = ["{python}", "{made}", "{args}"]
environment = { MADE_BY = "toy" }

[[unsupported]]
programs = ["bench_refused"]
reason = "it is refused by hand"
"""
)

COPYC = """\
#!/bin/sh
[ "$1" = --version ] && { echo "copyc 1.0"; exit 0; }
grep -q CANNOT "$1" && { echo "copyc: error: cannot take /tmp/some/folder/$1" >&2; exit 3; }
sed 's/COMPILED = False/COMPILED = True/' "$1" > "$2"
"""

ABSENT = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "absent"
description = "Not on any machine."
engine = "interpreter"
accepts = ["python"]

[executables.absent]
names = ["molt-build-test-absent"]
install_hint = "nothing installs it"

[targets.native]
run = ["{absent}", "{source}"]
"""

LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "toys_native"
description = "Toys against CPython."
workloads = ["toys"]
reference = "cpython"
subject = "toy"
engines = ["toy"]
optional = ["absent"]
profile = "dev"
startup_program = "empty"
budget_s = 0.1
quick_budget_s = 30
run_timeout_s = 120
min_effect = 0.02
"""

WORK = "COMPILED = False\ntotal = sum(range(100_000))\nprint(total)\n"

# What a run leaves must not be there for the next: both would not print the same.
TIDY = """\
import os, sys
from pathlib import Path
places = [Path.home(), Path(os.environ["TMPDIR"]), Path.cwd()]
print([len(list(place.iterdir())) for place in places], sys.dont_write_bytecode)
print(sorted(set(os.environ) - {"LC_CTYPE", "MADE_BY"}), hash("a"))
for place in places:
    (place / "left").write_text("left by the run before")
    (place / "folder").mkdir()
"""

PROGRAMS = {
    "bench_work": WORK,
    "bench_tidy": TIDY,
    "bench_differs": "COMPILED = False\nprint('same')\nprint('compiled', COMPILED)\n",
    "bench_crashes": "COMPILED = False\nif COMPILED:\n    raise SystemExit('lost my way')\n",
    "bench_cannot": "# CANNOT\nprint(1)\n",
    "bench_refused": "print(2)\n",
}


def run_measuring(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Result:
    """A command that measures, to its end: forked where it may be, else in its own interpreter."""
    if fork_server.may_fork(environment):
        code, out, err = fork_server.run(words, folder, environment, timeout_s=PATIENCE_S)
    else:
        process = subprocess.run(
            [sys.executable, "-c", MAIN, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        code, out, err = process.returncode, process.stdout, process.stderr
    assert "Traceback" not in err, err
    return Result(code, out, err)


@dataclass(frozen=True)
class LaneProject:
    """A project with a lane, and its commands."""

    project: Project

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    def start(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> subprocess.Popen[str]:
        """The command, running."""
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *words],
            cwd=self.root,
            env=self.variables(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """The command, to its end."""
        return run_measuring(words, self.root, self.variables(env))

    def variables(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment of a command."""
        quick = {"TESTED_QUICK_BLOCKS": "1", "TESTED_RUN_LIMIT_S": "60"}
        return {**quick, **self.project.variables(extra)}

    def bench(self, *words: str, code: int = 0, lane: str = "toys_native") -> BenchResult:
        """`molt-build bench LANE --json`: the result."""
        done = self.run("bench", lane, *words, "--json")
        assert done.code == code, done.err
        return checked(json.loads(done.out))

    def result(self) -> BenchResult:
        """The latest run's result."""
        return checked(json.loads((self.runs()[-1] / "result.json").read_text()))

    def runs(self) -> list[Path]:
        """The folders of its runs, the latest last."""
        return sorted((self.root / "bench/results/toys_native").iterdir())


def checked(plain: Any) -> BenchResult:
    """A result of lanes, which is what the published schema says."""
    errors = list(Draft202012Validator(SCHEMA).iter_errors(plain))
    assert not errors, [f"{list(error.path)}: {error.message[:200]}" for error in errors[:3]]
    result = from_json(plain)
    assert isinstance(result, BenchResult)
    return result


def lane_project(folder: Path, programs: Mapping[str, str] = PROGRAMS) -> LaneProject:
    """The project on disk; nothing is built or measured yet."""
    project = new_project(folder, "toy")
    project.write("manifests/toolchains/toy.toml", TOY)
    project.write("manifests/toolchains/absent.toml", ABSENT)
    project.write("manifests/lanes/toys.toml", LANE)
    project.write("tools/copyc", COPYC, executable=True)
    rows = [
        "#:schema ../../schemas/workload.schema.json",
        'kind = "workload"\nschema_version = 1\nname = "WORKLOAD"\ndescription = "Toys."',
        'language = "python"\n\n[source]\nproject = "programs"\n',
    ]
    head = "\n".join(rows)
    body = "".join(f'\n[[programs]]\nname = "{n}"\nfamily = "{n[6:]}"\n' for n in programs)
    project.write("manifests/workloads/toys.toml", head.replace("WORKLOAD", "toys") + body)
    empty = '\n[[programs]]\nname = "empty"\n'
    project.write("manifests/workloads/start.toml", head.replace("WORKLOAD", "start") + empty)
    for name, text in {**programs, "empty": ""}.items():
        project.write(f"programs/{name}.py", text)
    return LaneProject(project)


Measured = tuple[LaneProject, BenchResult, Result]
_MEASURED: list[Measured] = []


def measured(factory: pytest.TempPathFactory) -> Measured:
    """A lane that is measured once for all tests: project, result, how the command ended."""
    if not _MEASURED:
        lane = lane_project(factory.mktemp("lane"))
        done = lane.run("bench", "toys_native", "--toolchain", "absent", "--aa")
        _MEASURED.append((lane, lane.result(), done))
    return _MEASURED[0]


def with_halving_release(toolchain: str) -> str:
    """A toy compiler whose command is told when it builds a release: to do half of the work."""
    told = toolchain.replace('"{made}"]', '"{made}", "{flags}"]', 1)
    return (
        told
        + """\

[flags.dev]
copy = []

[flags.release]
copy = ["--half"]
"""
    )
