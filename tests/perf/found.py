"""Benchmarks on a generated project of 2,000 programs that a glob finds.

An action copies one file; the toolchain is a manifest of one stage with `cp`. Every tenth program
says of itself how it is run. What the commands of every day cost is told as ratios to the start of
the interpreter: a build that has nothing to do, a check of everything, a list of all programs, and
the sessions that Nox lists.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from many import PROJECT
from rounds import Measured, Side, Target, measure
from workshop import JOBS, Workshop, client, says_up_to_date, tool, write_files

from molt_build.measure.process import Command, Sample

COUNT, FOLDERS, PLACE = 2_000, 40, "found"
WORDS = ("--toolchain", "copy", "--profile", "dev")

TOOLCHAIN = """\
kind = "toolchain"
schema_version = 1
name = "copy"
description = "Copies a program."
engine = "compiler"
accepts = ["python"]

[executables.cp]
names = ["cp"]
install_hint = "apt-get install coreutils"

[[stages]]
name = "copy"
argv = ["{cp}", "{entry}", "{copied}"]
outputs = { copied = "{module}.out" }
imports = "python"

[targets.native]
results = ["copy.copied"]
run = ["{python}", "{copied}", "{args}"]
"""

WORKLOAD = """\
kind = "workload"
schema_version = 1
name = "corpus"
description = "Generated programs, found."
language = "python"
programs = "tests/**/*.py"

[source]
project = "."
"""

LANE = """\
kind = "lane"
schema_version = 1
name = "corpus_native"
description = "All programs."
workloads = ["corpus"]
reference = "cpython"
subject = "copy"
engines = ["copy"]
profile = "dev"
"""

NOXFILE = """\
from molt_build.nox import register_sessions

register_sessions("manifests")
"""


def found(shop: Workshop) -> Measured:
    """2,000 programs by a glob: up to date, one edited, checked, listed."""
    seconds = _ready(shop)
    project = shop.folder(PLACE) / "project"
    build = shop.build(PLACE, *WORDS)
    listing = shop.environment(PLACE, PYTHONPATH=str(Path(__file__).parents[2]))
    nox = Command((tool("nox", "nox"), "-l"), str(project), listing)
    edited = f"{COUNT:,} programs, one edited"

    def says_edited(sample: Sample) -> str | None:
        return None if b" 0 hits, 1 executed" in sample.stdout else "not one program was built"

    sides = [
        Side("python -c pass", shop.interpreter(PLACE)),
        Side(edited, build, before=_edit(project), wrong=says_edited),
        Side("build", build, wrong=says_up_to_date),
        Side("check", _command(shop, project, "check")),
        Side("list programs", _command(shop, project, "list", "programs")),
        Side("nox -l", nox),
    ]
    targets = [
        Target("build", "python -c pass", 6.0),
        Target("check", "python -c pass"),
        Target("list programs", "python -c pass"),
        Target("nox -l", "python -c pass"),
        Target(edited, "python -c pass"),
    ]
    samples = measure(shop.launcher, sides, shop.rounds(15), progress=shop.progress)
    each = seconds / COUNT * 1000
    notes = [
        f"Set-up, once: {COUNT:,} actions from cold took {seconds:.1f} s with {JOBS} jobs, "
        f"{each:.1f} ms each. A check reads all files anew; lists take the validated manifests "
        "from their cache, and look at each program's file."
    ]
    title = f"{COUNT:,} programs by a glob"
    return Measured("found", title, samples, targets, notes, {"cold_s": seconds})


def _command(shop: Workshop, project: Path, *words: str) -> Command:
    argv = (client(), "--project", str(project), *words)
    return Command(argv, str(project), shop.environment(PLACE))


def _edit(project: Path) -> Callable[[], None]:
    file = project / "tests/group1/p00001.py"

    def edit() -> None:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(f"# {time.time_ns()}\n")

    return edit


def _ready(shop: Workshop) -> float:
    """The project, built; the seconds of its cold build, which may have been earlier."""
    folder = shop.folder(PLACE)
    project = folder / "project"
    complete = project / "cold-seconds"
    if not complete.is_file():
        shutil.rmtree(folder)
        _generate(project)
        shop.progress(f"  building {COUNT} programs from cold")
        command = shop.build(PLACE, *WORDS, "--jobs", str(JOBS))
        started = time.monotonic()
        shop.run(command)
        complete.write_text(repr(time.monotonic() - started))
    shop.settle(shop.build(PLACE, *WORDS), COUNT)
    return float(complete.read_text())


def _generate(project: Path) -> None:
    files = {
        "manifests/project.toml": PROJECT.replace('"merge"', '"copy"'),
        "manifests/toolchains/copy.toml": TOOLCHAIN,
        "manifests/workload.toml": WORKLOAD,
        "manifests/lane.toml": LANE,
        "noxfile.py": NOXFILE,
    }
    for number in range(COUNT):
        said = f"# molt-build: env NUMBER={number}\n" if number % 10 == 0 else ""
        name = f"tests/group{number % FOLDERS}/p{number:05}.py"
        files[name] = f'{said}print("program {number}")\n'
    write_files(project, files)
