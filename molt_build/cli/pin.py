"""`molt-build pin`: resolve the requirements of a toolchain or a suite and write its hash lock.

With uv the lock holds the hashes of every file of each release, for all platforms and Python
versions from 3.11 on, or from that of the host interpreter where one of the project's toolchains
requires a version. Without it pip resolves for the host interpreter, and adds the files that the
other supported versions of CPython would get on this platform.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from typing import Any

from molt_build import processes
from molt_build.building.opening import open_session
from molt_build.cli.command_line import warn
from molt_build.errors import EXIT_DONE, ToolFailed, ToolMissing, UsageError
from molt_build.manifests.loading import load
from molt_build.manifests.model import Manifests
from molt_build.manifests.toolchain import PythonEnvironment
from molt_build.names import known
from molt_build.toolchains.host_python import HostPython, required_by

MINIMUM_PYTHON = "3.11"
OTHER_PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("toolchains", nargs="*", metavar="TOOLCHAIN", help="whose lock to write")
    parser.add_argument(
        "--suite",
        action="append",
        default=[],
        metavar="SUITE",
        help="write the lock of what a suite's programs import (repeatable); its source is "
        "pinned by molt-build friends pin",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the lock, write nothing")


def run(args: argparse.Namespace) -> int:
    """Write the lock beside the manifest of each toolchain and suite, as that names it."""
    manifests = load(args.project)
    if not (args.toolchains or args.suite):
        raise UsageError("nothing to pin", "name a toolchain, or a suite with --suite")
    for name in args.toolchains:
        known("toolchain", name, manifests.toolchains)
    for name in args.suite:
        known("suite", name, manifests.suites)
    with open_session(args.project, warn, install=False) as session:
        python, stat_cache = session.resolver.python, session.stat_cache
        for name in args.toolchains:
            python.check(manifests.toolchains[name], stat_cache)
    for name in args.toolchains:
        _pin("toolchain", name, manifests.toolchains[name].python, manifests, python, args)
    for name in args.suite:
        _pin("suite", name, manifests.suites[name].python, manifests, python, args)
    return EXIT_DONE


def _pin(
    kind: str,
    name: str,
    python: PythonEnvironment | None,
    manifests: Manifests,
    host: HostPython,
    args: argparse.Namespace,
) -> None:
    if python is None or not python.requires:
        raise UsageError(f"{kind} {name} requires no Python packages: there is nothing to pin")
    toolchain = manifests.toolchains.get(name) if kind == "toolchain" else None
    versions = toolchain.requires_python if toolchain is not None else ""
    is_required = versions or required_by(manifests, args.project)
    text = resolve_lock(list(python.requires), host if is_required else None)
    if args.dry_run:
        print(text, end="")
        return
    lock = (args.project / manifests.files[f"{kind}:{name}"]).parent / python.lock
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(text)
    print(f"{lock}: {text.count('==')} packages, {text.count('--hash=')} files")


def resolve_lock(requires: list[str], python: HostPython | None = None) -> str:
    """The text of a requirements file in which every release is pinned with its hashes.

    With a `python` it is for that interpreter's version of Python and later ones.
    """
    oldest = MINIMUM_PYTHON if python is None else ".".join(python.version.split(".")[:2])
    uv = shutil.which("uv")
    if uv is not None:
        options = ["--generate-hashes", "--universal", "--no-header", "--no-annotate", "--quiet"]
        if python is not None:
            options += ["--python", python.executable]
        argv = [uv, "pip", "compile", *options, "--python-version", oldest, "-"]
        return _run(argv, "\n".join(requires) + "\n")
    hashes: dict[str, set[str]] = {}
    for row in _report(python, requires, []):
        pin = f"{row['metadata']['name'].lower()}=={row['metadata']['version']}"
        hashes.setdefault(pin, set()).update(_hashes(row))
    for version in (one for one in OTHER_PYTHONS if int(one[2:]) >= int(oldest[2:])):
        target = ["--python-version", version, "--only-binary=:all:", "--no-deps"]
        for pin in hashes:
            try:
                for row in _report(python, [pin], [*target, "--target", "unused"]):
                    hashes[pin].update(_hashes(row))
            except ToolMissing:
                continue  # no wheel for that version: the source's hash is there already
    lines = []
    for pin in sorted(hashes):
        parts = [pin, *(f"    --hash=sha256:{digest}" for digest in sorted(hashes[pin]))]
        lines.append(" \\\n".join(parts))
    return "\n".join(lines) + "\n"


def _report(
    python: HostPython | None, requires: list[str], options: list[str]
) -> list[dict[str, Any]]:
    where = [] if python is None else ["--python", python.executable]
    argv = [sys.executable, "-m", "pip", *where, "install", "--dry-run", "--ignore-installed"]
    argv += ["--quiet", "--disable-pip-version-check", "--report", "-", *options, *requires]
    rows: list[dict[str, Any]] = json.loads(_run(argv, ""))["install"]
    return rows


def _hashes(row: dict[str, Any]) -> set[str]:
    return {row["download_info"]["archive_info"]["hashes"]["sha256"]}


def _run(argv: list[str], given: str) -> str:
    try:
        return processes.output(argv, text=given)
    except ToolFailed as failed:
        message = f"the requirements could not be resolved:\n{failed.last_lines(5)}"
        raise ToolMissing(message, "check the network") from failed
