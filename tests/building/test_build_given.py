"""What a cache manifest adds to every key: variables of the builder's environment, and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, executed

KEY = '[key]\nenvironment = ["TOY_MOOD"]\nfiles = ["toys.lock"]\n'


@pytest.fixture
def given(toys: Project) -> Project:
    cache_manifest(toys, KEY)
    toys.write("toys.lock", "1\n")
    toys.replace("tools/toyc", 'text=$(cat "$2")', 'text=$(cat "$2"); echo "$TOY_MOOD" >&2')
    return toys


def test_a_variable_reaches_every_stage_and_its_key(given: Project) -> None:
    glad, sad = {"TOY_MOOD": "glad"}, {"TOY_MOOD": "sad"}
    both = ["one translate", "one assemble"]
    report = given.build("one", env=glad)
    assert executed(report) == both
    assert report["actions"][0]["warnings"] == "glad\n"
    assert given.build("one", env=glad)["up_to_date"] == 2
    assert executed(given.build("one", env=sad)) == both
    assert given.build("one", env=glad)["hits"] == 2
    report = given.build("one")  # not set at all
    assert executed(report) == both
    assert given.build("one")["up_to_date"] == 2
    [action, _] = given.explain("one", "--all")
    assert "TOY_MOOD" not in str(action)


def test_a_variable_that_changed_is_no_plan_for_what_was_not_built_since(given: Project) -> None:
    glad, sad = {"TOY_MOOD": "glad"}, {"TOY_MOOD": "sad"}
    given.build("one", "two", env=glad)
    given.build("one", env=sad)
    assert executed(given.build("two", env=sad)) == ["two translate", "two assemble"]


def test_a_file_belongs_to_every_key(given: Project) -> None:
    given.build("one")
    given.write("toys.lock", "2\n")
    report = given.build("one")
    assert executed(report) == ["one translate", "one assemble"]
    assert given.build("one")["up_to_date"] == 2
    given.write("toys.lock", "1\n")
    assert given.build("one")["hits"] == 2
    (given.root / "toys.lock").unlink()
    assert len(executed(given.build("one"))) == 2
    assert given.build("one")["up_to_date"] == 2
    given.write("toys.lock", "1\n")
    assert given.build("one")["hits"] == 2


def test_explain_names_them(given: Project, tmp_path: Path) -> None:
    given.build("one", env={"TOY_MOOD": "glad"})
    given.write("toys.lock", "2\n")
    result = given.run("explain", "one", env={"TOY_MOOD": "sad"})
    assert result.code == 0, result.err
    assert "environment TOY_MOOD" in result.out
    assert "file toys.lock" in result.out
