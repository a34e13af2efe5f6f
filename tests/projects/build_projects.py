"""Projects on disk for tests of the build: written to a folder, and built by the real command.

The toy compiler is a shell script that the project itself carries. It appends a line to a log each
time it runs, so a test counts what was really executed; what a program's text says (FAIL, WARN,
SLEEP, ...) is what happens to it. One that says HOLD is compiled once `go_on` is there, so that a
test lets the compiler end when what it waits for has happened.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fork_server
import pytest
from other_processes import PATIENCE_S, end_of, idle, wait_for

REPOSITORY = Path(__file__).parents[2]

PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "tested"
description = "A project of a test."
default_toolchain = "TOOLCHAIN"
default_profile = "dev"
"""

TOY = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toy"
description = "A compiler of toys: takes comments away, then makes a shell script."
engine = "compiler"
accepts = ["toy"]
reason_pattern = "^toyc: error: (.+)$"

[executables.toyc]
path = "{project}/tools/toyc"

[[stages]]
name = "translate"
argv = ["{toyc}", "translate", "{entry}", "{text}", "{flags}"]
outputs = { text = "{module}.text" }
candidates = ["data/*.txt"]
timeout_s = 600

[[stages]]
name = "assemble"
inputs = { text = "translate.text" }
argv = ["{toyc}", "assemble", "{text}", "{script}"]
outputs = { script = "{module}.sh" }

[flags.dev]
translate = ["-v"]

[targets.native]
results = ["assemble.script"]
run = ["{script}"]
"""

TOYC = """\
#!/bin/sh
echo "$1 $2" >> "LOG"
case "$1" in
translate)
    text=$(cat "$2")
    case "$text" in *WARN*) echo "$2:1: warning: dubious" >&2;; esac
    case "$text" in *SLEEP*) sleep 600;; esac
    case "$text" in *NAP*) sleep 0.3;; esac
    case "$text" in *HOLD*) while ! [ -e "LOG.go-on" ]; do sleep 0.02; done;; esac
    case "$text" in
    *FAIL*)
        echo "some output"
        echo "toyc: error: it's too \\"hard\\" in $PWD/$2" >&2
        exit 7;;
    *KILL*) kill -SEGV $$;;
    *NOTHING*) exit 0;;
    esac
    sed 's/[[:space:]]*#.*//' "$2" > "$3";;
assemble)
    { echo '#!/bin/sh'; sed 's/.*/echo "&"/' "$2"; } > "$3"
    chmod +x "$3";;
esac
"""


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A project folder, a cache directory of its own, and the environment commands get."""

    root: Path
    cache: Path
    log_file: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str | bytes, *, executable: bool = False) -> Path:
        """Write one file, with its folders."""
        whole = self.root / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(text if isinstance(text, bytes) else text.encode())
        if executable:
            whole.chmod(0o755)
        return whole

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_text()

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old`."""
        text = self.read(path)
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
        mode = (self.root / path).stat().st_mode
        self.write(path, text.replace(old, new)).chmod(mode)

    def variables(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment of a command."""
        names = ("MOLT_BUILD_", "PYTHON", "GIT_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(names)}
        return {
            **inherited,
            "PYTHONPATH": str(REPOSITORY),
            "MOLT_BUILD_CACHE_DIR": str(self.cache),
            "TESTED_LOCK": str(self.cache.parent / "lock"),  # see `fork_server`
            **self.environment,
            **(extra or {}),
        }

    def start(
        self, *words: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """The command, running."""
        return subprocess.Popen(
            [sys.executable, "-m", "molt_build", *words],
            cwd=self.root,
            env=self.variables(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """Run the command to its end."""
        variables = self.variables(env)
        if fork_server.may_fork(variables):
            code, out, err = fork_server.run(words, self.root, variables, timeout_s=PATIENCE_S)
        else:
            process = self.start(*words, env=env)
            out, err = end_of(process)
            code = process.returncode
        assert "Traceback" not in err, err
        return Result(code, out, err)

    def build(self, *words: str, env: Mapping[str, str] | None = None, code: int = 0) -> Any:
        """`molt-build build --json`: the report."""
        result = self.run("build", *words, "--json", env=env)
        assert result.code == code, result.err
        return json.loads(result.out)

    def explain(self, *words: str) -> list[dict[str, Any]]:
        """`molt-build explain --json`: the actions."""
        result = self.run("explain", *words, "--json")
        assert result.code == 0, result.err
        actions: list[dict[str, Any]] = json.loads(result.out)["actions"]
        return actions

    def copy(self, root: Path) -> Project:
        """The same project in another folder, without what builds left; same cache and log."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(".molt-build"))
        return Project(root, self.cache, self.log_file, self.environment)

    @property
    def go_on(self) -> Path:
        """What the toy compiler waits for where a program says HOLD."""
        return self.log_file.with_name(self.log_file.name + ".go-on")

    def log(self) -> list[str]:
        """What the toy compiler, or a wrapper, wrote since it was last asked."""
        if not self.log_file.exists():
            return []
        lines = self.log_file.read_text().splitlines()
        self.log_file.unlink()
        return lines

    def has_logged(self, line: str = "") -> bool:
        """Whether the toy compiler has written this line, or any, since `log` was last asked."""
        text = self.log_file.read_text() if self.log_file.exists() else ""
        return f"{line}\n" in text

    def output(self, path: str, toolchain: str = "toy", target: str = "native") -> Path:
        """A materialised output, as PROGRAM/NAME, of the dev profile."""
        return self.root / ".molt-build/out" / toolchain / "dev" / target / path


def until_waiting(project: Project, builds: Sequence[subprocess.Popen[str]], number: int) -> None:
    """Until all these builds have begun, and so many of them wait for what others hold."""
    pids = [build.pid for build in builds]
    begun = project.cache / "running"
    wait_for(lambda: all(any(begun.glob(f"{pid}-*")) for pid in pids), f"{len(pids)} builds")
    wait_for(lambda: len(idle(pids)) == number, f"{number} waits")


def executed(report: Any) -> list[str]:
    """PROGRAM STAGE of what was executed."""
    return [
        f"{row['program']} {row['stage']}"
        for row in report["actions"]
        if row["status"] == "executed"
    ]


def statuses(report: Any) -> dict[str, str]:
    """PROGRAM STAGE -> status."""
    return {f"{row['program']} {row['stage']}": row["status"] for row in report["actions"]}


def workload(language: str, *programs: str, source: str = 'project = "programs"') -> str:
    """A workload manifest; a program is NAME or NAME=ENTRY."""
    rows = [
        "#:schema ../../schemas/workload.schema.json",
        'kind = "workload"\nschema_version = 1\nname = "programs"\ndescription = "Tested."',
        f'language = "{language}"\n\n[source]\n{source}',
    ]
    for program in programs:
        name, _, entry = program.partition("=")
        rows.append(f'\n[[programs]]\nname = "{name}"')
        if entry:
            rows.append(f'entry = "{entry}"')
    return "\n".join(rows) + "\n"


def cache_manifest(project: Project, text: str) -> None:
    """Write the project's cache manifest: what every one begins with, and `text`."""
    lines = ["#:schema ../schemas/cache.schema.json", 'kind = "cache"', "schema_version = 1"]
    lines += ['name = "cache"', 'description = "Tested."', text]
    project.write("manifests/cache.toml", "\n".join(lines))


def new_project(folder: Path, toolchain: str = "cython") -> Project:
    """An empty project and its cache, below `folder`."""
    root = folder / "project"
    cache = folder / "cache"
    cache.mkdir(parents=True)
    project = Project(root, cache, folder / "log")
    project.write("manifests/project.toml", PROJECT.replace("TOOLCHAIN", toolchain))
    return project


def toy_project(folder: Path) -> Project:
    """Three toy programs and the toolchain that takes them."""
    project = new_project(folder, "toy")
    project.write("manifests/toolchains/toy.toml", TOY)
    names = ("one", "two", "three")
    project.write(
        "manifests/workloads/programs.toml", workload("toy", *(f"{n}={n}.toy" for n in names))
    )
    project.write("tools/toyc", TOYC.replace("LOG", str(project.log_file)), executable=True)
    for name in names:
        project.write(f"programs/{name}.toy", f"{name} says hello # a comment\n")
    return project


def needs(program: str) -> str:
    """The path of a program; the test is skipped, naming it, where it is absent."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not on PATH")
    return path


def needs_rust() -> None:
    """The test is skipped where cargo or rustc is absent, or does not work."""
    needs("cargo")
    rustc = subprocess.run([needs("rustc"), "--version"], capture_output=True, text=True)
    if rustc.returncode != 0:  # a proxy of rustup, with no toolchain chosen for this HOME
        pytest.skip(f"rustc does not work here: {rustc.stderr.strip()[:200]}")


def python_tool(text: str) -> str:
    """A script that this interpreter runs without its site, wherever that lies.

    A `#!` line takes no path with a space: a shell hands the script on, and Python sees a string.
    """
    return f'#!/bin/sh\n"exec" "{sys.executable}" "-S" "$0" "$@"\n{text}'
