"""Builds of programs that a glob finds: what is warm, what is noticed, what is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_projects import Project, executed, statuses, toy_project

WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "programs"
description = "Tested."
language = "toy"
programs = "**/*.toy"
exclude = ["data/**"]

[source]
project = "programs"
"""


@pytest.fixture
def found(tmp_path: Path) -> Project:
    """The three toys, found by a glob, with another in a folder."""
    project = toy_project(tmp_path)
    project.write("manifests/workloads/programs.toml", WORKLOAD)
    project.write("programs/deep/four.toy", "four\n")
    project.write("programs/data/no.toy", "FAIL\n")
    return project


def is_warm(project: Project, *words: str) -> bool:
    """Whether the plan alone says that all is up to date."""
    result = project.run("build", *words)
    assert result.code == 0, result.err
    return "all up to date" in result.out


def test_all_that_is_found_is_built_once(found: Project) -> None:
    report = found.build()
    assert sorted(executed(report)) == [
        f"{name} {stage}"
        for name in ("deep_four", "one", "three", "two")
        for stage in ("assemble", "translate")
    ]
    assert found.output("deep_four/four.sh").is_file()
    assert is_warm(found)
    assert is_warm(found, "deep_four")


def test_new_renamed_and_removed_files_are_noticed(found: Project) -> None:
    found.build()
    found.write("programs/deep/five.toy", "five\n")
    assert executed(found.build()) == ["deep_five translate", "deep_five assemble"]
    assert is_warm(found)
    (found.root / "programs/deep/five.toy").rename(found.root / "programs/deep/six.toy")
    report = found.build()
    assert {row["program"] for row in report["actions"]} == {
        "one",
        "two",
        "three",
        "deep_four",
        "deep_six",
    }
    assert "deep_five" not in str(report)
    (found.root / "programs/deep/six.toy").unlink()
    assert "deep_six" not in statuses(found.build())
    assert found.run("build", "deep_six").code == 2
    assert is_warm(found)


def test_a_replaced_program_leaves_the_others_warm(found: Project) -> None:
    """An editor that writes another file and renames it changes the folder, too."""
    found.build()
    found.write("programs/deep/.four.swp", "four again\n").rename(
        found.root / "programs/deep/four.toy"
    )
    assert is_warm(found, "one") is False  # the folder changed: it may hold other programs
    assert executed(found.build("deep_four")) == ["deep_four translate", "deep_four assemble"]
    assert is_warm(found, "one")
    assert is_warm(found)


def test_a_program_that_is_skipped_is_shown_and_not_built(found: Project) -> None:
    found.write("programs/deep/four.toy", "// molt-build: skip it waits for four\nFAIL\n")
    result = found.run("build")
    assert result.code == 0, result.err
    assert "deep_four: skipped: it waits for four" in result.out
    assert found.build()["unsupported"] == [
        {"program": "deep_four", "reason": "skipped: it waits for four"}
    ]
    again = found.run("build")
    assert "all up to date" in again.out
    assert "deep_four: skipped: it waits for four" in again.out
    found.write("programs/deep/four.toy", "four\n")
    assert executed(found.build()) == ["deep_four translate", "deep_four assemble"]


def test_a_directive_that_appears_while_nothing_else_changes(found: Project) -> None:
    found.build()
    file = found.root / "programs/one.toy"
    file.write_text("# molt-build: skip later\n" + file.read_text())
    assert "one translate" not in statuses(found.build())
    file.write_text("# molt-build: exti 3\n" + file.read_text())
    result = found.run("build")
    assert result.code == 2
    assert "programs/one.toy:1:15: there is no directive 'exti'" in result.err


def test_variables_and_exit_status_do_not_belong_to_the_build(found: Project) -> None:
    found.build()
    file = found.root / "programs/one.toy"
    file.write_text("# molt-build: env A=b\n" + file.read_text())
    first = found.build()
    file.write_text(file.read_text().replace("env A=b", "exit 3"))
    second = found.build()
    # By the toy's own translation, which takes comments away: its text is keyed, not the variable.
    assert statuses(first)["one translate"] == statuses(second)["one translate"] == "executed"
    components = {
        name
        for row in found.explain("one", "--all")
        for name in row["components"]
        if row["stage"] == "translate"
    }
    assert not any(name.startswith("environment A") for name in components)
