"""Cases of a workload whose programs a glob finds: parts of it, checkouts, exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from case_projects import WORKLOAD, CaseProject, case_project


@pytest.fixture
def cases(tmp_path: Path) -> CaseProject:
    """Five programs that are found, and another workload that no case builds."""
    cases = case_project(tmp_path)
    found = WORKLOAD.replace('"python"', '"python"\nprograms = "**/*.py"')
    cases.project.write("manifests/workloads/programs.toml", found)
    other = found.replace('"programs"\ndescription', '"others"\ndescription')
    cases.project.write("manifests/workloads/others.toml", other.replace('"programs"', '"more"'))
    cases.project.write("more/apart.py", "print('apart')\n")
    for name in ("a", "b"):
        cases.project.write(f"programs/deep/{name}.py", f"WRONG = False\nprint('{name}')\n")
    cases.project.write(
        "programs/deep/three.py", "# molt-build: exit 3\nprint('three')\nraise SystemExit(3)\n"
    )
    return cases


def test_part_of_what_is_found_is_built_and_compared(cases: CaseProject) -> None:
    part = 'cache_state = "cold"\nrepeats = 1\nreference = "cpython"\n'
    cases.write_case("parts", part)
    cases.project.replace(
        "manifests/cases/parts.toml", 'name = "programs" }', 'name = "programs", shard = "2/2" }'
    )
    result = cases.run()
    assert result.code == 0, result.err
    (cell,) = cases.result().cells
    assert cell.programs == ("deep_b", "one")
    assert cell.status == "measured"


def test_an_exit_status_is_compared_with_the_one_that_is_right(cases: CaseProject) -> None:
    part = 'cache_state = "cold"\nrepeats = 1\nreference = "cpython"\n'
    cases.write_case("three", part)
    chosen = 'name = "programs", programs = ["deep_three"] }'
    cases.project.replace("manifests/cases/three.toml", 'name = "programs" }', chosen)
    assert cases.run().code == 0
    cases.project.replace("programs/deep/three.py", "SystemExit(3)", "SystemExit(4)")
    assert cases.run().code == 1
    (cell,) = cases.result().cells
    assert "deep_three, ended with exit status 4, and not 3" in cell.reason
