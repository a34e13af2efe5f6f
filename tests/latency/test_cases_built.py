"""Cases whose compiler is built: each profile has one of its own, in its checkout too."""

from __future__ import annotations

from pathlib import Path

from built_projects import COMPILERS, COPYC, CTOOL, cc_wrapper
from case_projects import TOY, case_project

BUILT = """\
[executables.copyc.built_by]
program = "backend"
toolchain = "ctool"
profile = "{profile}"
output = "link.executable"
"""
COLD = 'cache_state = "cold"\nrepeats = 1\nwarm_ups = 0\nreference = "cpython"\n'


def test_cases_of_two_profiles(tmp_path: Path) -> None:
    cases = case_project(tmp_path, "one")
    project = cases.project
    cc_wrapper(project)
    tool = '[executables.copyc]\npath = "{project}/tools/copyc"\n'
    assert tool in TOY
    project.write("manifests/toolchains/toy.toml", TOY.replace(tool, BUILT))
    project.write("manifests/toolchains/ctool.toml", CTOOL)
    project.write("manifests/workloads/compilers.toml", COMPILERS)
    project.write("compilers/backend.c", COPYC)
    cases.write_case("developing", COLD)
    cases.write_case("releasing", COLD)
    project.replace("manifests/cases/releasing.toml", '"dev"', '"release"')
    done = cases.run("--quick")
    assert done.code == 0, done.err
    result = cases.result()
    assert [cell.status for cell in result.cells] == ["measured", "measured"]
    built = {name: one.identity for name, one in result.toolchains.items()}
    assert set(built) == {"cpython", "toy:dev", "toy:release"}
    assert built["toy:dev"] != built["toy:release"]
