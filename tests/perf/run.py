"""How much the build costs beside what it builds: ratios with targets, as `nox -s perf` runs them.

    python tests/perf/run.py [--only NAME ...] [--pairs N] [--quick]

Each benchmark measures commands in turn (see `rounds.py`). Results are written to
`bench/results/perf/` and shown in `docs/benchmarks/perf.md`, which keeps for each benchmark the
latest run that measured it. Exit status 1 when a target is missed, or a benchmark cannot be
measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import builders
import edits
import found
import lane
import many
import modules
import page
from rounds import Measured
from workshop import ROOT, Workshop

from molt_build.errors import MoltBuildError
from molt_build.measure.environment import read_environment
from molt_build.measure.machine import measuring
from molt_build.measure.noise import noise_report, probe_noise
from molt_build.measure.process import Launcher
from molt_build.runs.folder import timestamp

BENCHMARKS: dict[str, Callable[[Workshop], Measured]] = {
    "one-program": lane.one_program,
    "lane": lane.whole_lane,
    "many": many.many,
    "found": found.found,
    "materialise": lane.materialise,
    "cold": lane.cold,
    "builders": builders.builders,
    "edits": edits.edits,
    "modules": modules.modules,
}
SCRATCH = ROOT / ".molt-build" / "perf"
LOCK_WAIT_S = 3600.0


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    listed = ", ".join(BENCHMARKS)
    parser.add_argument(
        "--only", nargs="+", choices=BENCHMARKS, metavar="NAME", default=[], help=f"of: {listed}"
    )
    parser.add_argument(
        "--pairs", type=int, metavar="N", help="rounds, of one pair each (default: 15)"
    )
    parser.add_argument("--quick", action="store_true", help="few rounds, and no 10,000 actions")
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="where state is kept")
    parser.add_argument("--fresh", action="store_true", help="set everything up again")
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(arguments.scratch, ignore_errors=True)
    if arguments.pairs is not None and arguments.pairs < 1:
        parser.error("--pairs must be at least 1")
    names = [name for name in BENCHMARKS if not arguments.only or name in arguments.only]
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    done: list[dict[str, Any]] = []
    failures = []
    started = time.time()

    def note(who: str) -> None:
        say(f"waiting: {who} is measuring on this machine")

    with measuring(timeout_s=LOCK_WAIT_S, on_wait=note), Launcher() as launcher:
        environment, before = read_environment(ROOT), probe_noise()
        shop = Workshop(arguments.scratch, launcher, arguments.pairs, arguments.quick, say)
        for name in names:
            say(f"{name}:")
            try:
                benchmark = BENCHMARKS[name](shop).as_json()
            except MoltBuildError as error:
                failures.append(name)
                say(f"  cannot be measured: {error.message} {error.hint or ''}".rstrip())
                continue
            done.append(benchmark)
            for line in page.summary(benchmark):
                print(line, flush=True)
        warnings = noise_report(before, probe_noise())
    if done:
        run = {
            "kind": "perf",
            "schema_version": 1,
            "run": timestamp(started),
            "is_quick": arguments.quick,
            "environment": asdict(environment),
            "file_system": file_system(arguments.scratch),
            "versions": versions(),
            "warnings": warnings,
            "benchmarks": done,
        }
        write(ROOT / page.RESULTS / f"{run['run']}.json", json.dumps(run, indent=1) + "\n")
        write(ROOT / page.PAGE, page.text(page.latest(ROOT)))
        print(f"{page.PAGE}: written")
    missed = [
        f"{benchmark['name']}: {ratio['numerator']} / {ratio['denominator']}"
        for benchmark in done
        for ratio in benchmark["ratios"]
        if ratio["is_met"] is False
    ]
    for line in missed:
        print(f"missed: {line}")
    print(f"{len(done)} measured, {len(failures)} could not be, {len(missed)} targets missed")
    return 1 if missed or failures else 0


def say(line: str) -> None:
    """Progress, apart from the results."""
    print(line, file=sys.stderr, flush=True)


def versions() -> dict[str, str]:
    """The versions of what is compared with."""
    found = {}
    for package in ("doit", "ninja"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def file_system(folder: Path) -> str:
    """The kind of file system that a folder lies on, where the system tells."""
    best, kind = "", "unknown"
    real = os.path.realpath(folder)
    try:
        lines = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return kind
    for line in lines:
        _, mounted, name, *_ = line.split()
        inside = real == mounted or real.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best):
            best, kind = mounted, name
    return kind


def write(file: Path, content: str) -> None:
    """All or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(content, encoding="utf-8")
    os.replace(temporary, file)


if __name__ == "__main__":
    sys.exit(main())
