"""A project with cases, for tests: small Python programs, a compiler that copies them.

The compiler is a shell script. It appends a line to a log each time it runs, so a test sees what
was really built; what a program's text says (DOZE, HOLD, WRONG) is what happens to it, where HOLD
is until the project's `go_on` is there. The commands run
with a measurement lock of their own: tests must not wait for a measurement of the machine's user.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_projects import Project, Result, new_project
from lane_projects import MAIN, run_measuring

from molt_build.results.cases import CasesResult
from molt_build.results.files import read_cases

TOY = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toy"
description = "A compiler that copies."
engine = "compiler"
accepts = ["python"]

[executables.copyc]
path = "{project}/tools/copyc"

[[stages]]
name = "copy"
argv = ["{copyc}", "{entry}", "{made}"]
outputs = { made = "{module}_made.py" }

[targets.native]
results = ["copy.made"]
run = ["{python}", "{made}", "{args}"]
"""

COPYC = """\
#!/bin/sh
echo "$1" >> "LOG"
grep -q DOZE "$1" && sleep 0.5
grep -q HOLD "$1" && while ! [ -e "LOG.go-on" ]; do sleep 0.02; done
grep -q FOREVER "$1" && sleep 600
sed 's/WRONG = False/WRONG = True/' "$1" > "$2"
"""

ABSENT = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "absent"
description = "Not on any machine."
engine = "compiler"
accepts = ["python"]

[executables.absent]
names = ["molt-build-test-absent"]
install_hint = "nothing installs it"

[[stages]]
name = "copy"
argv = ["{absent}", "{entry}", "{made}"]
outputs = { made = "{module}_made.py" }

[targets.native]
results = ["copy.made"]
run = ["{python}", "{made}"]
"""

WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "programs"
description = "Tested."
language = "python"

[source]
project = "programs"
"""

CASE = """\
#:schema ../../schemas/case.schema.json
kind = "case"
schema_version = 1
name = "NAME"
description = "Tested."
profile = "dev"
toolchains = ["toy"]
workloads = [{ name = "programs" }]
"""

WARM = """\
cache_state = "warm"
repeats = 6
reference = "cpython"

[[kpis]]
name = "warm"
metric = "median_s"
max = 60
source = "program"
"""


@dataclass(frozen=True)
class CaseProject:
    """A project with cases, and its commands."""

    project: Project

    @property
    def root(self) -> Path:
        """Its folder."""
        return self.project.root

    def write_case(self, name: str, text: str) -> None:
        """A case of that name; `text` follows the head that all have."""
        self.project.write(f"manifests/cases/{name}.toml", CASE.replace("NAME", name) + text)

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """`molt-build compile_progress`, running."""
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, "compile_progress", *words],
            cwd=self.root,
            env=self.project.variables(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """Run the command to its end."""
        return run_measuring(("compile_progress", *words), self.root, self.project.variables(env))

    def folders(self) -> list[Path]:
        """The runs' folders, the latest last."""
        return sorted((self.root / "bench/results/compile_progress").glob("*"))

    def result(self) -> CasesResult:
        """The latest run's result."""
        return read_cases(self.folders()[-1])

    def events(self) -> list[dict[str, Any]]:
        """What the latest run's samples file holds."""
        lines = (self.folders()[-1] / "samples.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


def case_project(folder: Path, *programs: str) -> CaseProject:
    """A project of these programs (by default two), without any case."""
    project = new_project(folder, "toy")
    project.write("manifests/toolchains/toy.toml", TOY)
    project.write("manifests/toolchains/absent.toml", ABSENT)
    project.write("tools/copyc", COPYC.replace("LOG", str(project.log_file)), executable=True)
    names = programs or ("one", "two")
    rows = "".join(f'\n[[programs]]\nname = "{name}"\n' for name in names)
    project.write("manifests/workloads/programs.toml", WORKLOAD + rows)
    for name in names:
        project.write(f"programs/{name}.py", f"WRONG = False\nprint({name!r})\n")
    return CaseProject(project)
