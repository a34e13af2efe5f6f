"""`molt-build doctor`: which toolchains are ready, and what makes this machine noisy."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molt_build.building.opening import open_session
from molt_build.building.outcome import CompilerBuild
from molt_build.building.session import Session
from molt_build.errors import (
    EXIT_DONE,
    EXIT_MEASURED_FAILURE,
    EXIT_MISSING_TOOL,
    MoltBuildError,
)
from molt_build.manifests.loading import state_dir
from molt_build.measure.environment import read_environment
from molt_build.measure.noise import doctor_findings, probe_noise
from molt_build.plan.warm import HIT, UP_TO_DATE
from molt_build.sizes import shown_size
from molt_build.store.reflinks import why_no_reflinks
from molt_build.toolchains.installing import Needed, download_size, needed, size_on_disk
from molt_build.toolchains.resolution import NOT_INSTALLED
from molt_build.toolchains.wanted import Wanted, taken_profile

READY, ON_FIRST_USE, MISSING = "ready", "installed on first use", "missing"
TO_BE_BUILT = "to be built"
_STATES = {UP_TO_DATE: "up to date", HIT: "a hit", TO_BE_BUILT: "has to be built"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("toolchains", nargs="*", metavar="TOOLCHAIN", help="default: all")
    parser.add_argument("--profile", metavar="P", help="default: the project's, or one they take")
    parser.add_argument(
        "--sizes",
        action="store_true",
        help="ask the package index how much is downloaded for what is installed on first use",
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 when something makes the machine noisy"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at everything, change nothing; exit code 3 when a named toolchain is missing.

    With --strict it is 1 when the machine is noisy: when a finding is a warning.
    """
    with open_session(
        args.project, lambda line: None, install=False, assume_installed=True, assume_built=True
    ) as session:
        from molt_build.names import known

        for name in args.toolchains:
            known("toolchain", name, session.manifests.toolchains)
        names = args.toolchains or list(session.manifests.toolchains)
        profile = args.profile and known("profile", args.profile, session.manifests.profiles)
        toolchains = [examine(session, name, profile, with_sizes=args.sizes) for name in names]
        cache, python = str(session.cache), session.resolver.python
    findings = [
        {"what": found.what, "severity": found.severity, "advice": found.advice}
        for found in doctor_findings(read_environment(args.project), probe_noise())
    ]
    host = {
        "python": python.version,
        "python_executable": python.executable,
        "python_because": python.because,
        "molt_build_python": platform.python_version(),
        "cache": cache,
        "no_reflinks": _why_no_reflinks(Path(cache), args.project),
        "uv": shutil.which("uv") is not None,
    }
    if args.json:
        print(json.dumps({"host": host, "toolchains": toolchains, "noise": findings}))
    else:
        _print(host, toolchains, findings)
    if args.toolchains and any(row["state"] == MISSING for row in toolchains):
        return EXIT_MISSING_TOOL
    is_noisy = any(found["severity"] == "warning" for found in findings)
    return EXIT_MEASURED_FAILURE if args.strict and is_noisy else EXIT_DONE


def _why_no_reflinks(cache: Path, project: Path) -> str:
    """Why materialised outputs cannot share their blocks with the store; empty: they do."""
    state = state_dir(project)
    try:
        return why_no_reflinks(cache, state if state.is_dir() else project)
    except OSError as error:
        return f"it could not be tried: {error.strerror}"


def examine(
    session: Session, name: str, profile: str | None, *, with_sizes: bool = False
) -> dict[str, Any]:
    """Whether a toolchain is ready; if not, what is missing and what would install it.

    One that is not built yet, and can be, is ready: what needs it builds it. Environments that are
    not there yet are installed by what first needs them.
    """
    default = session.manifests.project.default_profile
    under = profile or taken_profile(session.manifests, name, default)
    try:
        toolchain = session.resolver.resolve(name, under, "native")
    except MoltBuildError as error:
        missing = {"missing": error.message, "install": error.hint}
        return {"name": name, "state": MISSING, "ready": False, **missing}
    awaited = [one for one in needed(toolchain, session.resolver.environments) if not one.is_there]
    versions = {tool: line[:100] for tool, line in toolchain.versions.items() if line}
    return {
        "name": name,
        "state": ON_FIRST_USE if awaited else READY,
        "ready": not awaited,
        "to_install": [_to_install(one, with_sizes=with_sizes) for one in awaited],
        "identity": toolchain.identity,
        "uses": {role: used.name for role, used in toolchain.roles.items()},
        "versions": {tool: line for tool, line in versions.items() if line != NOT_INSTALLED},
        "built": [_built(session.compilers[one]) for one in toolchain.compilers],
    }


def _to_install(one: Needed, *, with_sizes: bool) -> dict[str, Any]:
    """An environment that is installed on first use, and how large it is where that is known."""
    download, problem = None, ""
    if with_sizes:
        try:
            download = download_size(one.wanted)
        except MoltBuildError as error:
            problem = error.message
    return {
        "toolchain": one.toolchain,
        "requires": list(one.wanted.requires),
        "size_bytes": size_on_disk(one),
        "download_bytes": download,
        "size_unknown_because": problem,
    }


def _size_words(row: Mapping[str, Any]) -> str:
    """How much is installed: what it takes on disk, what is downloaded, or that it is not known."""
    known = []
    if row["size_bytes"] is not None:
        known.append(f"{shown_size(row['size_bytes'])} on disk")
    if row["download_bytes"] is not None:
        known.append(f"{shown_size(row['download_bytes'])} to download")
    unknown = row["size_unknown_because"] or "size not known here"
    return f"{' '.join(row['requires'])} ({', '.join(known) or unknown})"


def _built(compiler: CompilerBuild) -> dict[str, str]:
    """A build that a toolchain is made of, and whether there is anything to do for it."""
    state = UP_TO_DATE
    if any(action.status != UP_TO_DATE for action in compiler.actions):
        state = HIT
    if any(action.entry is None for action in compiler.actions):
        state = TO_BE_BUILT
    return {**compiler.wanted._asdict(), "state": state, "command": compiler.wanted.command}


def _print(
    host: dict[str, Any], toolchains: list[dict[str, Any]], findings: list[dict[str, str]]
) -> None:
    from rich.table import Table

    from molt_build.report.terminal import console_on

    console = console_on(sys.stdout)
    why = f"{host['python_executable']}: {host['python_because']}"
    console.print(f"Python {host['python']} ({why}), cache in {host['cache']}", markup=False)
    shared = "outputs share their blocks with the store (reflinks), and are copied in no time"
    copied = f"outputs are copied byte by byte: {host['no_reflinks']}"
    console.print(f"cache and project: {copied if host['no_reflinks'] else shared}")
    table = Table("toolchain", "state", "details", box=None, pad_edge=False)
    for row in toolchains:
        if row["state"] != MISSING:
            uses = [f"{role}: {name}" for role, name in row["uses"].items()]
            details = "; ".join([*row["versions"].values(), *uses])
            lines = [details] if details else []
            lines += [_size_words(one) for one in row["to_install"]]
            for one in row["built"]:
                wanted = Wanted(*(one[field] for field in Wanted._fields))
                to_do = f": {one['command']}" if one["state"] == TO_BE_BUILT else ""
                lines.append(f"{wanted}: {_STATES[one['state']]}{to_do}")
            table.add_row(row["name"], row["state"], "\n".join(lines))
        else:
            install = f"\n{row['install']}" if row["install"] else ""
            table.add_row(row["name"], MISSING, row["missing"] + install)
    console.print(table)
    to_install = [one for row in toolchains for one in row.get("to_install", ())]
    if to_install:
        unknown = any(one["size_bytes"] is one["download_bytes"] is None for one in to_install)
        more = "; molt-build doctor --sizes asks how much that is" if unknown else ""
        console.print(f"molt-build prepare TOOLCHAIN installs now what it needs{more}")
    console.print("\nWhat makes measurements noisy here:")
    for finding in findings:
        console.print(f"  {finding['severity']}: {finding['what']}; {finding['advice']}")
    if not findings:
        console.print("  nothing found")
