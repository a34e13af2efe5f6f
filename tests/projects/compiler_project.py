"""The toy compiler of several languages, in a folder of its own: `toy_compiler/` beside this file.

Its backend has dependencies, whose lock file cargo writes here and now, from the exact versions
that its manifest names.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, needs, needs_rust
from other_processes import PATIENCE_S

ITOA = ("1.0.15", "1.0.14")  # that the lock file may name


def compiler_project(folder: Path) -> Project:
    """A copy of the toy compiler below `folder`, and a cache of its own.

    The test is skipped, naming it, where cargo or a registry of crates is absent.
    """
    needs_rust()
    needs("gcc")
    root, cache = folder / "project", folder / "cache"
    shutil.copytree(Path(__file__).parent / "toy_compiler", root)
    cache.mkdir(parents=True)
    if failure := lock_backend(root):
        pytest.skip(f"the crates of the toy's backend cannot be had: {failure}")
    return Project(root, cache, folder / "log")


def lock_backend(root: Path) -> str:
    """Write the backend's Cargo.lock anew; "", or why it could not be done."""
    (root / "backend/Cargo.lock").unlink(missing_ok=True)
    ended = subprocess.run(
        ["cargo", "generate-lockfile", "--quiet", "--manifest-path", "backend/Cargo.toml"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return ended.stderr.strip()[-300:] if ended.returncode else ""
