"""What a build executes and what it does not, seen with a compiler that counts its runs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from build_projects import Project, executed, statuses
from other_processes import end_of, wait_for

ALL = [f"{p} {s}" for p in ("one", "two", "three") for s in ("translate", "assemble")]


def test_a_second_build_executes_nothing(toys: Project) -> None:
    first = toys.build()
    assert first["executed"] == 6
    assert executed(first) == ALL
    assert len(toys.log()) == 6
    second = toys.build()
    assert (second["executed"], second["hits"], second["up_to_date"]) == (0, 0, 6)
    assert {row["status"] for row in second["actions"]} == {"up-to-date"}
    assert [row["key"] for row in second["actions"]] == [row["key"] for row in first["actions"]]
    assert set(first) == set(second)  # whoever decides, the facts have one shape
    assert [second[name] for name in ("toolchain", "profile", "target")] == ["toy", "dev", "native"]
    for row in second["actions"]:
        assert set(row) >= {"program", "stage", "key", "status", "seconds"}
    third = toys.build("--toolchain", "toy", "--profile", "dev", "two")
    assert statuses(third) == {"two translate": "up-to-date", "two assemble": "up-to-date"}
    assert toys.log() == []


def test_deleted_outputs_come_from_the_store(toys: Project) -> None:
    toys.build()
    script = toys.output("one/one.sh")
    before = script.read_bytes()
    toys.log()
    shutil.rmtree(toys.root / ".molt-build/out")
    again = toys.build()
    assert again["executed"] == 0
    assert statuses(again)["one assemble"] == "hit"
    assert script.read_bytes() == before
    assert os.access(script, os.X_OK)
    assert toys.build()["up_to_date"] == 6
    shutil.rmtree(toys.root / ".molt-build")
    again = toys.build()
    assert (again["executed"], again["hits"]) == (0, 6)
    assert toys.log() == []


@pytest.mark.parametrize("damage", ["append", "empty", "mode", "folder", "same size and time"])
def test_an_altered_output_is_restored(toys: Project, damage: str) -> None:
    toys.build()
    toys.log()
    script = toys.output("one/one.sh")
    before, status = script.read_bytes(), script.stat()
    if damage == "append":
        script.write_bytes(before + b"echo altered\n")
    elif damage == "empty":
        script.write_bytes(b"")
    elif damage == "mode":
        script.chmod(0o644)
    elif damage == "folder":
        script.unlink()
    else:
        script.write_bytes(before.replace(b"hello", b"HELLO"))
        os.utime(script, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = toys.build()
    assert again["executed"] == 0
    assert script.read_bytes() == before
    assert script.stat().st_mode == status.st_mode
    assert toys.log() == []
    assert toys.build()["up_to_date"] == 6


def test_a_copy_elsewhere_gets_hits(toys: Project, tmp_path: Path) -> None:
    first = toys.build()
    toys.log()
    copy = toys.copy(tmp_path / "another place" / "with spaces")
    report = copy.build()
    assert (report["executed"], report["hits"]) == (0, 6)
    assert [row["key"] for row in report["actions"]] == [row["key"] for row in first["actions"]]
    assert copy.output("one/one.sh").read_bytes() == toys.output("one/one.sh").read_bytes()
    assert toys.log() == []


def test_an_edit_of_one_program_executes_only_its_stages(toys: Project) -> None:
    toys.build()
    toys.log()
    toys.write("programs/two.toy", "two says goodbye\n")
    assert executed(toys.build()) == ["two translate", "two assemble"]
    assert toys.log() == ["translate two.toy", "assemble two.text"]
    assert toys.output("two/two.sh").read_text().endswith('echo "two says goodbye"\n')


def test_going_back_to_an_earlier_text_is_a_hit(toys: Project) -> None:
    toys.build()
    before = toys.read("programs/two.toy")
    script = toys.output("two/two.sh").read_bytes()
    toys.write("programs/two.toy", "two says goodbye\n")
    toys.build()
    toys.write("programs/two.toy", before)
    report = toys.build()
    assert report["executed"] == 0
    assert statuses(report)["two assemble"] == "hit"
    assert toys.output("two/two.sh").read_bytes() == script


def test_early_cutoff(toys: Project) -> None:
    """The text changes, what translate makes of it does not: assemble is not executed."""
    toys.build()
    toys.log()
    toys.replace("programs/one.toy", "a comment", "another comment")
    report = toys.build()
    assert executed(report) == ["one translate"]
    assert statuses(report)["one assemble"] == "up-to-date"
    assert toys.log() == ["translate one.toy"]
    assert toys.build()["up_to_date"] == 6


def test_a_touched_file_executes_nothing(toys: Project) -> None:
    toys.build()
    os.utime(toys.root / "programs/one.toy")
    os.utime(toys.root / "manifests/toolchains/toy.toml")
    assert toys.build()["up_to_date"] == 6


def test_same_size_and_time_but_other_content_is_seen(toys: Project) -> None:
    path = toys.root / "programs/one.toy"
    for word in ("HELLO", "howdy"):
        toys.build("one")
        status = path.stat()
        text = path.read_text()
        path.write_text(text.replace(text.split()[2], word))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert path.stat().st_size == status.st_size
        assert path.stat().st_mtime_ns == status.st_mtime_ns
        assert executed(toys.build("one")) == ["one translate", "one assemble"]


def test_a_changed_flag_of_the_profile(toys: Project) -> None:
    toys.build()
    toys.replace("manifests/toolchains/toy.toml", '["-v"]', '["-vv"]')
    report = toys.build()
    assert executed(report) == ["one translate", "two translate", "three translate"]
    assert report["up_to_date"] == 3


def test_a_changed_declared_environment(toys: Project) -> None:
    toys.build()
    toys.replace(
        "manifests/toolchains/toy.toml", "timeout_s = 600", 'environment = { LEVEL = "1" }'
    )
    assert len(executed(toys.build("one"))) == 1
    toys.replace("manifests/toolchains/toy.toml", '"1"', '"2"')
    assert len(executed(toys.build("one"))) == 1
    toys.replace("manifests/toolchains/toy.toml", '"2"', '"1"')
    assert executed(toys.build("one")) == []


def test_what_is_not_declared_does_not_matter(toys: Project) -> None:
    """Variables of the shell neither reach a stage nor its key."""
    toys.build(env={"LEVEL": "1", "CFLAGS": "-O1", "LC_ALL": "C"})
    assert toys.build(env={"LEVEL": "2", "PATH": os.environ["PATH"] + ":/opt"})["executed"] == 0


def test_a_changed_compiler_executes_everything(toys: Project) -> None:
    toys.build()
    toys.replace("tools/toyc", "translate)\n", "translate) # version 2\n")
    assert toys.build()["executed"] == 6


def test_a_new_candidate_file_is_a_miss(toys: Project) -> None:
    """Without a depfile every candidate belongs to the key, also the first one in its folder."""
    toys.write("programs/data/note.md", "no candidate")
    toys.build("one")
    assert toys.build("one")["up_to_date"] == 2
    toys.write("programs/data/a.txt", "a candidate")
    assert executed(toys.build("one")) == ["one translate"]
    toys.write("programs/data/b.txt", "another")
    assert executed(toys.build("one")) == ["one translate"]
    toys.write("programs/data/a.txt", "changed")
    assert executed(toys.build("one")) == ["one translate"]
    (toys.root / "programs/data/b.txt").unlink()
    assert executed(toys.build("one")) == ["one translate"]
    toys.write("programs/data/a.txt", "a candidate")
    assert executed(toys.build("one")) == []
    toys.write("programs/other/a.txt", "no candidate")
    assert toys.build("one")["up_to_date"] == 2


def test_a_candidate_in_a_folder_that_did_not_exist(toys: Project) -> None:
    toys.replace("manifests/toolchains/toy.toml", '"data/*.txt"', '"**/deep/*.txt"')
    toys.write("programs/a/b/note.md", "no candidate")
    toys.build("one")
    toys.write("programs/a/b/deep/x.txt", "new")
    assert executed(toys.build("one")) == ["one translate"]


@pytest.mark.parametrize("path", ["programs/data/late.txt", "programs/one.toy"])
def test_what_changes_while_a_build_runs_is_seen_by_the_next(toys: Project, path: str) -> None:
    toys.write("programs/data/early.txt", "a candidate")
    toys.write("programs/one.toy", "HOLD one\n")
    process = toys.start("build", "one")
    wait_for(toys.has_logged, "the start of translate")
    toys.write(path, "HOLD two\n")
    toys.go_on.touch()
    _, err = end_of(process)
    assert process.returncode == 4
    assert "changed while translate ran" in err and "build again" in err
    assert "one translate" in executed(toys.build("one"))
    assert toys.build("one")["executed"] == 0


def test_the_store_switched_off(toys: Project) -> None:
    off = {"MOLT_BUILD_CACHE": "off"}
    for _ in range(2):
        assert toys.build(env=off)["executed"] == 6
    assert len(toys.log()) == 12
    assert not list(toys.cache.glob("store/blobs/*/*"))
    assert toys.output("one/one.sh").is_file()
    assert toys.build()["executed"] == 6
    assert toys.build(env=off)["executed"] == 6
    toys.log()
    assert toys.build()["executed"] == 0
    assert toys.log() == []


def test_dry_run(toys: Project) -> None:
    never = toys.run("build", "one", "--dry-run")
    assert never.code == 0
    assert "one translate: miss" in never.out
    assert "never built here" in never.out
    assert "translate executed" not in never.err
    assert toys.log() == []
    assert not toys.output("one").exists()
    toys.build("one")
    toys.log()
    assert toys.build("one", "--dry-run")["up_to_date"] == 2
    toys.write("programs/one.toy", "something else\n")
    changed = toys.run("build", "one", "--dry-run")
    assert "one translate: miss" in changed.out
    assert "source one.toy" in changed.out
    report = toys.build("one", "--dry-run")
    assert report["executed"] == 1
    assert toys.log() == []


def test_dry_run_with_the_store_off(toys: Project) -> None:
    result = toys.run("build", "one", "--dry-run", env={"MOLT_BUILD_CACHE": "off"})
    assert result.code == 0
    assert toys.log() == []
    assert "one translate" in result.out


def test_explain_names_what_differs(toys: Project) -> None:
    toys.build("one")
    rows = toys.explain("one")
    assert [row["status"] for row in rows] == ["up to date", "up to date"]
    assert "source one.toy" in rows[0]["components"]
    assert "toy toyc executable" in rows[0]["components"]
    old = rows[0]["components"]["source one.toy"]
    toys.write("programs/one.toy", "something else\n")
    row = toys.explain("one")[0]
    assert row["status"] == "miss"
    assert [d["component"] for d in row["nearest"]["differs"]] == ["source one.toy"]
    assert row["nearest"]["differs"][0]["old"] == old
    assert row["nearest"]["differs"][0]["new"] == row["components"]["source one.toy"] != old
    toys.replace("manifests/toolchains/toy.toml", '["-v"]', '["-vv"]')
    row = toys.explain("one")[0]
    assert [d["component"] for d in row["nearest"]["differs"]] == ["argv", "source one.toy"]
    text = toys.run("explain", "one")
    assert "    old: -v\n    new: -vv\n" in text.out
    assert '"-vv"' in text.out
    shutil.rmtree(toys.root / ".molt-build")
    toys.replace("manifests/toolchains/toy.toml", '["-vv"]', '["-v"]')
    toys.write("programs/one.toy", "one says hello # a comment\n")
    assert [row["status"] for row in toys.explain("one")] == ["hit", "hit"]
    assert toys.log() == ["translate one.toy", "assemble one.text"]


def test_unknown_names_are_usage_errors(toys: Project) -> None:
    for words, near in (
        (["onee"], "did you mean one"),
        (["--toolchain", "toi"], "did you mean toy"),
        (["--profile", "deb"], "did you mean dev"),
        (["--target", "wasm"], "there are: native"),
        (["--toolchain", "cython", "one"], "one: cython takes python, and not toy"),
        (["--toolchain", "cython", "one"], "--engine names one that takes toy: toy"),
    ):
        result = toys.run("build", *words)
        assert result.code == 2, words
        assert near in result.err


def test_a_missing_source(toys: Project) -> None:
    (toys.root / "programs/two.toy").unlink()
    result = toys.run("build", "--keep-going", "--json")
    assert result.code == 1
    report = json.loads(result.out)
    assert report["failed"] == 1
    assert "two.toy does not exist" in result.err
    assert statuses(report)["three assemble"] == "executed"
