"""What every benchmark works with: a scratch folder, the client, and the interpreter it runs on.

The client is the console script of the environment that runs the benchmarks, started as a user
starts it, with an environment of its own. All state lies below one scratch folder that is kept
between runs, so that a benchmark can be repeated without its set-up.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.errors import MeasurementFailed, ToolMissing
from molt_build.measure.process import Command, Launcher, Sample

ROOT = Path(__file__).resolve().parents[2]
JOBS = 2


@dataclass(frozen=True)
class Workshop:
    """The place where benchmarks are made and run."""

    scratch: Path
    launcher: Launcher
    pairs: int | None  # as asked for; None is each benchmark's own
    is_quick: bool
    progress: Callable[[str], None]

    def rounds(self, usual: int, quick: int = 3) -> int:
        """How many rounds to measure."""
        return self.pairs or (quick if self.is_quick else usual)

    def folder(self, name: str) -> Path:
        """A benchmark's own folder, made when it is not there."""
        folder = self.scratch / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def environment(self, name: str, **more: str) -> dict[str, str]:
        """The whole environment of a benchmark's commands: a home and a cache of its own."""
        folder = self.folder(name)
        home = folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "MOLT_BUILD_CACHE_DIR": str(folder / "cache"),
            **more,
        }

    def build(self, name: str, *words: str, **more: str) -> Command:
        """`molt-build build` in a benchmark's project."""
        project = self.folder(name) / "project"
        argv = (client(), "--project", str(project), "build", *words)
        return Command(argv, str(project), self.environment(name, **more))

    def interpreter(self, name: str) -> Command:
        """`python -c pass` of the same interpreter."""
        return Command(
            (sys.executable, "-c", "pass"), str(self.folder(name)), self.environment(name)
        )

    def run(self, command: Command) -> dict[str, Any]:
        """Run a client command with `--json`, untimed; what it printed."""
        done = subprocess.run(
            [*command.argv, "--json"],
            cwd=command.cwd,
            env=dict(command.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise MeasurementFailed(f"{' '.join(command.argv)} failed\n{done.stderr[-3000:]}")
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts

    def settle(self, command: Command, actions: int) -> None:
        """Build until nothing is left to do, which the second build must find."""
        for _ in range(2):
            facts = self.run(command)
        if facts["up_to_date"] != actions or facts["executed"] or facts["hits"]:
            counts = {k: facts[k] for k in ("executed", "hits", "up_to_date", "failed")}
            raise MeasurementFailed(f"the second build was not up to date: {counts}")


def client() -> str:
    """The console script of this environment; raises `ToolMissing` without one."""
    script = Path(sys.executable).parent / "molt-build"
    if not script.is_file():
        raise ToolMissing(f"{script} is not there", "run this by: nox -s perf")
    return str(script)


def python_of(script: str) -> tuple[str, ...]:
    """The interpreter that a start script names: plans are of the one that wrote them."""
    first = Path(script).read_text(encoding="utf-8").splitlines()[0]
    return tuple(shlex.split(first.removeprefix("#!")))


def imports_more(script: str) -> bool:
    """Whether a start script imports more than `sys` before molt-build."""
    return "import re\n" in Path(script).read_text(encoding="utf-8")


def tool(name: str, package: str) -> str:
    """A tool of this environment that is only compared with; raises `ToolMissing` without it."""
    script = Path(sys.executable).parent / name
    if not script.is_file():
        raise ToolMissing(f"{name} is not installed here", f"pip install {package}")
    return str(script)


def says_up_to_date(sample: Sample) -> str | None:
    """What is wrong with a build that should have had nothing to do."""
    said = sample.stdout
    if any(
        words in said for words in (b"all up to date", b" 0 hits, 0 executed", b'"executed": 0,')
    ):
        return None
    return "something was built, where nothing should have been to do"


def make_cold(folder: Path) -> None:
    """Remove store, shards, outputs and plans; the toolchains' environments stay."""
    for child in (folder / "cache").glob("*"):
        if child.name not in ("environments", "sources"):
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    shutil.rmtree(folder / "project" / ".molt-build", ignore_errors=True)


def copy_project(destination: Path) -> None:
    """This repository's programs and manifests, as a project of its own."""
    for part in ("manifests", "benchmarks"):
        shutil.rmtree(destination / part, ignore_errors=True)
        shutil.copytree(ROOT / part, destination / part)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write small files, making their folders; manifests get their schema line."""
    for path, text in files.items():
        if path.startswith("manifests/"):
            kind = text.split('"', 2)[1]
            up = "../" * path.count("/")
            text = f"#:schema {up}schemas/{kind}.schema.json\n{text}"
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
