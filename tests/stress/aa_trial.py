"""Does measuring tell the truth? The interpreter against itself, and against itself made slower.

Runs the programs under three engines that differ in nothing but what they burn after the program's
end: nothing, nothing again, and a share of the processor time used so far. Pools several runs and
says how often the 95 % interval of the ratio covers 1.0 (it should: 92 to 99 %), how wide it is,
and how often the slowdown is found (its interval lies on the right side of 1.0).

    python tests/stress/aa_trial.py --runs 3 --budget 600 --slowdown 5
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from molt_build.measure.blocks import (
    Measurement,
    ProgramCommands,
    hash_seeds,
    log_ratios,
    run_blocks,
    run_pilot,
)
from molt_build.measure.machine import choose_cpu, measuring
from molt_build.measure.noise import noise_report, probe_noise
from molt_build.measure.planning import plan
from molt_build.measure.process import Command, Launcher
from molt_build.measure.statistics import ratio_estimate
from molt_build.toolchains.host_python import host_python_path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
BURN = """
import runpy, sys, time
share = float(sys.argv[2])
runpy.run_path(sys.argv[1], run_name="__main__")
end = time.process_time() * (1 + share / 100)
while time.process_time() < end:
    pass
"""


def main() -> int:
    """Run the trial; exit status 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--budget", type=float, default=600.0, help="seconds for each run")
    parser.add_argument("--slowdown", type=float, default=5.0, help="per cent")
    parser.add_argument("--programs", type=int, default=45)
    parser.add_argument("--output", type=Path, help="write the figures as JSON")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    for number in range(arguments.runs):
        started = time.monotonic()
        measurement, warnings = one_run(arguments, number)
        rows += cells(measurement, number)
        blocks = len({block.index for block in measurement.blocks})
        print(f"run {number + 1}: {blocks} blocks in {time.monotonic() - started:.0f} s")
        for warning in warnings:
            print(f"  warning: {warning}")
        print("  " + sentence(rows, arguments.slowdown), flush=True)
    if arguments.output:
        arguments.output.write_text(json.dumps(rows, indent=1))
    same = [row for row in rows if row["engine"] == "again"]
    coverage = sum(bool(row["covers_1"]) for row in same) / len(same)
    found = [row for row in rows if row["engine"] == "slower"]
    power = sum(bool(row["is_slower"]) for row in found) / len(found)
    width = median(float(str(row["half_width"])) for row in same)
    kept = 0.92 <= coverage <= 0.99 and width <= 0.03 and power >= 0.90
    print("1 passed, 0 failed" if kept else "0 passed, 1 failed")
    return 0 if kept else 1


def one_run(arguments: argparse.Namespace, number: int) -> tuple[Measurement, list[str]]:
    """One whole measurement, as a lane makes it."""
    programs = sorted(BENCHMARKS.glob("bench_*.py"))[: arguments.programs]
    with tempfile.TemporaryDirectory() as folder, measuring(), Launcher() as launcher:
        environment = {"PATH": os.defpath, "HOME": folder, "LANG": "C.UTF-8"}
        engines = {"plain": 0.0, "again": 0.0, "slower": arguments.slowdown}
        cases = [
            ProgramCommands(
                path.stem,
                {
                    name: Command(
                        (host_python_path(), "-c", BURN, str(path), str(share)), folder, environment
                    )
                    for name, share in engines.items()
                },
            )
            for path in programs
        ]
        cpu = choose_cpu()
        before = probe_noise(cpu)
        pilot = run_pilot(
            cases,
            engines=list(engines),
            reference="plain",
            launcher=launcher,
            hash_seed=hash_seeds(1, seed=1)[0],
            cpu=cpu,
        )
        planned = plan(pilot, budget_s=arguments.budget)
        seeds = hash_seeds(planned.blocks, seed=100 + number)
        measurement = run_blocks(cases, pilot, seeds=seeds, launcher=launcher, cpu=cpu)
        return measurement, list(noise_report(before, probe_noise(cpu)))


def cells(measurement: Measurement, number: int) -> list[dict[str, object]]:
    """A row for each program and engine: the ratio of times to the plain engine."""
    rows: list[dict[str, object]] = []
    for engine in ("again", "slower"):
        for program, ratios in log_ratios(measurement.blocks, "plain", engine, "wall_s").items():
            estimate = ratio_estimate(ratios)
            if estimate.low is None or estimate.high is None:
                continue
            rows.append(
                {
                    "run": number,
                    "program": program,
                    "engine": engine,
                    "ratio": estimate.ratio,
                    "low": estimate.low,
                    "high": estimate.high,
                    "half_width": estimate.half_width,
                    "covers_1": estimate.low <= 1 <= estimate.high,
                    "is_slower": estimate.low > 1,
                    "log_ratios": ratios,
                }
            )
    return rows


def sentence(rows: list[dict[str, object]], slowdown: float) -> str:
    """The figures so far in one line."""
    same = [row for row in rows if row["engine"] == "again"]
    slower = [row for row in rows if row["engine"] == "slower"]
    covered = sum(bool(row["covers_1"]) for row in same)
    found = sum(bool(row["is_slower"]) for row in slower)
    width = median(float(str(row["half_width"])) for row in same)
    return (
        f"intervals cover 1.0 in {covered} of {len(same)} ({100 * covered / len(same):.1f} %), "
        f"median half-width {100 * width:.2f} %; a slowdown of {slowdown:g} % found in "
        f"{found} of {len(slower)} ({100 * found / len(slower):.1f} %)"
    )


if __name__ == "__main__":
    sys.exit(main())
