"""Standard input and output of stages: files in, an output out, without a shell."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, executed, new_project, statuses, workload

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "filter"
description = "Programs as filters: what goes in comes out in capitals, then sorted."
engine = "compiler"
accepts = ["text"]

[executables.tr]
names = ["tr"]

[executables.sort]
names = ["sort"]

[[stages]]
name = "capitals"
argv = ["{tr}", "a-z", "A-Z"]
stdin = "{entry}"
stdout = "capitals"
outputs = { capitals = "it's {module}.txt" }

[[stages]]
name = "order"
inputs = { text = "capitals.capitals" }
argv = ["{sort}"]
stdin = "{text}"
stdout = "sorted"
outputs = { sorted = "{module}.sorted" }

[targets.native]
results = ["order.sorted"]
run = ["cat", "{sorted}"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = new_project(tmp_path, "filter")
    made.write("manifests/toolchains/filter.toml", TOOLCHAIN)
    made.write("manifests/workloads/programs.toml", workload("text", "one=one.txt"))
    made.write("programs/one.txt", "b\na\n")
    return made


def test_a_file_goes_in_and_an_output_comes_out(project: Project) -> None:
    assert executed(project.build()) == ["one capitals", "one order"]
    assert project.output("one/one.sorted", "filter").read_text() == "A\nB\n"
    assert set(statuses(project.build()).values()) == {"up-to-date"}
    project.write("programs/one.txt", "c\na\n")
    project.build()
    assert project.output("one/one.sorted", "filter").read_text() == "A\nC\n"


def test_they_are_in_the_key_and_what_is_printed_is_not_kept_twice(project: Project) -> None:
    project.build()
    components = project.explain("one")[0]["components"]
    assert components["stdin"] == "one.txt"
    assert components["stdout"] == "capitals"
    entries = (project.cache / "store/entries").rglob("*.json")
    printed = [json.loads(entry.read_text())["value"]["stdout"] for entry in entries]
    assert printed == ["", ""]
    manifest = "manifests/toolchains/filter.toml"
    project.replace(manifest, 'stdin = "{text}"', 'stdin = "./{text}"')
    assert project.build()["executed"] == 0  # the same file
    project.replace(manifest, '"{sort}"]', '"{sort}", "{text}"]')
    project.replace(manifest, 'stdin = "./{text}"\n', "")
    assert executed(project.build()) == ["one order"]


def test_a_failure_shows_a_command_that_can_be_pasted(project: Project) -> None:
    manifest = "manifests/toolchains/filter.toml"
    project.replace(manifest, '"a-z", "A-Z"]', '"a-z", "A-Z", "too", "many"]')
    result = project.run("build", "--keep-staging")
    assert result.code == 1
    (line,) = [line for line in result.err.splitlines() if line.startswith("  $ ")]
    assert line.endswith(""" < one.txt > 'it'"'"'s one.txt'""")
    command = line.removeprefix("  $ ")
    assert shlex.split(command)[-2:] == [">", "it's one.txt"]
    pasted = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert pasted.returncode == 1
    assert "extra operand" in pasted.stderr
    assert not project.output("one", "filter").exists()


def test_a_command_that_prints_and_then_fails_leaves_no_output(project: Project) -> None:
    tool = project.write("tools/fails", "#!/bin/sh\necho half\nexit 3\n", executable=True)
    project.replace("manifests/toolchains/filter.toml", '"{tr}", "a-z", "A-Z"', f'"{tool}"')
    result = project.run("build")
    assert result.code == 1
    assert "exit status 3" in result.err
    assert not any(path.is_file() for path in (project.cache / "store/blobs").rglob("*"))


def test_the_trace_tells_of_both(project: Project) -> None:
    trace = project.root / "trace.json"
    project.build("--trace", str(trace))
    text = trace.read_text()
    assert '"stdin":"one.txt"' in text
    assert '"stdout":"it\'s one.txt"' in text


def test_a_candidate_that_is_read_as_standard_input_is_keyed(project: Project) -> None:
    """No depfile tells of it."""
    project.write("tools/reads", '#!/bin/sh\ncat "$1" -\necho "x: $1" > deps\n', executable=True)
    manifest = "manifests/toolchains/filter.toml"
    project.replace(
        manifest,
        'argv = ["{tr}", "a-z", "A-Z"]\nstdin = "{entry}"',
        'argv = ["{project}/tools/reads", "{entry}"]\nstdin = "more/data.txt"\n'
        'candidates = ["more/*"]\ndepfile = { path = "deps", format = "make" }',
    )
    project.write("programs/more/data.txt", "z\n")
    project.build()
    assert project.output("one/one.sorted", "filter").read_text() == "a\nb\nz\n"
    project.write("programs/more/data.txt", "y\n")
    project.build()
    assert project.output("one/one.sorted", "filter").read_text() == "a\nb\ny\n"
    (project.root / "programs/more/data.txt").unlink()
    result = project.run("build")
    assert result.code == 1
    assert "more/data.txt, the standard input of capitals, is not staged" in result.err


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            'stdout = "sorted"',
            'stdout = "sortet"',
            "stages[1].stdout: no output is named 'sortet' (hint: did you mean 'sorted'?)",
        ),
        (
            'sorted = "{module}.sorted" }',
            'sorted = "{shard}/sorted" }\nneeds_shard = true',
            "stages[1].stdout: the output 'sorted' lies in the shard",
        ),
        (
            'sorted = "{module}.sorted" }',
            'sorted = "sorted/" }',
            "stages[1].stdout: the output 'sorted' is a folder",
        ),
        ('stdin = "{text}"', 'stdin = "../x"', "stages[1].stdin: '../x' is not in the staging"),
        ('stdin = "{text}"', 'stdin = "/x"', "stages[1].stdin: '/x' is not in the staging"),
        (
            'stdin = "{text}"',
            'stdin = "{home}/x"',
            "stages[1].stdin: '{home}/x' is not in the staging directory",
        ),
        (
            'stdin = "{text}"',
            'stdin = "{sorted}"',
            "stages[1].stdin: {sorted} is an output of the stage itself",
        ),
        (
            'outputs = { sorted = "{module}.sorted" }',
            'outputs = { sorted = "a/b", more = "a/" }',
            "stages[1].outputs.more: 'a/b' lies in the folder 'a/'",
        ),
        (
            'outputs = { sorted = "{module}.sorted" }',
            'outputs = { sorted = "a", more = "a/" }',
            "stages[1].outputs.more: 'a/' is the path of the output 'sorted' already",
        ),
    ],
)
def test_manifests_that_cannot_be(project: Project, old: str, new: str, finding: str) -> None:
    project.replace("manifests/toolchains/filter.toml", old, new)
    result = project.run("check")
    assert result.code == 2
    assert finding in result.err
