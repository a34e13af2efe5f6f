"""Benchmarks on generated projects of 1,000 and 10,000 actions with three inputs each.

An action merges three files into one with `sort -o`; the toolchain is a manifest of one stage, the
inputs are a program and the two modules that it imports. doit and ninja get the same tasks: the
same command, the same three dependencies, the same kind of target. All files are distinct.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from rounds import Measured, Side, Target, measure
from workshop import JOBS, Workshop, says_up_to_date, tool, write_files

from molt_build.measure.process import Command

FEW, MANY = 1_000, 10_000
WORDS = ("--toolchain", "merge", "--profile", "dev")

TOOLCHAIN = """\
kind = "toolchain"
schema_version = 1
name = "merge"
description = "Merges a program and two modules of its own."
engine = "compiler"
accepts = ["python"]

[executables.sort]
names = ["sort"]
install_hint = "apt-get install coreutils"

[[stages]]
name = "merge"
argv = ["{sort}", "-o", "{merged}", "{entry}", "{module}_a.py", "{module}_b.py"]
outputs = { merged = "{module}.txt" }
imports = "python"

[targets.native]
results = ["merge.merged"]
run = ["{sort}", "{merged}"]
"""

PROJECT = """\
kind = "project"
schema_version = 1
name = "many"
description = "Many small actions."
default_toolchain = "merge"
default_profile = "dev"
"""

WORKLOAD = """\
kind = "workload"
schema_version = 1
name = "many"
description = "Generated programs with two modules each."
language = "python"

[source]
project = "sources"
"""

DODO = """\
DOIT_CONFIG = {{"default_tasks": ["merge"]}}


def task_merge():
    for number in range({count}):
        name = f"p{{number:05}}"
        inputs = [f"project/sources/{{name}}{{end}}.py" for end in ("", "_a", "_b")]
        out = f"doit-out/{{name}}.txt"
        yield {{
            "name": name,
            "actions": [["{sort}", "-o", out, *inputs]],
            "file_dep": inputs,
            "targets": [out],
        }}
"""


def many(shop: Workshop) -> Measured:
    """1,000 and 10,000 actions, up to date."""
    place, large = f"many-{FEW}", f"many-{MANY}"
    set_up = {n: _ready(shop, n) for n in ((FEW,) if shop.is_quick else (FEW, MANY))}
    folder = shop.folder(place)
    _others_ready(shop, folder)
    doit = Command((tool("doit", "doit"),), str(folder), shop.environment(place))
    ninja = Command((tool("ninja", "ninja"),), str(folder), shop.environment(place))
    sides = [
        Side("python -c pass", shop.interpreter(place)),
        Side("molt-build 1,000", shop.build(place, *WORDS), wrong=says_up_to_date),
        Side("doit 1,000", doit),
        Side("ninja 1,000", ninja),
    ]
    targets = [
        Target("molt-build 1,000", "python -c pass", 6.0),
        Target("molt-build 1,000", "doit 1,000", 0.5),
        Target("molt-build 1,000", "ninja 1,000"),
    ]
    if MANY in set_up:
        ours = shop.build(large, *WORDS)
        sides.append(Side("molt-build 10,000", ours, wrong=says_up_to_date))
        targets.append(Target("molt-build 10,000", "molt-build 1,000", 12.0))
    samples = measure(shop.launcher, sides, shop.rounds(15), progress=shop.progress)
    notes = [
        "doit and ninja run as they come: their default settings, nothing to do, output to a file."
    ]
    for number, seconds in set_up.items():
        each = seconds / number * 1000
        took = f"{seconds:.1f} s with {JOBS} jobs, {each:.1f} ms each"
        notes.append(f"Set-up, once: {number:,} actions from cold took {took}.")
    facts = {f"cold_{number}_s": seconds for number, seconds in set_up.items()}
    return Measured("many", "Many actions, up to date", samples, targets, notes, facts)


def _ready(shop: Workshop, count: int) -> float:
    """The project, built; the seconds of its cold build, which may have been earlier."""
    place = f"many-{count}"
    project = shop.folder(place) / "project"
    build = shop.build(place, *WORDS, "--jobs", str(JOBS))
    complete = project / "cold-seconds"
    if not complete.is_file():
        shutil.rmtree(shop.folder(place))
        _generate(project, count)
        shop.progress(f"  building {count} actions from cold")
        command = shop.build(place, *WORDS, "--jobs", str(JOBS))
        started = time.monotonic()
        shop.run(command)
        complete.write_text(repr(time.monotonic() - started))
    shop.settle(build, count)
    return float(complete.read_text())


def _generate(project: Path, count: int) -> None:
    files = {"manifests/project.toml": PROJECT, "manifests/toolchains/merge.toml": TOOLCHAIN}
    workload = [WORKLOAD]
    for number in range(count):
        name = f"p{number:05}"
        workload.append(f'\n[[programs]]\nname = "{name}"\nfamily = "generated"\n')
        files[f"sources/{name}.py"] = f"import {name}_a\nimport {name}_b\n"
        for end in ("a", "b"):
            files[f"sources/{name}_{end}.py"] = f'NAME = "{name}_{end}"\n'
    files["manifests/workload.toml"] = "".join(workload)
    write_files(project, files)


def _others_ready(shop: Workshop, folder: Path) -> None:
    """doit's and ninja's files for the same tasks, and both up to date."""
    sort = shutil.which("sort") or "/usr/bin/sort"
    for out in ("doit-out", "ninja-out"):
        (folder / out).mkdir(exist_ok=True)
    rules = [f"rule merge\n  command = {sort} -o $out $in\n"]
    for number in range(FEW):
        name = f"p{number:05}"
        inputs = " ".join(f"project/sources/{name}{end}.py" for end in ("", "_a", "_b"))
        rules.append(f"build ninja-out/{name}.txt: merge {inputs}\n")
    new = {"dodo.py": DODO.format(count=FEW, sort=sort), "build.ninja": "".join(rules)}
    for path, text in new.items():
        file = folder / path
        if not file.is_file() or file.read_text() != text:
            write_files(folder, {path: text})
    for name in ("doit", "ninja"):
        argv = (tool(name, name),)
        place = folder.name
        side = Side(name, Command(argv, str(folder), shop.environment(place)))
        measure(shop.launcher, [side], 1, warm_ups=1, progress=lambda line: None)
