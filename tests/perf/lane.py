"""Benchmarks on the 45 programs of `bench_native`, built by Cython under the profile `release`.

Up to date (one program, all of them), with the outputs removed, and from cold. The cold build is
compared with a shell that runs exactly the commands a cold build ran: they are taken down by
`recording.py`, with arguments, environment, working directory and inputs, and each program's three
run in order in a fresh directory, two programs at a time, as the build runs them.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from rounds import Measured, Side, Target, measure
from workshop import (
    JOBS,
    Workshop,
    client,
    copy_project,
    imports_more,
    make_cold,
    python_of,
    says_up_to_date,
)

from molt_build.errors import MeasurementFailed
from molt_build.latency.workspace import START
from molt_build.measure.process import Command

PROGRAMS = 45
STAGES = 3
WORDS = ("--toolchain", "cython", "--profile", "release", "--jobs", str(JOBS))
PLACE = "lane"
OUT = Path("project") / ".molt-build" / "out" / "cython" / "release"


def _ready(shop: Workshop) -> None:
    """The project, built."""
    project = shop.folder(PLACE) / "project"
    if not (project / "manifests").is_dir():
        copy_project(project)
    shop.progress("  building the lane, unless it is there")
    shop.settle(shop.build(PLACE, *WORDS), PROGRAMS * STAGES)


def one_program(shop: Workshop) -> Measured:
    """One program up to date."""
    _ready(shop)
    ours = shop.build(PLACE, "bench_fib", "--toolchain", "cython", "--profile", "release")
    as_cases = (*python_of(client()), "-c", START, *ours.argv[1:], "--json")
    sides = [
        Side("python -c pass", shop.interpreter(PLACE)),
        Side("molt-build", ours, wrong=says_up_to_date),
        Side("molt-build --json", replace(ours, argv=as_cases), wrong=says_up_to_date),
    ]
    samples = measure(shop.launcher, sides, shop.rounds(15), progress=shop.progress)
    targets = [Target(side.name, "python -c pass", 4.0) for side in sides[1:]]
    notes = [
        "`molt-build` is the start script of this environment, `molt-build --json` is started as "
        "compile_progress starts its builds ([compile_progress.md](compile_progress.md#cases)): by "
        "what a start script does, without the script."
    ]
    if imports_more(client()):
        notes.append(
            "The script here was written by pip: it imports `re` before anything of molt-build, "
            "and that is the difference. What uv installs has no such line."
        )
    return Measured("one-program", "One program, up to date", samples, targets, notes)


def whole_lane(shop: Workshop) -> Measured:
    """The lane up to date."""
    _ready(shop)
    ours = shop.build(PLACE, "--toolchain", "cython", "--profile", "release")
    sides = [
        Side("python -c pass", shop.interpreter(PLACE)),
        Side("molt-build", ours, wrong=says_up_to_date),
    ]
    samples = measure(shop.launcher, sides, shop.rounds(15), progress=shop.progress)
    targets = [Target("molt-build", "python -c pass", 5.0)]
    return Measured("lane", f"{PROGRAMS} programs, up to date", samples, targets)


def materialise(shop: Workshop) -> Measured:
    """The outputs of the lane put back from the store."""
    _ready(shop)
    folder = shop.folder(PLACE)
    out, saved, copied = folder / OUT, folder / "saved", folder / "copied"
    shutil.rmtree(saved, ignore_errors=True)
    shutil.copytree(out, saved)
    files = [file for file in saved.rglob("*") if file.is_file()]
    ours = shop.build(PLACE, *WORDS)

    def remove_outputs() -> None:
        shutil.rmtree(out)

    def remove_copy() -> None:
        shutil.rmtree(copied, ignore_errors=True)

    def wrong(_: object) -> str | None:
        there = sum(file.is_file() for file in out.rglob("*"))
        return None if there == len(files) else f"{there} of {len(files)} outputs are there"

    copy = Command((_which("cp"), "-r", str(saved), str(copied)), "/", {})
    sides = [
        Side("python -c pass", shop.interpreter(PLACE)),
        Side("cp -r", copy, before=remove_copy),
        Side("molt-build", ours, before=remove_outputs, wrong=wrong),
    ]
    samples = measure(shop.launcher, sides, shop.rounds(15), progress=shop.progress)
    targets = [Target("molt-build", "cp -r"), Target("molt-build", "python -c pass")]
    size = sum(file.stat().st_size for file in files) / 2**20
    note = f"{len(files)} files, {size:.1f} MiB; every one is verified while it is copied out."
    return Measured("materialise", "Outputs put back from the store", samples, targets, [note])


def cold(shop: Workshop) -> Measured:
    """The lane from cold, against the same commands in a shell."""
    _ready(shop)
    folder = shop.folder(PLACE)
    commands = _recorded(shop)
    scripts = _scripts(folder, commands)
    work = folder / "shell"

    def clear_shell() -> None:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()

    def wrong(_: object) -> str | None:
        made = sum(1 for _ in work.glob("*/out/*.so"))
        return None if made == PROGRAMS else f"the shell made {made} of {PROGRAMS} extensions"

    loop = f"printf '%s\\n' {shlex.quote(str(scripts))}/*.sh | xargs -P {JOBS} -n 1 sh"
    shell = Command((_which("sh"), "-c", loop), str(folder), {"PATH": os.defpath})
    ours = shop.build(PLACE, *WORDS)
    sides = [
        Side("shell loop", shell, before=clear_shell, wrong=wrong),
        Side("molt-build", ours, before=lambda: make_cold(folder)),
    ]
    rounds = shop.rounds(15, quick=1)
    samples = measure(shop.launcher, sides, rounds, warm_ups=0, progress=shop.progress)
    _same_outputs(work, folder / OUT)
    shop.settle(ours, PROGRAMS * STAGES)
    note = (
        f"{len(commands)} commands, {JOBS} programs at a time on both sides; the store, the "
        "outputs and the digests of files are removed before each build, the toolchain's "
        "environment is kept. Afterwards both sides' extensions were byte for byte the same."
    )
    targets = [Target("molt-build", "shell loop", 1.10)]
    title = f"{PROGRAMS} programs from cold"
    return Measured("cold", title, samples, targets, [note], {"commands": len(commands)})


def _recorded(shop: Workshop) -> list[dict[str, Any]]:
    """The commands of a real cold build, in the order they were started."""
    shop.progress("  taking down the commands of a cold build")
    folder = shop.folder(PLACE)
    make_cold(folder)
    record = folder / "commands.jsonl"
    record.unlink(missing_ok=True)
    build = shop.build(PLACE, *WORDS)
    script = Path(__file__).with_name("recording.py")
    argv = [sys.executable, str(script), str(record), *build.argv[1:]]
    done = subprocess.run(
        argv, env=dict(build.environment), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise MeasurementFailed(f"the cold build that was to be taken down failed\n{done.stderr}")
    commands = [json.loads(line) for line in record.read_text().splitlines()]
    if len(commands) != PROGRAMS * STAGES:
        message = f"{len(commands)} commands were taken down, not {PROGRAMS * STAGES}"
        raise MeasurementFailed(message)
    return commands


def _scripts(folder: Path, commands: list[dict[str, Any]]) -> Path:
    """A shell script for each program: its commands in order, in a fresh directory."""
    scripts = folder / "scripts"
    shutil.rmtree(scripts, ignore_errors=True)
    scripts.mkdir()
    programs: dict[str, list[dict[str, Any]]] = {}
    for command in commands:
        programs.setdefault(Path(command["root"]).name.rsplit("-", 2)[0], []).append(command)
    benchmarks = folder / "project" / "benchmarks"
    for name, stages in programs.items():
        place = folder / "shell" / name
        lines = ["set -e", f"mkdir -p {shlex.quote(str(place))}", f"cd {shlex.quote(str(place))}"]
        lines.append("mkdir stage home tmp out")
        for path in stages[0]["inputs"]:
            lines.append(f"cp {shlex.quote(str(benchmarks / path))} stage/{shlex.quote(path)}")
        lines.append("cd stage")
        exported: dict[str, str] = {}
        for stage in stages:

            def here(text: str, root: str = stage["root"], place: Path = place) -> str:
                return text.replace(root, str(place))

            for variable, value in stage["environment"].items():
                if exported.get(variable) != here(value):
                    exported[variable] = here(value)
                    lines.append(f"export {variable}={shlex.quote(here(value))}")
            words = shlex.join(here(word) for word in stage["argv"])
            lines.append(f"{words} >../tmp/stdout 2>../tmp/stderr")
        lines.append("cp *.so ../out/")
        (scripts / f"{name}.sh").write_text("\n".join(lines) + "\n")
    return scripts


def _same_outputs(work: Path, out: Path) -> None:
    """Both sides must have made the same bytes, or they did not do the same work."""
    different = [
        built.name
        for built in out.rglob("*.so")
        if (work / built.name.partition(".")[0] / "out" / built.name).read_bytes()
        != built.read_bytes()
    ]
    if different:
        raise MeasurementFailed(f"shell and build made different bytes of {', '.join(different)}")


def _which(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MeasurementFailed(f"{name} is not on the PATH")
    return found
