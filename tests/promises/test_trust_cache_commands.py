"""`molt-build cache stats`, `verify`, `prune` and `clear`."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, cache_manifest
from other_processes import end_of, interrupt, kill_all, running, wait_for


def facts(project: Project, *words: str, code: int = 0) -> dict[str, Any]:
    result = project.run("cache", *words, "--json")
    assert result.code == code, result.err
    found: dict[str, Any] = json.loads(result.out)
    return found


def stored(project: Project, kind: str = "*") -> list[Path]:
    return sorted(project.cache.glob(f"store/{kind}/*/*"))


def age(project: Project, seconds: float) -> None:
    """As if everything in the store had last been used so long ago."""
    for path in stored(project):
        when = path.stat().st_mtime - seconds
        os.utime(path, (when, when))


def forget(project: Project) -> None:
    shutil.rmtree(project.root / ".molt-build")


def test_stats_of_nothing(toys: Project) -> None:
    found = facts(toys, "stats")
    assert found["store_bytes"] == 0
    assert found["limit_bytes"] == 5 * 10**9
    assert found["running"] == []
    assert found["history"] is None


def nothing_done(project: Project) -> tuple[int, float]:
    history = facts(project, "stats")["history"]
    return history["nothing_done"], history["saved_s"]


def test_stats_count_builds_that_had_nothing_to_do(toys: Project) -> None:
    toys.write("programs/one.toy", "NAP\n")  # its translation takes 0.3 s
    toys.build("one")
    assert nothing_done(toys) == (0, 0)
    saved_s = toys.build("one")["saved_s"] + toys.build("one")["saved_s"]
    (toys.root / ".molt-build/plans/toy/dev/native.plan").unlink()
    saved_s += toys.build("one")["saved_s"]  # decided by content, to the same end
    builds, told_s = nothing_done(toys)
    assert builds == 3
    assert told_s == pytest.approx(saved_s, abs=0.01) and told_s > 0.9
    assert f"3 builds with everything up to date: {told_s:.1f} s saved" in (
        toys.run("cache", "stats").out
    )
    toys.run("build", "one", "--dry-run")
    assert nothing_done(toys)[0] == 3
    # Many lines become one when a build next records something, and nothing is lost.
    counts = toys.root / ".molt-build/nothing-done"
    with open(counts, "a") as stream:
        stream.write("rubbish\n1.000 x\n-1\nnan\n" + "0.500\n" * 200_000)
    toys.write("programs/one.toy", "more\n")
    toys.build("one")
    assert counts.stat().st_size < 100
    assert nothing_done(toys) == (200_003, pytest.approx(100_000 + told_s, abs=0.01))


def test_a_warm_build_counts_nothing_where_it_may_not_write(toys: Project) -> None:
    toys.build("one")
    counts = toys.root / ".molt-build/nothing-done"
    aside = toys.root / "aside"
    aside.write_text("")
    counts.symlink_to(aside)
    assert toys.run("build", "one").code == 0
    assert aside.read_text() == ""
    counts.unlink()
    os.mkfifo(counts)
    assert toys.run("build", "one").code == 0
    assert facts(toys, "stats")["history"]["nothing_done"] == 0


def test_stats_count_what_is_there(toys: Project) -> None:
    toys.build()
    found = facts(toys, "stats")
    for kind in ("blobs", "entries", "recipes", "nearest"):
        assert found["store"][kind]["files"] == len(stored(toys, kind)) > 0
    assert found["store_bytes"] == sum(path.stat().st_size for path in stored(toys))
    stored(toys, "blobs")[0].write_bytes(b"rotten")
    facts(toys, "verify", code=1)
    assert facts(toys, "stats")["quarantine"] == {"files": 1, "size_bytes": 6}
    text = toys.run("cache", "stats").out
    assert "quarantine: 1 file, 6 B" in text
    assert "of 5.00 GB" in text


def test_stats_add_up_the_history(toys: Project) -> None:
    """The tables are those that builds are recorded in."""
    folder = toys.root / ".molt-build"
    folder.mkdir()
    history = sqlite3.connect(folder / "history.sqlite")
    history.executescript(
        "CREATE TABLE builds (id, hits, up_to_date, executed, failed);"
        "CREATE TABLE build_actions (build, status, seconds, is_wasted);"
        "INSERT INTO builds VALUES (1, 6, 2, 2, 0), (2, 0, 0, 0, 1);"
        "INSERT INTO build_actions VALUES (1, 'executed', 2.5, 1), (1, 'executed', 1.0, 0),"
        " (2, 'failed', 9.0, 0);"
    )
    history.close()
    used = facts(toys, "stats")["history"]
    assert used == {
        "builds": 2,
        "hits": 6,
        "up_to_date": 2,
        "executed": 2,
        "failed": 1,
        "executed_s": 3.5,
        "wasted": 1,
        "wasted_s": 2.5,
        "nothing_done": 0,
        "saved_s": 0.0,
        "hit_ratio": 0.75,
    }
    assert "75.0 % hits" in toys.run("cache", "stats").out
    (folder / "history.sqlite").write_bytes(b"no database")
    assert facts(toys, "stats")["history"] is None


def test_verify_says_that_all_is_well(toys: Project) -> None:
    toys.build()
    found = facts(toys, "verify")
    assert found["damaged"] == found["incomplete"] == []
    assert found["checked"] == {
        kind: len(stored(toys, kind)) for kind in ("blobs", "entries", "recipes", "nearest")
    }


@pytest.mark.parametrize("kind", ["blobs", "entries", "recipes", "nearest"])
def test_verify_sets_damaged_files_aside(toys: Project, kind: str) -> None:
    toys.build()
    path = stored(toys, kind)[0]
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(data)
    before = stored(toys)
    assert facts(toys, "verify", "--dry-run", code=1)["damaged"][0]["kind"] == kind
    assert stored(toys) == before
    [found] = facts(toys, "verify", code=1)["damaged"]
    assert (found["kind"], found["name"]) == (kind, path.stem)
    assert not path.exists()
    assert facts(toys, "verify")["damaged"] == []
    forget(toys)
    assert toys.build()["failed"] == 0
    assert facts(toys, "verify")["damaged"] == []


def test_verify_finds_an_entry_under_the_key_of_another(toys: Project) -> None:
    """Each is whole in itself; a build does not take one for the other either."""
    toys.build()
    first, second, *_ = stored(toys, "entries")
    first.write_bytes(second.read_bytes())
    [found] = facts(toys, "verify", "--dry-run", code=1)["damaged"]
    assert found["what"] == "does not match its digest or its place"
    wanted = {p: p.read_bytes() for p in toys.output("").rglob("*") if p.is_file()}
    forget(toys)
    result = toys.run("build")
    assert "does not match its digest or its place; set aside, and built again" in result.err
    assert {p: p.read_bytes() for p in toys.output("").rglob("*") if p.is_file()} == wanted


def test_verify_removes_incomplete_entries(toys: Project) -> None:
    toys.build("one")
    for blob in stored(toys, "blobs"):
        blob.unlink()
    found = facts(toys, "verify")
    assert len(found["incomplete"]) == 2
    assert stored(toys, "entries") == []


def test_prune_to_a_size(toys: Project) -> None:
    toys.build()
    total = sum(path.stat().st_size for path in stored(toys))
    before = stored(toys)
    found = facts(toys, "prune", "--to", "2 kB", "--dry-run")
    assert stored(toys) == before
    assert found["removed_bytes"] >= total - 2000
    assert facts(toys, "prune", "--to", "2 kB") == found | {"dry_run": False}
    assert sum(path.stat().st_size for path in stored(toys)) == found["kept_bytes"] <= 2000
    assert found["fits"]
    assert facts(toys, "prune")["removed"] == 0  # the project's limit is far off
    assert facts(toys, "prune", "--to", "0")["kept_bytes"] == 0
    assert stored(toys) == []
    forget(toys)
    assert toys.build()["failed"] == 0
    result = toys.run("cache", "prune", "--to", "much")
    assert result.code == 2
    assert "'much' is not a size such as '5 GB'" in result.err


def test_pruning_beside_a_running_build(toys: Project) -> None:
    """What it may use stays; what nobody has used since long before it began goes."""
    toys.build("two")
    age(toys, 7200)
    old = stored(toys)
    toys.build("one")
    toys.write("programs/three.toy", "SLEEP\n")
    process = toys.start("build", "one", "three", "--jobs", "1")
    wait_for(lambda: toys.has_logged("translate three.toy"), "the start")
    recent = set(stored(toys)) - set(old)
    found = facts(toys, "prune", "--to", "0")
    assert found["removed"] == len(old)
    assert not found["fits"]
    assert "build one three --jobs 1" in found["spared_for"][0]
    assert set(stored(toys)) == recent
    assert f"running: {found['spared_for'][0]}" in toys.run("cache", "stats").out
    interrupt(process)
    end_of(process)
    assert facts(toys, "prune", "--to", "0")["fits"]
    assert stored(toys) == []


def test_what_a_running_build_has_found_is_spared(toys: Project) -> None:
    """It was old, and was used: its time is renewed, and that of all that belongs to it."""
    toys.build("one")
    age(toys, 7200)
    used = stored(toys)
    forget(toys)
    toys.write("programs/two.toy", "SLEEP\n")
    process = toys.start("build", "one", "two", "--jobs", "1")
    wait_for(lambda: toys.has_logged("translate two.toy"), "the start")
    facts(toys, "prune", "--to", "0")
    assert all(path.exists() for path in used)
    interrupt(process)
    end_of(process)


def test_files_from_the_future_go_first(toys: Project) -> None:
    toys.build("two")
    old = stored(toys)
    age(toys, -400 * 86400)
    toys.build("one")
    sizes = sum(path.stat().st_size for path in old)
    total = sum(path.stat().st_size for path in stored(toys))
    facts(toys, "prune", "--to", f"{total - sizes} B")
    assert not any(path.exists() for path in old)
    forget(toys)
    assert toys.build("one")["hits"] == 2


def test_a_limit_that_is_passed_while_other_builds_run(toys: Project, tmp_path: Path) -> None:
    """The end of each build prunes what is old, whoever else runs."""
    toys.write("programs/two.toy", "SLEEP\n")
    other = toys.copy(tmp_path / "other")
    toys.write("programs/one.toy", "x" * 60_000 + "\n")
    toys.build("one")
    age(toys, 7200)
    process = other.start("build", "two")
    wait_for(lambda: toys.has_logged("translate two.toy"), "the start")
    cache_manifest(toys, 'store_size_limit = "0.15 MB"\n')
    toys.write("programs/one.toy", "y" * 60_000 + "\n")
    assert toys.build("one")["executed"] == 2
    assert sum(path.stat().st_size for path in stored(toys)) <= 150_000
    interrupt(process)
    end_of(process)


def test_clear_wants_to_be_told_what(toys: Project) -> None:
    result = toys.run("cache", "clear")
    assert result.code == 2
    assert "--store" in result.err and "--all" in result.err


def test_clear(toys: Project) -> None:
    toys.build()
    for part in ("shards", "environments", "sources"):
        (toys.cache / part / "some").mkdir(parents=True)
        (toys.cache / part / "some/file").write_text("12345")
    found = facts(toys, "clear", "--all", "--dry-run")
    assert found["removed"]["sources"] == {"files": 1, "bytes": 5}
    assert stored(toys)
    assert facts(toys, "clear", "--store", "--sources")["removed"]["store"]["files"] > 6
    assert sorted(p.name for p in toys.cache.iterdir() if p.is_dir() and any(p.iterdir())) == [
        "environments",
        "running",
        "shards",
    ]
    assert toys.build()["up_to_date"] == 6
    facts(toys, "clear", "--all")
    assert [path.name for path in toys.cache.iterdir()] == ["running"]
    forget(toys)
    assert toys.build()["executed"] == 6


@pytest.mark.parametrize("words", [["--store"], ["--all"], ["--shards", "--dry-run"]])
def test_clear_refuses_while_a_build_runs(toys: Project, words: list[str]) -> None:
    toys.write("programs/one.toy", "SLEEP\n")
    process = toys.start("build", "one")
    wait_for(toys.has_logged, "the start")
    result = toys.run("cache", "clear", *words)
    assert result.code == 4
    assert f"a build is running: process {process.pid} (" in result.err
    assert "build one" in result.err
    process.kill()
    end_of(process)
    assert toys.run("cache", "clear", *words).code == 0
    kill_all(running(str(toys.cache)))


def test_what_killed_builds_left_is_removed_and_nothing_else(toys: Project) -> None:
    """Old leftovers go; a clock that runs ahead does not make a running build's folder old."""
    toys.build("one")
    staging = toys.cache / "staging"
    left, fresh = staging / "left", staging / "fresh"
    for folder in (left, fresh):
        folder.mkdir()
    old = time.time() - 3 * 86400
    os.utime(left, (old, old))
    toys.write("programs/one.toy", "another\n")
    toys.build("one")
    assert not left.exists()
    assert fresh.exists()
