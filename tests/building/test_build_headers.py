"""Headers: what a depfile names is an input, and what would have been read first an absence."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_projects import Project, executed, needs, workload

STOCK = Path(__file__).parents[2] / "manifests/toolchains/gcc.toml"
MAIN = """\
#include "near.h"
#include <far.h>
#include <stdio.h>
int main(void) { return NEAR + FAR; }
"""


@pytest.fixture
def c(project: Project) -> Project:
    """A C program that reads headers from two folders of its own and the system's."""
    needs("gcc")
    text = STOCK.read_text()
    text = text.replace('"-MD"', '"-Ifirst", "-Isecond", "-MD"')
    text = text.replace(
        'outputs = { object = "{module}.o" }',
        'outputs = { object = "{module}.o" }\ncandidates = ["**/*.h"]',
    )
    project.write("manifests/toolchains/gcc.toml", text)
    project.replace("manifests/project.toml", '"cython"', '"gcc"')
    project.write("manifests/workloads/programs.toml", workload("c", "prog=main.c"))
    project.write("programs/main.c", MAIN)
    project.write("programs/second/near.h", '#include "nested.h"\n#define NEAR NESTED\n')
    project.write("programs/second/nested.h", "#define NESTED 1\n")
    project.write("programs/second/far.h", "#define FAR 2\n")
    project.write("programs/second/unused.h", "#define UNUSED 0\n")
    project.write("programs/first/README", "no headers here yet\n")
    assert project.build()["executed"] == 2
    assert project.build()["up_to_date"] == 2
    return project


def test_a_changed_header_is_a_miss(c: Project) -> None:
    c.write("programs/second/nested.h", "#define NESTED 3\n")
    assert executed(c.build()) == ["prog compile", "prog link"]
    c.write("programs/second/nested.h", "#define NESTED 1\n")
    assert executed(c.build()) == []


def test_a_header_that_is_not_read_does_not_matter(c: Project) -> None:
    c.write("programs/second/unused.h", "#define UNUSED 1\n")
    c.write("programs/second/new.h", "#define NEW 1\n")
    assert c.build()["up_to_date"] == 2


@pytest.mark.parametrize("path", ["first/far.h", "first/near.h", "near.h", "first/stdio.h"])
def test_a_header_that_appears_earlier_on_the_path(c: Project, path: str) -> None:
    header = c.write(f"programs/{path}", "#define FAR 7\n#define NEAR 7\n#define NESTED 7\n")
    report = c.build()
    assert "prog compile" in executed(report), path
    assert c.build()["up_to_date"] == 2
    header.unlink()
    report = c.build()
    assert report["executed"] == 0, path
    assert c.build()["up_to_date"] == 2


def test_a_header_that_goes_away_is_a_failure(c: Project) -> None:
    (c.root / "programs/second/far.h").unlink()
    result = c.run("build")
    assert result.code == 1
    assert "far.h" in result.err


def test_an_earlier_header_that_is_passed_over(c: Project) -> None:
    """A quoted include finds its own folder first, whatever lies earlier on the path."""
    c.write("programs/first/nested.h", "#define NESTED 9\n")
    assert c.build()["up_to_date"] == 2
    c.write("programs/second/far.h", "#define FAR 4\n")
    assert "prog compile" in executed(c.build())
    assert c.build()["up_to_date"] == 2


def test_the_stock_gcc_reads_headers_beside_the_source(project: Project) -> None:
    needs("gcc")
    text = workload("c", "prog=main.c", "deep=deep/main.c").replace(
        'language = "c"', 'language = "c"\ncandidates = ["**/*.h"]'
    )
    project.write("manifests/workloads/programs.toml", text)
    project.write("programs/main.c", '#include "stddef.h"\nint main(void) { return 0; }\n')
    project.write("programs/deep/main.c", '#include "stddef.h"\nint main(void) { return 1; }\n')
    assert project.build("--toolchain", "gcc")["executed"] == 4
    project.write("programs/stddef.h", "#define X 1\n")
    assert executed(project.build("--toolchain", "gcc")) == ["prog compile"]
    project.write("programs/deep/stddef.h", "#define X 1\n")
    assert executed(project.build("--toolchain", "gcc")) == ["deep compile"]
