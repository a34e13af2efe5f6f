"""Projects whose toolchains require packages: wheels of nothing, in a folder, pip's index."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

from build_projects import Project, new_project

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "needy"
description = "Requires packages."
engine = "interpreter"
accepts = ["python"]

[python]
requires = REQUIRES

[targets.native]
run = ["{env_python}", "{source}", "{args}"]
"""
LOCK = "manifests/toolchains/locks/needy.txt"


def wheel(folder: Path, name: str, version: str, *needs: str) -> str:
    """A wheel of nothing; its digest."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def require(project: Project, *requires: str) -> None:
    text = TOOLCHAIN.replace("REQUIRES", json.dumps(list(requires)))
    project.write("manifests/toolchains/needy.toml", text)


def needy_project(tmp_path: Path) -> Project:
    """A project whose toolchain requires packages, and pip's index, a folder."""
    project = new_project(tmp_path, "needy")
    tools = tmp_path / "bin"  # pip is asked where there is no uv
    tools.mkdir()
    index = str(tmp_path / "index")
    variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index, "PIP_CONFIG_FILE": "/dev/null"}
    project.environment.update({**variables, "PATH": str(tools)})
    return project
