"""A project with something of every kind, all of it measured: for what holds of every command."""

from __future__ import annotations

import subprocess

import pytest
from case_projects import CASE, WARM
from lane_projects import WORK, LaneProject, lane_project
from suite_projects import HEAD, LOCALS, programs, repository

GATE = """\
#:schema ../../schemas/gate.schema.json
kind = "gate"
schema_version = 1
name = "toys"
description = "Toys do not become slower."
owner = "toys"
against = "history"
lane = { name = "toys_native" }
"""
_MADE: list[LaneProject] = []
_GITS = {"hops": ("print(1)\n", 'form = "script"\ntags = ["loops"]')}


def whole_project(factory: pytest.TempPathFactory) -> LaneProject:
    """A lane `toys_native`, a case `warm`, suites `locals` and `gits`, and two runs of the lane."""
    if not _MADE:
        folder = factory.mktemp("whole")
        lane = lane_project(folder, {"bench_work": WORK, "bench_more": WORK})
        project = lane.project
        case = CASE.replace("NAME", "warm").replace('"programs"', '"start"')
        project.write(
            "manifests/cases/warm.toml", case + WARM.replace("repeats = 6", "repeats = 1")
        )
        rest = '\n[default]\nmode = "runs_unmodified"\n'
        head = HEAD.replace("NAME", "locals").replace("FRIEND", "toy")
        source = '\n[source]\nproject = "mine"\n'
        project.write("manifests/suites/locals.toml", head + source + rest + programs(LOCALS))
        for name, (content, _) in LOCALS.items():
            project.write(f"mine/bench/{name}.py", content)
        remote, commit = repository(folder, _GITS)
        tag = ["git", "--git-dir", str(remote), "tag", "v1", commit]
        subprocess.run(tag, check=True)
        head = HEAD.replace("NAME", "gits").replace("FRIEND", "toy")
        source = f'\n[source]\ngit = "file://{remote}"\ncommit = "{commit}"\n'
        project.write("manifests/suites/gits.toml", head + source + rest + programs(_GITS))
        for _ in range(2):
            done = lane.run("bench", "toys_native", "--quick")
            assert done.code == 0, done.err
        project.write("manifests/gates/toys.toml", GATE)
        _MADE.append(lane)
    return _MADE[0]
