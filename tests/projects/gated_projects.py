"""Projects in git that have gates, and runs of their lane as the job would have left them."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import lane_results
import pytest
from lane_projects import LaneProject
from lane_results import lane_result

from molt_build.clock import utc
from molt_build.measure.environment import read_environment
from molt_build.results.bench import BenchResult
from molt_build.results.files import write_digest, write_result
from molt_build.runs.folder import timestamp

PROGRAMS = ("bench_work", "bench_tidy")
HEAD = """\
#:schema ../../schemas/gate.schema.json
kind = "gate"
schema_version = 1
name = "NAME"
description = "Tested."
owner = "toys"
"""
LANE = 'lane = { name = "toys_native" }\n'
BASE = 'against = "base"\nworse_at_most = 0.1\n' + LANE
LINE = 'against = "red-line"\nmin = 1\n' + LANE


def git(folder: Path, *words: str) -> str:
    said = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *said, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(lane: LaneProject, message: str = "one") -> str:
    git(lane.root, "add", "-A", "manifests", "programs")
    git(lane.root, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(lane.root, "rev-parse", "HEAD")


def declare(lane: LaneProject, **gates: str) -> None:
    for name, words in gates.items():
        text = HEAD.replace("NAME", name) + words
        lane.project.write(f"manifests/gates/{name}.toml", text)


def measured(
    lane: LaneProject, toy_s: float = 0.1, *, hours: float = 1, **facts: Any
) -> BenchResult:
    """A run so many hours ago, of the tree's commit, on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(lane_results.TIMES_S, "toy", toy_s)
        made = lane_result(PROGRAMS)
    began = time.time() - hours * 3600
    known = {"git_commit": git(lane.root, "rev-parse", "HEAD"), "git_is_dirty": False, **facts}
    machine_class = read_environment().machine_class
    environment = replace(made.environment, machine_class=machine_class, **known)
    run, started = f"toys_native/{timestamp(began)}", utc(began)
    return replace(made, run=run, started=started, environment=environment)


def kept(lane: LaneProject, result: BenchResult) -> Path:
    """The folder of a run as one leaves it."""
    folder = lane.root / "bench/results" / result.run
    folder.mkdir(parents=True)
    write_result(folder, result)
    write_digest(folder)
    return folder
