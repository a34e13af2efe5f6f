"""A disk that is full or read-only, and stores that other versions wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import Project, toy_project


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.getuid() != 0 or mount is None:
        pytest.skip("mounting a file system needs root and mount")
    words = [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("mount: a tmpfs cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave_bytes: int) -> Path:
    """A file that takes all room but so much."""
    status = os.statvfs(folder)
    filler = folder / "filler"
    with open(filler, "wb") as stream:
        stream.write(bytes(max(0, status.f_bavail * status.f_frsize - leave_bytes)))
    return filler


def test_a_full_disk_wherever_it_becomes_full(small_disk: Path) -> None:
    """Done and right, or exit code 4 with a sentence; and right once there is room again.

    The last stage of the toy compiler does not look whether it could write, and says that it could.
    """
    toys = toy_project(small_disk)
    toys.write("programs/one.toy", ("words " * 10 + "\n") * 3000)
    wanted = "#!/bin/sh\n" + f'echo "{"words " * 10}"\n' * 3000
    codes = []
    for leave_kb in (0, 16, 100, 300, 500, 700, 850, 1100, 2500):
        shutil.rmtree(toys.root / ".molt-build", ignore_errors=True)
        shutil.rmtree(toys.cache, ignore_errors=True)
        filler = fill(small_disk, leave_kb * 1024)
        result = toys.run("build", "one")
        codes.append(result.code)
        assert result.code in (0, 4), (leave_kb, result.err)
        output = toys.output("one/one.sh")
        if result.code == 0:
            assert output.read_text() == wanted
        else:
            assert "No space left" in result.err or "full" in result.err, (leave_kb, result.err)
        filler.unlink()
        assert toys.build("one")["failed"] == 0
        assert output.read_text() == wanted, leave_kb
    assert codes[0] == 4
    assert codes[-1] == 0  # twice what scratch, store and outputs hold together at most


def test_a_cache_that_becomes_read_only(small_disk: Path, toys: Project) -> None:
    env = {"MOLT_BUILD_CACHE_DIR": str(small_disk / "cache")}
    assert toys.build(env=env)["executed"] == 6
    toys.write("programs/one.toy", "another\n")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    result = toys.run("build", "two", "--toolchain", "toy", "--profile", "dev", env=env)
    assert (result.code, result.err) == (0, "")  # up to date: the cache is not needed
    assert toys.run("cache", "verify", env=env).code == 0  # looking is not writing
    for words in ("build", "cache prune --to 0", "cache clear --all"):
        result = toys.run(*words.split(), env=env)
        assert result.code == 4
        assert "Read-only file system" in result.err
        assert str(small_disk / "cache") in result.err
        assert len(result.err.splitlines()) <= 2
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert toys.build(env=env)["executed"] == 2


def test_a_store_of_an_older_format_says_how_to_clear_it(toys: Project) -> None:
    toys.build("one")
    (toys.cache / "store/FORMAT").write_text("0\n")
    toys.write("programs/one.toy", "another\n")
    result = toys.run("build", "one")
    assert result.code == 4
    assert "was written by an older molt_build (its format is 0; this version writes" in result.err
    assert "molt-build cache clear --store" in result.err
    assert toys.run("cache", "clear", "--store").code == 0
    assert toys.build("one")["executed"] == 2


@pytest.mark.parametrize("content", [b"", b"\0\0", b"garbage", b"\xff\xfe"])
def test_a_damaged_format_marker_is_named_and_written_anew(toys: Project, content: bytes) -> None:
    toys.build("one")
    (toys.cache / "store/FORMAT").write_bytes(content)
    shutil.rmtree(toys.root / ".molt-build")
    result = toys.run("build", "one")
    assert result.code == 0
    assert "damaged in the store: FORMAT" in result.err
    assert "2 hits, 0 executed" in result.out
    shutil.rmtree(toys.root / ".molt-build")
    assert "damaged" not in toys.run("build", "one").err
