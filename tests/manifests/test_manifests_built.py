"""What is wrong with a `built_by` is said by the check, where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_projects import Project
from built_projects import CTOOL, TOY, built_project

from molt_build.manifests.loading import check

TOY_FILE = "manifests/toolchains/toy.toml"
CTOOL_FILE = "manifests/toolchains/ctool.toml"
LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "lane"
description = "A lane."
workloads = ["programs"]
reference = "toy"
subject = "toy"
engines = ["toy:release"]
profile = "dev"
"""


@pytest.fixture
def built(tmp_path: Path) -> Project:
    project = built_project(tmp_path)
    assert found(project) == []
    return project


def found(project: Project) -> list[str]:
    """The findings: `file:line: path: message (hint: ...)`, without columns."""
    return [
        f"{one.file.rpartition('/')[2]}:{one.line}: {one.path}: {one.message} ({one.hint})"
        for one in check(project.root)
    ]


BUILT_BY = "executables.backend.built_by"
CASES = {
    "an output that no stage makes": (
        '"link.executable"',
        '"link.executabel"',
        f"toy.toml:10: {BUILT_BY}.output: no stage of 'ctool' makes 'link.executabel' "
        "(did you mean 'link.executable'?)",
    ),
    "an output that is no result": (
        '"link.executable"',
        '"strip.small"',
        f"toy.toml:10: {BUILT_BY}.output: 'strip.small' is no result of 'ctool' for 'native' "
        "(its results: compile.object, link.executable, link.map)",
    ),
    "an output of another target": (
        "profile =",
        'target = "half", profile =',
        f"toy.toml:10: {BUILT_BY}.output: 'link.executable' is no result of 'ctool' for 'half' "
        "(its results: compile.object)",
    ),
    "no such target": (
        "profile =",
        'target = "nativ", profile =',
        f"toy.toml:10: {BUILT_BY}.target: 'ctool' has no target 'nativ' (did you mean 'native'?)",
    ),
    "no such profile": (
        'profile = "{profile}"',
        'profile = "relaese"',
        f"toy.toml:10: {BUILT_BY}.profile: there is no profile 'relaese' (did you mean 'release'?)",
    ),
    "no such profile in a table": (
        'profile = "{profile}"',
        'profile = { dev = "relaese" }',
        f"toy.toml:10: {BUILT_BY}.profile.dev: there is no profile 'relaese' "
        "(did you mean 'release'?)",
    ),
    "no such profile that may be asked for": (
        'profile = "{profile}"',
        'profile = { dev = "dev", relaese = "release" }',
        f"toy.toml:10: {BUILT_BY}.profile.relaese: there is no profile 'relaese' "
        "(did you mean 'release'?)",
    ),
    "a language that is not accepted": (
        'program = "backend"',
        'program = "one"',
        f"toy.toml:10: {BUILT_BY}.toolchain: 'ctool' does not accept 'toy', the program's language "
        "(it accepts: c)",
    ),
    "itself": (
        'toolchain = "ctool"',
        'toolchain = "toy"',
        f"toy.toml:10: {BUILT_BY}.toolchain: makes the toolchain 'toy' need itself: toy -> toy "
        "(None)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_said_where_it_is_written(built: Project, case: str) -> None:
    old, new, wanted = CASES[case]
    built.replace(TOY_FILE, old, new)
    assert wanted in found(built)


def test_a_circle_of_any_length(built: Project) -> None:
    of = '{ program = "backend", toolchain = "%s", profile = "dev", output = "link.executable" }'
    text = CTOOL.replace('path = "{project}/tools/cc"', 'path = "{project}/tools/cc"\n\n[uses]')
    text = text.replace("[uses]", "[artifacts.base]\nbuilt_by = " + of % "third")
    built.write(CTOOL_FILE, text)
    third = CTOOL.replace('"ctool"', '"third"')
    third = third.replace("\n[executables.cc]", '\n[uses]\nbackend = ["toy"]\n\n[executables.cc]')
    built.write("manifests/toolchains/third.toml", third)
    toy = TOY.replace("PROFILE", 'profile = "dev"')
    toy = toy.replace("[[stages]]", '[provides.backend]\ncommand = ["{backend}"]\n\n[[stages]]')
    built.write(TOY_FILE, toy)
    circle = "need itself: ctool -> third -> toy -> ctool"
    places = [line.partition(": makes")[0] for line in found(built) if circle in line]
    assert sorted(places) == [
        "ctool.toml:13: artifacts.base.built_by.toolchain",
        "third.toml:10: uses.backend[0]",
        f"toy.toml:10: {BUILT_BY}.toolchain",
    ]


def test_a_profile_that_no_table_names_is_found_where_it_is_asked_for(built: Project) -> None:
    built.replace(TOY_FILE, 'profile = "{profile}"', 'profile = { dev = "dev" }')
    built.write("manifests/lanes/lane.toml", LANE)
    why = "'toy' has the executable 'backend', which is built under no profile for 'release'"
    assert f"lane.toml:9: engines[0]: {why} (profiles that it names: dev)" in found(built)
    # A toolchain that is built by one that is built.
    of = '{ program = "backend", toolchain = "ctool", profile = { dev = "dev" }, output = "%s" }'
    second = CTOOL.replace('"ctool"', '"second"')
    base = "[artifacts.base]\nbuilt_by = " + of % "link.map"
    built.write(
        "manifests/toolchains/second.toml", second.replace("[[stages]]", base + "\n\n[[stages]]", 1)
    )
    toy = TOY.replace("PROFILE", 'profile = { dev = "dev", release = "release" }')
    built.write(TOY_FILE, toy.replace('"ctool"', '"second"'))
    why = "'second' has the artifact 'base', which is built under no profile for 'release'"
    wanted = f"toy.toml:10: {BUILT_BY}.profile.release: {why} (profiles that it names: dev)"
    assert wanted in found(built)
    refused = built.run("build", "one", "--profile", "release")
    assert refused.code == 2
    assert built.log() == []


def test_the_target_of_who_asks_is_looked_for_where_it_is_asked_for(built: Project) -> None:
    built.replace(TOY_FILE, "profile =", 'target = "{target}", profile =')
    assert found(built) == []
    text = built.read(TOY_FILE) + '\n[targets.half]\nresults = ["compile.text"]\nrun = ["true"]\n'
    built.write(TOY_FILE, text)
    built.write("manifests/lanes/lane.toml", LANE.replace('"toy:release"', '"toy@half"'))
    why = "'toy' has the executable 'backend', built by 'ctool', and 'link.executable' is no result"
    assert any(why in line and "engines[0]" in line for line in found(built)), found(built)


def test_targets_and_artifacts_have_names_of_their_own(built: Project) -> None:
    built.replace(TOY_FILE, "[targets.native]", "[targets.library]")
    built.replace(TOY_FILE, "[[stages]]", '[artifacts.backend]\npath = "x"\n\n[[stages]]')
    assert (
        "toy.toml:12: artifacts.backend: the executable 'backend' has this name already (None)"
        in (found(built))
    )
    built.replace(TOY_FILE, "[artifacts.backend]", "[artifacts.entry]")
    assert any("artifacts.entry: {entry} is a placeholder" in line for line in found(built))
    built.replace(TOY_FILE, "[artifacts.entry]", "[artifacts.own]")
    built.replace(TOY_FILE, '"{module}.text"', '"{own}/{module}.text"')
    assert any("{own} leads out of the staging directory" in line for line in found(built))
    built.replace(TOY_FILE, '"{own}/{module}.text"', '"{module}.text"')
    built.replace(TOY_FILE, 'path = "x"', 'path = "{project}/x"\nfiles = ["../*"]')
    assert any("artifacts.own.files[0]: '../*' leaves the folder" in line for line in found(built))
    built.replace(TOY_FILE, '\nfiles = ["../*"]', "")
    assert found(built) == []
    built.write("x/y", "z")
    report = built.build("one", "--target", "library")
    assert report["target"] == "library"
    assert built.run("build", "one").code == 2
