"""Crates with dependencies, and a registry that gives them, for tests of the cargo toolchain."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from build_projects import Project, needs_rust, new_project, workload

MANIFEST = """\
[package]
name = "{name}"
version = "0.1.0"
edition = "2021"

[dependencies]
"""
SETTINGS = """\
[source.crates-io]
replace-with = "mirror"

[source.mirror]
directory = '{mirror}'
"""


@functools.cache
def registry() -> str:
    """By what name lock files call the registry of crates, which no test asks: cargo knows it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mirrored(folder, "tiny", "")
        (folder / "config.toml").write_text(SETTINGS.format(mirror=folder / "mirror"))
        (folder / "src").mkdir()
        (folder / "src/lib.rs").touch()
        (folder / "Cargo.toml").write_text(MANIFEST.format(name="asks") + 'tiny = "1"\n')
        words = ["cargo", "generate-lockfile", "--quiet", "--offline"]
        environment = {**os.environ, "CARGO_HOME": name}
        subprocess.run(words, cwd=folder, env=environment, check=True)
        return re.findall(r'^source = "(.+)"$', (folder / "Cargo.lock").read_text(), re.M)[0]


def cargo_project(folder: Path, *programs: str) -> Project:
    """A project of Rust programs, each NAME=ENTRY; a user whose settings name the mirror."""
    needs_rust()
    project = new_project(folder, "cargo")
    project.write("manifests/workloads/programs.toml", workload("rust", *programs))
    home = folder / "cargo-home"
    home.mkdir()
    (home / "config.toml").write_text(SETTINGS.format(mirror=folder / "mirror"))
    (folder / "mirror").mkdir()
    project.environment["CARGO_HOME"] = str(home)
    return project


def checksum(name: str) -> str:
    """What the registry says of a crate, which here is nothing but its own."""
    return hashlib.sha256(name.encode()).hexdigest()


def mirrored(folder: Path, name: str, source: str, **files: str) -> None:
    """Put a crate of version 1.0.0 into the mirror; files by name, `_` for `.`."""
    crate = folder / "mirror" / f"{name}-1.0.0"
    (crate / "src").mkdir(parents=True)
    manifest = MANIFEST.format(name=name).replace("0.1.0", "1.0.0")
    (crate / "Cargo.toml").write_text(manifest + files.pop("dependencies", ""))
    (crate / "src/lib.rs").write_text(source)
    for file, text in files.items():
        (crate / file.replace("_", ".")).write_text(text)
    facts = {"files": {}, "package": checksum(name)}
    (crate / ".cargo-checksum.json").write_text(json.dumps(facts))


def lock_file(name: str, *dependencies: str) -> str:
    """The lock of a crate with these dependencies of version 1.0.0."""
    packages = [(name, "0.1.0", dependencies)]
    packages += [(dependency, "1.0.0", ()) for dependency in dependencies]
    lines = ["version = 4"]
    for package, version, needed in sorted(packages):
        lines += ["\n[[package]]", f'name = "{package}"', f'version = "{version}"']
        if version == "1.0.0":
            lines += [f'source = "{registry()}"', f'checksum = "{checksum(package)}"']
        if needed:
            lines += ["dependencies = [", *(f' "{each}",' for each in sorted(needed)), "]"]
    return "\n".join(lines) + "\n"


def write_crate(
    project: Project,
    place: str,
    name: str,
    source: str,
    *dependencies: str,
    more: str = "",
    file: str = "src/main.rs",
) -> None:
    """A crate of the project, locked."""
    listed = "".join(f'{each} = "1"\n' for each in dependencies)
    project.write(f"{place}/Cargo.toml", MANIFEST.format(name=name) + listed + more)
    project.write(f"{place}/Cargo.lock", lock_file(name, *dependencies))
    project.write(f"{place}/{file}", source)
