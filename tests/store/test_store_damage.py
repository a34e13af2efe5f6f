"""The store when it is damaged, of another format, unusable, or too large."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, executed


def blobs(project: Project) -> list[Path]:
    return sorted(project.cache.glob("store/blobs/*/*"))


def entries(project: Project) -> list[Path]:
    return sorted(project.cache.glob("store/entries/*/*.json"))


def forget(project: Project) -> None:
    """Leave only the store."""
    shutil.rmtree(project.root / ".molt-build", ignore_errors=True)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


DAMAGES = [flip, truncate, empty]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_blob_is_never_served(toys: Project, damage: object) -> None:
    toys.build("one")
    script = toys.output("one/one.sh").read_bytes()
    toys.log()
    forget(toys)
    for path in blobs(toys):
        damage(path)  # type: ignore[operator]
    result = toys.run("build", "one")
    assert result.code == 0
    assert "damaged in the store: blob " in result.err
    assert "set aside" in result.err
    assert toys.output("one/one.sh").read_bytes() == script
    assert toys.log()
    assert list((toys.cache / "store/quarantine").iterdir())
    forget(toys)
    result = toys.run("build", "one")
    assert result.code == 0
    assert "damaged" not in result.err
    assert toys.output("one/one.sh").read_bytes() == script
    assert toys.log() == []


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["entries", "recipes", "nearest"])
def test_a_damaged_entry_is_never_served(toys: Project, damage: object, kind: str) -> None:
    toys.build("one")
    script = toys.output("one/one.sh").read_bytes()
    toys.log()
    forget(toys)
    for path in toys.cache.glob(f"store/{kind}/*/*"):
        damage(path)  # type: ignore[operator]
    result = toys.run("build", "one", "--json")
    assert result.code == 0
    assert "damaged in the store" in result.err
    assert len(executed(json.loads(result.out))) == (0 if kind == "nearest" else 2)
    assert toys.output("one/one.sh").read_bytes() == script
    assert list((toys.cache / "store/quarantine").iterdir())
    forget(toys)
    assert "damaged" not in toys.run("build", "one").err


def test_an_intermediate_blob_that_vanished(toys: Project) -> None:
    """What was executed again for a lost blob is counted."""
    toys.build("one")
    toys.log()
    for path in blobs(toys):
        path.unlink()
    assert toys.build("one")["up_to_date"] == 2  # the output is there, nothing else is needed
    forget(toys)
    report = toys.build("one")
    lines = toys.log()
    assert lines
    assert report["executed"] == len(lines)
    forget(toys)
    assert toys.build("one")["executed"] == 0


def test_an_edited_entry_does_not_pass_for_a_whole_one(toys: Project) -> None:
    toys.build("one")
    forget(toys)
    for path in entries(toys):
        text = path.read_text()
        assert '"exit_status":0' in text
        path.write_text(text.replace('"exit_status":0', '"exit_status":1'))
    assert toys.build("one")["executed"] == 2


def test_a_store_of_a_newer_format(toys: Project) -> None:
    toys.build("one")
    forget(toys)
    (toys.cache / "store/FORMAT").write_text("3\n")
    before = blobs(toys)
    result = toys.run("build", "one")
    assert result.code == 4
    assert (
        "was written by a newer molt_build (its format is 3; this version writes 2)" in result.err
    )
    assert "MOLT_BUILD_CACHE_DIR" in result.err
    assert blobs(toys) == before
    assert toys.build("one", env={"MOLT_BUILD_CACHE": "off"})["executed"] == 2


@pytest.mark.parametrize("content", ["", "garbage", "[]", '{"format": 1, "paths": 3}'])
def test_a_damaged_stat_cache_or_plan(toys: Project, content: str) -> None:
    toys.build("one")
    toys.log()
    damaged = [toys.cache / "stat-cache"]
    for file in (toys.root / ".molt-build/plans").rglob("*"):
        if file.is_file() and file.name != "manifests":
            damaged.append(file)
    assert {file.name for file in damaged} > {"native.plan", "native.records", "defaults"}
    for file in damaged:
        file.write_text(content)
    result = toys.run("build", "one", "--json")
    assert json.loads(result.out)["executed"] == 0
    assert "damaged: stat-cache" in result.err
    assert "native.plan; it is not used, and written anew" in result.err
    assert toys.build("one")["up_to_date"] == 2
    assert toys.run("build", "one", "--json").err == ""
    assert toys.log() == []


def test_a_cache_directory_that_is_a_file(toys: Project, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    result = toys.run("build", "one", env={"MOLT_BUILD_CACHE_DIR": str(file)})
    assert result.code == 4
    assert f"the cache directory {file}" in result.err
    assert "set MOLT_BUILD_CACHE_DIR to a folder of yours" in result.err
    result = toys.run("build", "one", env={"MOLT_BUILD_CACHE_DIR": str(file / "below")})
    assert result.code == 4
    assert file.read_text() == "not a folder"


def test_a_cache_directory_that_cannot_be_written(toys: Project) -> None:
    if os.getuid() == 0:
        folder = Path("/proc/molt-build-cache")  # not even root can make a folder there
    else:
        folder = toys.cache / "read-only"
        folder.mkdir(mode=0o500)
    result = toys.run("build", "one", env={"MOLT_BUILD_CACHE_DIR": str(folder)})
    assert result.code == 4
    assert str(folder) in result.err
    assert "MOLT_BUILD_CACHE_DIR" in result.err


def test_a_cache_directory_of_somebody_else(toys: Project, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("giving a folder to another user needs root")
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    result = toys.run("build", "one", env={"MOLT_BUILD_CACHE_DIR": str(folder)})
    assert result.code == 4
    assert "belongs to user id 12345, not to you" in result.err
    assert list(folder.iterdir()) == []


def test_the_cache_is_private(toys: Project, tmp_path: Path) -> None:
    toys.build("one")
    fresh = tmp_path / "fresh" / "cache"
    toys.build("one", env={"MOLT_BUILD_CACHE_DIR": str(fresh)})
    assert fresh.stat().st_mode & 0o077 == 0
    for path in fresh.glob("store/*"):
        assert path.stat().st_mode & 0o022 == 0, path


def test_pruning_keeps_to_the_limit(toys: Project) -> None:
    """Least recently used first; what was just built is still there."""
    cache_manifest(toys, 'store_size_limit = "0.1 MB"\n')
    for number in range(12):
        toys.write("programs/one.toy", f"edit {number} " + "x" * 9000 + "\n")
        toys.build("one")
        for path in toys.cache.glob("store/*/*/*"):  # as if each build were minutes ago
            status = path.stat()
            os.utime(path, (status.st_atime - 300, status.st_mtime - 300))
    kinds = ("blobs", "entries", "recipes", "nearest")
    size = sum(p.stat().st_size for k in kinds for p in toys.cache.glob(f"store/{k}/*/*"))
    assert 20_000 < size <= 100_000
    forget(toys)
    assert toys.build("one")["executed"] == 0
    toys.write("programs/one.toy", "edit 0 " + "x" * 9000 + "\n")
    assert toys.build("one")["executed"] == 2


def test_unpruned_below_the_limit(toys: Project) -> None:
    toys.build()
    before = blobs(toys)
    toys.write("programs/one.toy", "something else\n")
    toys.build()
    assert set(before) < set(blobs(toys))
