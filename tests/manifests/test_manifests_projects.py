"""Errors that take more than one file, and files and folders that are no manifests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from manifest_projects import ManifestProject, lone_project

PROJECT = "manifests/project.toml"
DEV = "manifests/profiles/dev.toml"
RELEASE = "manifests/profiles/release.toml"
CPYTHON = "manifests/toolchains/cpython.toml"
GCC = "manifests/toolchains/gcc.toml"
TOYC = "manifests/toolchains/toyc.toml"
TOYS = "manifests/workloads/toys.toml"
LANE = "manifests/lanes/toy_lane.toml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "project", monkeypatch)


def test_all_errors_of_all_files_come_at_once_in_order(project: ManifestProject) -> None:
    project.replace(LANE, 'profile = "release"', 'profile = "relase"')
    project.replace(LANE, "budget_s = 60\nquick", "budget_s = 0\nquick")
    project.replace(TOYC, '"{entry}"', '"{enter}"')
    project.write("manifests/profiles/broken.toml", "name = \n")
    project.write("manifests/profiles/empty.toml", "")
    project.write("manifests/profiles/latin.toml", b"\xff")
    (project.root / "manifests/lanes/folder.toml").mkdir()
    assert [(one.file, one.line, one.path) for one in project.diagnostics()] == [
        ("manifests/lanes/folder.toml", 1, ""),
        (LANE, 10, "profile"),
        (LANE, 13, "budget_s"),
        ("manifests/profiles/broken.toml", 1, ""),
        ("manifests/profiles/empty.toml", 1, ""),
        ("manifests/profiles/latin.toml", 1, ""),
        (TOYC, 32, "stages[0].argv[2]"),
    ]


def test_a_broken_file_does_not_make_others_wrong(project: ManifestProject) -> None:
    for file in (DEV, TOYC, GCC, TOYS):
        before = project.read(file)
        project.write(file, before + "\n= broken")
        assert {one.file for one in project.diagnostics()} == {file}
        project.write(file, before)


def test_two_of_a_name_tell_each_others_place(project: ManifestProject) -> None:
    project.write("manifests/toolchains/zz.toml", project.read(GCC))
    (one,) = project.diagnostics()
    assert str(one) == (
        "manifests/toolchains/zz.toml:4:1: name: the toolchain 'gcc' is defined twice "
        "(hint: also at manifests/toolchains/gcc.toml:4)"
    )


def test_a_program_of_two_workloads_tells_the_other_place(project: ManifestProject) -> None:
    text = project.read(TOYS).replace('name = "toys"', 'name = "more"')
    project.write("manifests/workloads/zz.toml", text)
    assert [str(one) for one in project.diagnostics()] == [
        "manifests/workloads/zz.toml:13:1: programs[0].name: the program 'toy_sum' is defined "
        "twice (hint: also at manifests/workloads/toys.toml:13)",
        "manifests/workloads/zz.toml:20:1: programs[1].name: the program 'empty' is defined "
        "twice (hint: also at manifests/workloads/toys.toml:20)",
    ]


def test_a_second_project_manifest_and_none(project: ManifestProject) -> None:
    text = project.read(PROJECT).replace('"toys"', '"other"').replace("../sch", "../../sch")
    project.write("manifests/more/project.toml", text)
    (one,) = project.diagnostics()
    assert (one.file, one.path) == (PROJECT, "name")
    assert one.hint == "also at manifests/more/project.toml:4"
    (project.root / PROJECT).unlink()
    (project.root / "manifests/more/project.toml").unlink()
    (one,) = project.diagnostics()
    assert str(one).startswith(f"{PROJECT}:1:1: there is no project manifest")


def test_no_manifests_folder_at_all(project: ManifestProject) -> None:
    (project.root / "manifests").rename(project.root / "elsewhere")
    (one,) = project.diagnostics()
    assert str(one) == "manifests:1:1: there is no such folder (hint: molt-build init makes one)"


def test_cycles_over_files_are_reported_at_each_edge(project: ManifestProject) -> None:
    project.replace(DEV, "[roles", 'inherits = "release"\n[roles')
    assert [(one.file, one.path) for one in project.diagnostics()] == [
        (DEV, "inherits"),
        (RELEASE, "inherits"),
    ]
    assert "inherit from itself: dev -> release -> dev" in project.diagnostics()[0].message


def test_a_toolchain_that_is_built_by_what_uses_it(project: ManifestProject) -> None:
    built = 'built_by = { program = "empty", toolchain = "toyc", profile = "dev", output = "%s" }'
    project.replace(GCC, 'names = ["gcc"]', built % "link.extension")
    assert [(one.file, one.path) for one in project.diagnostics()] == [
        (GCC, "executables.gcc.built_by.toolchain"),
        (TOYC, "uses.cc[0]"),
    ]
    project.replace(GCC, '"link.extension"', '"link.exe"')
    assert any(
        one.path == "executables.gcc.built_by.output" and "'link.extension'" in str(one.hint)
        for one in project.diagnostics()
    )


def test_what_a_lane_cannot_take_is_said_at_the_toolchain(project: ManifestProject) -> None:
    project.replace(CPYTHON, 'accepts = ["python"]', 'accepts = ["python", "rust"]')
    rust = project.read(TOYS).replace('"toys"', '"crates"').replace('"python"', '"rust"')
    rust = rust.replace('name = "toy_sum"', 'name = "crate"').replace('"empty"', '"other"')
    project.write("manifests/workloads/crates.toml", rust)
    project.replace(LANE, '["toys"]', '["toys", "crates"]')
    assert [(one.path, one.message) for one in project.diagnostics()] == [
        (
            "subject",
            "'toyc' does not accept 'rust', the language of the workload 'crates'",
        ),
        (
            "engines[0]",
            "'toyc' does not accept 'rust', the language of the workload 'crates'",
        ),
        ("programs[0].entry", "missing key, which only python programs may leave out"),
    ]


def test_stages_run_in_their_order(project: ManifestProject) -> None:
    text = project.read(TOYC)
    start, middle = (
        text.index('[[stages]]\nname = "compile"'),
        text.index('[[stages]]\nname = "link"'),
    )
    end = text.index("[flags.dev]")
    swapped = text[:start] + text[middle:end] + text[start:middle] + text[end:]
    project.write(TOYC, swapped.replace('stages = ["translate", "compile", "link"]\n', ""))
    assert [(one.path, one.message) for one in project.diagnostics()] == [
        ("stages[1].inputs.object", "'compile.object' is made by a later stage")
    ]


def test_the_lock_must_be_readable(project: ManifestProject) -> None:
    project.write("manifests/toolchains/locks/toyc.txt", b"toyc==1.0 \\\n\xff")
    (one,) = project.diagnostics()
    assert (one.file, one.path) == (TOYC, "python")
    assert "the lock 'locks/toyc.txt' is not UTF-8" in one.message


def test_a_manifest_of_the_project_goes_before_a_bundled_one(
    project: ManifestProject, tmp_path: Path
) -> None:
    bundled = ManifestProject(tmp_path)
    bundled.write("bundled/toolchains/gcc.toml", project.read(GCC).replace("A C compiler.", "?"))
    bundled.write("bundled/profiles/fast.toml", project.read(DEV).replace('"dev"', '"fast"'))
    bundled.write("bundled/lanes/ignored.toml", "not even TOML")
    project.replace(LANE, 'profile = "release"', 'profile = "fast"')
    assert project.diagnostics() == []
    bundled.write("bundled/profiles/fast.toml", "x")
    (one,) = project.diagnostics()
    assert one.file == str(tmp_path / "bundled/profiles/fast.toml")


def test_hidden_files_and_other_files_are_no_manifests(project: ManifestProject) -> None:
    project.write("manifests/.editor.toml", "x")
    project.write("manifests/.hidden/x.toml", "x")
    project.write("manifests/notes.md", "x")
    assert project.diagnostics() == []


def test_links_to_files_are_followed_and_to_folders_refused(project: ManifestProject) -> None:
    outside = project.root.parent / "shared"
    outside.mkdir()
    (project.root / DEV).rename(outside / "dev.toml")
    (project.root / DEV).symlink_to(outside / "dev.toml")
    assert project.diagnostics() == []
    (project.root / "manifests/again").symlink_to("/")
    (one,) = project.diagnostics()
    assert str(one) == ("manifests/again:1:1: is a link to a folder, which is not followed")


def test_a_folder_that_cannot_be_listed_is_told(
    project: ManifestProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    listdir = os.listdir

    def refusing(path: str) -> list[str]:
        if str(path).endswith("lanes"):
            raise PermissionError(13, "Permission denied", path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refusing)
    (one,) = project.diagnostics()
    assert str(one) == "manifests/lanes:1:1: cannot be read: Permission denied"


def test_a_name_that_is_no_text_is_told_on_one_line(project: ManifestProject) -> None:
    name = os.fsencode(project.root / "manifests") + b"/\xff\n.toml"
    with open(name, "wb") as stream:
        stream.write(b"x")
    (one,) = project.diagnostics()
    assert len(str(one).splitlines()) == 1
    assert "broken TOML" in str(one)


def test_a_role_overridden_by_the_project_does_not_make_a_bundled_toolchain_wrong(
    project: ManifestProject, tmp_path: Path
) -> None:
    text = project.read(TOYC).replace('"{cc}", "{cc.link}"', '"CC={cc}", "{cc.link}"')
    bundled = ManifestProject(tmp_path)
    bundled.write("bundled/toolchains/toyc.toml", text)
    (project.root / TOYC).unlink()
    assert project.diagnostics() == []
    project.write(TOYC, text)
    (one,) = project.diagnostics()
    assert (one.path, one.message) == (
        "stages[2].argv[0]",
        "{cc} is a list and cannot be part of a word",
    )
