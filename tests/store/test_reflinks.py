"""Copies that share their blocks, on a file system that has them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import Project, needs, toy_project

from molt_build.store.reflinks import why_no_reflinks

SIZE = 8 << 20


@pytest.fixture(params=["xfs", "btrfs"])
def reflinking(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder on a file system with reflinks, of its own; skipped where none can be mounted."""
    make = needs(f"mkfs.{request.param}")
    if os.geteuid() != 0:
        pytest.skip(f"mounting {request.param} needs root")
    with tempfile.TemporaryDirectory() as folder:
        image, mounted = Path(folder, "image"), Path(folder, "mounted")
        with open(image, "wb") as file:
            file.truncate(400 << 20)
        mounted.mkdir()
        subprocess.run([make, "-q", image], check=True, capture_output=True)
        done = subprocess.run(["mount", "-o", "loop", image, mounted], capture_output=True)
        if done.returncode != 0:
            pytest.skip(f"{request.param} cannot be mounted: {done.stderr.decode().strip()}")
        try:
            yield mounted
        finally:
            subprocess.run(["umount", mounted], check=True)


def used(folder: Path) -> int:
    """The bytes that are in use on its file system."""
    os.sync()
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def test_an_output_takes_its_room_once(reflinking: Path) -> None:
    """It lies in the store and in two checkouts, and its blocks are there once."""
    toys = toy_project(reflinking / "first")
    toys.replace(
        "tools/toyc", "    { echo", f'    head -c {SIZE} /dev/urandom > "$3"; exit\n    {{ echo'
    )
    assert toys.build("two")["executed"] == 2
    before = used(reflinking)
    assert toys.build("one")["executed"] == 2
    twin = toys.copy(reflinking / "twin")
    assert twin.build("one")["hits"] == 2
    assert twin.output("one/one.sh").read_bytes() == toys.output("one/one.sh").read_bytes()
    assert used(reflinking) - before < 1.7 * SIZE
    facts = json.loads(toys.run("doctor", "toy", "--json").out)
    assert facts["host"]["no_reflinks"] == ""
    twin.output("one/one.sh").write_bytes(b"altered")  # shares nothing with the store's any more
    assert twin.build("one")["hits"] == 1
    assert twin.output("one/one.sh").read_bytes() == toys.output("one/one.sh").read_bytes()


def test_doctor_says_why_there_are_none(toys: Project) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == toys.root.stat().st_dev:
        pytest.skip("/dev/shm is no file system of its own")
    with tempfile.TemporaryDirectory(dir=elsewhere) as cache:
        assert why_no_reflinks(Path(cache), toys.root) == "they lie in two file systems"
        said = toys.run("doctor", "toy", env={"MOLT_BUILD_CACHE_DIR": cache}).out
    assert "outputs are copied byte by byte: they lie in two file systems" in " ".join(said.split())
    assert not list(toys.root.glob(".new*")) and shutil.which("sh")
