"""Many builders at once from an empty store, and pruning beside builds.

`run`: N checkouts of this repository's `bench` workload share one cache whose store is empty, and
are all built at once with the stock Cython toolchain. Each key must be executed exactly once in
all, every program must be the same in every checkout and the same as built with the store off.

`run_prune`: rounds of builders on toy checkouts beside a pruner that leaves as little as it may.
What was used before and is not used now must go; what the builders of a round make or use must not:
no key is executed twice in a round.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tally import (
    Ended,
    Progress,
    Tally,
    command_environment,
    finish,
    judge,
    ran,
    start,
)
from trial_project import LIMIT_S, REPOSITORY, TrialProject, make_project

from molt_build.store.registry import register

LANE_LIMIT_S = 3600.0
PRUNER = """\
import sys, time
from molt_build.cli import main
while True:
    if main(["cache", "prune", "--to", "0", "--json"]):
        sys.exit(1)
    sys.stdout.flush()
    time.sleep(0.02)
"""
PASS_S = 30.0  # for a pruner to go through the store once


def run(folder: Path, builders: int, programs: int, environments: Path | None) -> Tally:
    """`environments`: a folder of toolchain environments to use instead of installing them."""
    tally = Tally("one execution per key")
    started = time.monotonic()
    cache = folder / "cache"
    cache.mkdir(parents=True)
    if environments is not None:
        (cache / "environments").symlink_to(environments)
    environment = command_environment(cache)
    checkouts = [folder / f"checkout-{number}" for number in range(builders + 1)]
    for root in checkouts:
        for name in ("manifests", "schemas", "benchmarks"):
            shutil.copytree(REPOSITORY / name, root / name)
        cargo = root / "manifests/workloads/rust.toml"
        cargo.unlink(missing_ok=True)  # its crates are not copied
    names = sorted(p.stem for p in (REPOSITORY / "benchmarks").glob("bench_*.py"))[:programs]
    words = ["build", *names, "--toolchain", "cython", "--profile", "dev", "--json"]
    # The environment is installed, and the reference made, by a build without a store.
    off = {**environment, "MOLT_BUILD_CACHE": "off"}
    reference = ran(words, str(checkouts[-1]), off, LANE_LIMIT_S)
    if not judge(tally, reference, "the reference", lambda: ""):
        return tally
    tally.rebuilt = 0
    wanted = _outputs(checkouts[-1])
    tally.note(f"{len(names)} programs; reference built in {reference.report['seconds']:.0f} s")
    running = [start([*words, "--jobs", "2"], str(root), environment) for root in checkouts[:-1]]
    executed: Counter[str] = Counter()
    keys: set[str] = set()
    progress = Progress(tally, builders, every_s=0.0)
    for root, process in zip(checkouts, running, strict=False):
        ended = finish(process, LANE_LIMIT_S)
        judge(tally, ended, root.name, lambda root=root: _differences(_outputs(root), wanted))
        for action in ended.report.get("actions", []):
            keys.add(action["key"])
            executed[action["key"]] += action["status"] == "executed"
        progress.step()
    wrong = {key: count for key, count in executed.items() if count != 1}
    if wrong:
        tally.wrong += len(wrong)
        tally.note(f"not executed exactly once: {dict(list(wrong.items())[:5])}")
    tally.note(f"{len(keys)} keys, {sum(executed.values())} executions by {builders} builders")
    tally.seconds = time.monotonic() - started
    return tally


def _outputs(root: Path) -> dict[str, bytes]:
    out = root / ".molt-build/out"
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def _differences(found: dict[str, bytes], wanted: dict[str, bytes]) -> str:
    names = [name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)]
    return f"{len(names)} outputs differ: {', '.join(sorted(names)[:3])}" if names else ""


def run_prune(folder: Path, rounds: int, seed: int) -> Tally:
    """So many rounds of three builders beside a pruner."""
    tally = Tally("pruning beside builds")
    chance = random.Random(seed)
    first = make_project(folder)
    checkouts = [first, *(first.copy(folder / f"checkout-{n}") for n in (1, 2))]
    progress = Progress(tally, rounds)
    removed = 0
    for number in range(rounds):
        for path in (first.cache / "store").glob("*/*/*"):
            os.utime(path, (time.time() - 7200,) * 2)  # last used two hours ago
        before = _stored(first.cache)
        for checkout in checkouts:
            checkout.edit(chance)
        # A long build: what is used while it runs must stay, though each builder ends before it.
        (first.cache / "running").mkdir(exist_ok=True)
        long_build = register(first.cache)
        told = folder / f"pruned-{number}"
        with open(told, "w") as out:
            pruner = subprocess.Popen(
                [sys.executable, "-c", PRUNER],
                cwd=first.root,
                env=first.environment(),
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
            )
        try:
            endings = _build_all(tally, checkouts, f"round {number}")
            deadline = time.monotonic() + PASS_S  # on a busy machine it may not have begun yet
            while not told.stat().st_size and pruner.poll() is None:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
        finally:
            has_failed = pruner.poll() is not None
            pruner.kill()
            _, err = pruner.communicate()
            long_build.end()
        if has_failed:
            tally.failed += 1
            tally.note(f"round {number}: the pruner ended by itself: {err[-300:]}")
        executed = Counter(
            action["key"]
            for ended in endings
            for action in ended.report.get("actions", [])
            if action["status"] == "executed"
        )
        twice = [key for key, count in executed.items() if count > 1]
        if twice:
            tally.wrong += len(twice)
            tally.note(f"round {number}: removed while in use: {twice[:3]}")
        removed += len(before - _stored(first.cache))
        progress.step()
    if rounds > 1 and not removed:
        tally.wrong += 1
        tally.note("nothing was ever removed beside running builds")
    tally.note(f"{removed} files that no build used were removed beside running builds")
    return tally


def _build_all(tally: Tally, checkouts: list[TrialProject], when: str) -> list[Ended]:
    running = [checkout.start("build", "--json") for checkout in checkouts]
    endings = []
    for checkout, process in zip(checkouts, running, strict=True):
        ended = finish(process, LIMIT_S)
        judge(tally, ended, when, checkout.what_is_wrong)
        endings.append(ended)
    return endings


def _stored(cache: Path) -> set[str]:
    return {str(path) for path in (cache / "store").glob("*/*/*")}
