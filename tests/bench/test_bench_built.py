"""A compiler that is built, measured against itself under another profile: both at once."""

from __future__ import annotations

from pathlib import Path

from built_projects import COMPILERS, COPYC, CTOOL, cc_wrapper
from lane_projects import TOY, lane_project

BUILT = """\
[executables.copyc.built_by]
program = "backend"
toolchain = "ctool"
profile = "{profile}"
output = "link.executable"
"""
TOOL = """\
[executables.copyc]
path = "{project}/tools/copyc"
version = ["{copyc}", "--version"]
"""


def test_two_profiles_of_a_built_compiler_in_one_run(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": "print(sum(range(1000)))\n"})
    project = lane.project
    cc_wrapper(project)
    assert TOOL in TOY
    project.write("manifests/toolchains/toy.toml", TOY.replace(TOOL, BUILT))
    project.write("manifests/toolchains/ctool.toml", CTOOL)
    project.write("manifests/workloads/compilers.toml", COMPILERS)
    project.write("compilers/backend.c", COPYC)
    result = lane.bench("--engine", "toy:dev", "--engine", "toy:release", "--quick")
    engines = {name: facts.identity for name, facts in result.engines.items()}
    assert set(engines) == {"cpython", "toy", "toy:release"}
    assert len(set(engines.values())) == 3
    assert sorted(project.log()) == ["cc backend", "cc backend", "cc backend.o", "cc backend.o"]
    for profile in ("dev", "release"):
        made = project.root / f".molt-build/out/toy/{profile}/native/bench_work/bench_work_made.py"
        assert made.read_text().startswith(f"# built under {profile}\n")
        report = project.build("bench_work", "--profile", profile)
        assert report["up_to_date"] == 1
    assert {cell.status for cell in result.lanes["toys_native"].cells} == {"ok"}
