"""`molt-build pin`, with pip and an index of a folder: what it writes, and why it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_projects import Project
from package_projects import LOCK, needy_project, require, wheel
from published import assert_published


@pytest.fixture
def needy(tmp_path: Path) -> Project:
    return needy_project(tmp_path)


def test_a_lock_is_written_and_what_changed_is_told(needy: Project, tmp_path: Path) -> None:
    index = tmp_path / "index"
    low = wheel(index, "low", "1.0")
    high = wheel(index, "high", "1.0", "low")
    require(needy, "high==1.0")
    first = needy.run("pin", "needy")
    assert first.code == 0, first.err
    assert first.out == f"{LOCK}: 2 packages, 2 files, by pip: written\n"
    assert "resolving needy with pip ..." in first.err
    text = needy.read(LOCK)
    header, body = text.splitlines()[:3], "".join(text.splitlines(keepends=True)[3:])
    assert header[0] == "# written by: molt-build pin needy"
    assert header[1].startswith("# for: CPython 3.") and header[1].endswith("; resolved by pip")
    assert header[2] == "# required: high==1.0"
    assert body == (
        f"high==1.0 \\\n    --hash=sha256:{high}\nlow==1.0 \\\n    --hash=sha256:{low}\n"
    )
    again = needy.run("pin", "needy", "-q")
    assert (again.out, again.err) == (f"{LOCK}: 2 packages, 2 files, by pip: as it was\n", "")
    needy.write(LOCK, body)  # as an earlier version wrote it, whose identity it keeps
    assert needy.run("pin", "needy").out == again.out and needy.read(LOCK) == body
    needy.write(LOCK, text)
    wheel(index, "high", "2.0", "other")
    wheel(index, "other", "3.1")
    require(needy, "high==2.0")
    dry = needy.run("pin", "needy", "--dry-run")
    assert dry.code == 0 and "high==2.0 \\\n" in dry.out and needy.read(LOCK) == text
    changed = needy.run("pin", "needy")
    assert changed.out.splitlines()[1:] == [
        "  high 1.0 -> 2.0",
        "  low 1.0 is gone",
        "  other 3.1 is new",
    ]


def test_the_same_for_programs(needy: Project, tmp_path: Path) -> None:
    digest = wheel(tmp_path / "index", "low", "1.0")
    require(needy, "low==1.0")
    for words, is_dry in ((("--dry-run",), True), ((), False)):
        done = needy.run("pin", "needy", "--json", *words)
        assert done.code == 0, done.err
        facts = json.loads(done.out)
        assert_published("pin", facts)
        assert facts["dry_run"] is is_dry
        [row] = facts["pinned"]
        assert (row["kind"], row["name"], row["resolver"]) == ("toolchain", "needy", "pip")
        assert row["lock"] == str(needy.root / LOCK)
        assert row["packages"] == {"low": "1.0"} and row["files"] == 1
        assert row["changed"] == [{"package": "low", "before": "", "after": "1.0"}]
        assert row["is_new"] is True
        assert (digest in row.get("text", "")) is is_dry
        assert (needy.root / LOCK).exists() is not is_dry


def test_the_resolvers_own_reason_is_told(needy: Project, tmp_path: Path) -> None:
    index = tmp_path / "index"
    wheel(index, "low", "1.0")
    require(needy, "low==7.0")
    absent = needy.run("pin", "needy")
    assert (absent.code, absent.out) == (2, "")
    assert "pip could not resolve what needy requires:\n" in absent.err
    assert "No matching distribution found for low==7.0" in absent.err
    assert "change requires in the manifest of needy" in absent.err
    assert "check the network" not in absent.err
    wheel(index, "high", "1.0", "low>2")
    wheel(index, "low", "3.0")
    require(needy, "high==1.0", "low==1.0")
    conflict = needy.run("pin", "needy")
    assert conflict.code == 2
    assert "The conflict is caused by:" in conflict.err
    assert "high 1.0 depends on low>2" in conflict.err
    assert not (needy.root / LOCK).exists()


def test_a_network_that_fails_is_no_fault_of_the_manifest(needy: Project) -> None:
    require(needy, "low==1.0")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        del needy.environment[name]
    done = needy.run("pin", "needy", env=nowhere)
    assert done.code == 4
    assert "check the network" in done.err and "low" in done.err
