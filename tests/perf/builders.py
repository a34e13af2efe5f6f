"""Twelve builders of one project at once, each in a checkout of its own, with one cache.

200 programs of one small action each: a shell script that copies a file. From cold, each action
must be executed once by whichever builder comes to it first, and every builder must end up with all
outputs. What twelve builders cost at the least is what each of them does although nothing is left
to execute (start, manifests, 200 decisions, 200 outputs put in place); so they are compared with
twelve builders that find everything in the store, and with one builder alone.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from rounds import Measured, Side, Target, measure
from workshop import Workshop, client, write_files

from molt_build.measure.process import Command, Sample

PLACE, BUILDERS, COUNT = "builders", 12, 200
WORDS = ("--toolchain", "copy", "--profile", "dev", "--json")

PROJECT = """\
kind = "project"
schema_version = 1
name = "builders"
description = "Small actions that many builders want."
default_toolchain = "copy"
default_profile = "dev"
"""
TOOLCHAIN = """\
kind = "toolchain"
schema_version = 1
name = "copy"
description = "Copies a file."
engine = "compiler"
accepts = ["text"]

[executables.copy]
path = "{project}/tools/copy"

[[stages]]
name = "copy"
argv = ["{copy}", "{entry}", "{copied}"]
outputs = { copied = "{module}.out" }

[targets.native]
results = ["copy.copied"]
run = ["{copied}"]
"""
WORKLOAD = """\
kind = "workload"
schema_version = 1
name = "builders"
description = "Generated texts."
language = "text"

[source]
project = "sources"
"""


def builders(shop: Workshop) -> Measured:
    """One builder and twelve, from cold and with everything in the store."""
    folder = shop.folder(PLACE)
    names = {(n, keep): _name(n, keep) for n in (1, BUILDERS) for keep in (False, True)}
    sides = [
        Side(
            name,
            _at_once(shop, count),
            before=_fresh(shop, count, keeps_store=keep),
            wrong=_wrong(folder, count, executed=0 if keep else COUNT),
        )
        for (count, keep), name in names.items()
    ]
    samples = measure(shop.launcher, sides, shop.rounds(15), warm_ups=1, progress=shop.progress)
    cpu_s = {at: median(s["cpu_s"] for s in samples[name]) for at, name in names.items()}
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    floor_s = (cpu_s[1, False] + (BUILDERS - 1) * cpu_s[1, True]) / cpus
    notes = [
        f"{COUNT} actions of one shell script each. From cold each was executed once in all, and "
        "every builder had every output afterwards. The floor of twelve builders: one builder's "
        f"processor time from cold and eleven times that of one that finds all in the store, on "
        f"{cpus} processors: ({cpu_s[1, False]:.2f} + 11 x {cpu_s[1, True]:.2f}) / {cpus} = "
        f"{floor_s:.1f} s, which is what their start, their manifests, their decisions and their "
        "outputs take."
    ]
    cold, hits = names[BUILDERS, False], names[BUILDERS, True]
    targets = [Target(cold, hits, 1.5), Target(cold, names[1, False])]
    title = f"{BUILDERS} builders of {COUNT} small actions"
    return Measured("builders", title, samples, targets, notes, {"floor_s": floor_s})


def _name(count: int, keeps_store: bool) -> str:
    state = "all hits" if keeps_store else "cold"
    return f"{'1 builder' if count == 1 else f'{count} builders'}, {state}"


def _checkout(folder: Path, number: int) -> Path:
    return folder / f"checkout-{number}"


def _at_once(shop: Workshop, count: int) -> Command:
    """A shell that starts so many builders and fails when one of them does."""
    folder = shop.folder(PLACE)
    lines = []
    for number in range(count):
        checkout = _checkout(folder, number)
        words = shlex.join([client(), "--project", str(checkout), "build", *WORDS])
        lines.append(f'{words} >{shlex.quote(f"{checkout}.json")} & all="$all $!"')
    lines.append("for one in $all; do wait $one || exit 1; done")
    return Command(("/bin/sh", "-c", "\n".join(lines)), str(folder), shop.environment(PLACE))


def _fresh(shop: Workshop, count: int, *, keeps_store: bool) -> Callable[[], None]:
    """Makes checkouts in which nothing was ever built, and a store with all of it, or none."""
    folder = shop.folder(PLACE)

    def make() -> None:
        if not keeps_store:
            shutil.rmtree(folder / "cache", ignore_errors=True)
        elif not (folder / "cache" / "store").is_dir():
            _write(_checkout(folder, 0))
            one = (client(), "--project", str(_checkout(folder, 0)), "build", *WORDS)
            shop.run(replace(_at_once(shop, 1), argv=one))
        for number in range(count):
            _write(_checkout(folder, number))

    return make


def _write(checkout: Path) -> None:
    shutil.rmtree(checkout, ignore_errors=True)
    files = {"manifests/project.toml": PROJECT, "manifests/toolchains/copy.toml": TOOLCHAIN}
    files["tools/copy"] = '#!/bin/sh\nexec cat "$1" >"$2"\n'
    workload = [WORKLOAD]
    for number in range(COUNT):
        name = f"p{number:03}"
        workload.append(f'\n[[programs]]\nname = "{name}"\nentry = "{name}.txt"\n')
        files[f"sources/{name}.txt"] = f"text {number}\n"
    files["manifests/workload.toml"] = "".join(workload)
    write_files(checkout, files)
    (checkout / "tools/copy").chmod(0o755)


def _wrong(folder: Path, count: int, *, executed: int) -> Callable[[Sample], str | None]:
    def wrong(_: Sample) -> str | None:
        facts = [
            json.loads(_checkout(folder, number).with_suffix(".json").read_text())
            for number in range(count)
        ]
        found = sum(fact["executed"] for fact in facts)
        if found != executed:
            return f"{found} actions were executed, not {executed}"
        for number in range(count):
            made = len(list((_checkout(folder, number) / ".molt-build/out").rglob("*.out")))
            if made != COUNT:
                return f"a builder has {made} of {COUNT} outputs"
        return None

    return wrong
