"""The C++ compiler of the page about manifests, in a toolchain."""

from __future__ import annotations

import subprocess
from pathlib import Path

from build_projects import REPOSITORY, Project, needs, new_project, workload

HEAD = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "plus"
description = "Copies C++ out of a comment."
engine = "compiler"
accepts = ["python"]

"""
TRANSLATE = """\
[[stages]]
name = "translate"
argv = ["sed", "s/^# //", "{entry}"]
stdout = "cpp"
outputs = { cpp = "{module}.cpp" }

"""
TARGET = """
[targets.native]
results = ["link.executable"]
run = ["{executable}", "{args}"]
"""
PROGRAM = """\
# #include <iostream>
# int main() { std::cout << 6 * 7 << std::endl; }
"""


def test_a_compiler_that_writes_cpp(tmp_path: Path) -> None:
    """The block of the page builds and runs, and what compiles C++ is in the key."""
    needs("gcc")
    needs("g++")
    page = (REPOSITORY / "docs/manifests.md").read_text()
    section = page.partition("### Compilers that write C++")[2]
    block = section.partition("```toml\n")[2].partition("```")[0]
    block = block.replace("[[stages]]", TRANSLATE + "[[stages]]", 1)
    project: Project = new_project(tmp_path, "plus")
    project.write("manifests/toolchains/plus.toml", HEAD + block + TARGET)
    project.write("manifests/workloads/programs.toml", workload("python", "one"))
    project.write("programs/one.py", PROGRAM)
    built = project.build("one", "--toolchain", "plus", "--profile", "dev")
    assert built["executed"] == 3
    made = project.root / ".molt-build/out/plus/dev/native/one/one"
    ran = subprocess.run([made], capture_output=True, text=True, check=True)
    assert ran.stdout == "42\n"
    assert "plus cc1plus file: " in project.run("explain", "one", "--toolchain", "plus").out
