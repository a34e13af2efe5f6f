"""`molt-build doctor`: which toolchains are ready, and what makes this machine noisy."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from molt_build.building.opening import open_session
from molt_build.building.outcome import CompilerBuild
from molt_build.building.session import Session
from molt_build.errors import EXIT_DONE, EXIT_MISSING_TOOL, MoltBuildError
from molt_build.manifests.loading import state_dir
from molt_build.measure.environment import doctor_findings, probe_noise, read_environment
from molt_build.plan.warm import HIT, UP_TO_DATE
from molt_build.store.reflinks import why_no_reflinks
from molt_build.toolchains.wanted import Wanted, taken_profile

TO_BE_BUILT = "to be built"
_STATES = {UP_TO_DATE: "up to date", HIT: "a hit", TO_BE_BUILT: "has to be built"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("toolchains", nargs="*", metavar="TOOLCHAIN", help="default: all")
    parser.add_argument("--profile", metavar="P", help="default: the project's, or one they take")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at everything, change nothing; exit code 3 when a named toolchain is not ready."""
    with open_session(args.project, lambda line: None, install=False, assume_built=True) as session:
        from molt_build.names import known

        for name in args.toolchains:
            known("toolchain", name, session.manifests.toolchains)
        names = args.toolchains or list(session.manifests.toolchains)
        profile = args.profile and known("profile", args.profile, session.manifests.profiles)
        toolchains = [examine(session, name, profile) for name in names]
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
    is_wanted_missing = args.toolchains and any(not row["ready"] for row in toolchains)
    return EXIT_MISSING_TOOL if is_wanted_missing else EXIT_DONE


def _why_no_reflinks(cache: Path, project: Path) -> str:
    """Why materialised outputs cannot share their blocks with the store; empty: they do."""
    state = state_dir(project)
    try:
        return why_no_reflinks(cache, state if state.is_dir() else project)
    except OSError as error:
        return f"it could not be tried: {error.strerror}"


def examine(session: Session, name: str, profile: str | None) -> dict[str, Any]:
    """Whether a toolchain is ready; if not, what is missing and what would install it.

    One that is not built yet, and can be, is ready: what needs it builds it.
    """
    default = session.manifests.project.default_profile
    under = profile or taken_profile(session.manifests, name, default)
    try:
        toolchain = session.resolver.resolve(name, under, "native")
    except MoltBuildError as error:
        return {"name": name, "ready": False, "missing": error.message, "install": error.hint}
    return {
        "name": name,
        "ready": True,
        "identity": toolchain.identity,
        "uses": {role: used.name for role, used in toolchain.roles.items()},
        "versions": {tool: line[:100] for tool, line in toolchain.versions.items() if line},
        "built": [_built(session.compilers[one]) for one in toolchain.compilers],
    }


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
        if row["ready"]:
            uses = [f"{role}: {name}" for role, name in row["uses"].items()]
            details = "; ".join([*row["versions"].values(), *uses])
            lines = [details] if details else []
            for one in row["built"]:
                wanted = Wanted(*(one[field] for field in Wanted._fields))
                to_do = f": {one['command']}" if one["state"] == TO_BE_BUILT else ""
                lines.append(f"{wanted}: {_STATES[one['state']]}{to_do}")
            table.add_row(row["name"], "ready", "\n".join(lines))
        else:
            install = f"\n{row['install']}" if row["install"] else ""
            table.add_row(row["name"], "missing", row["missing"] + install)
    console.print(table)
    console.print("\nWhat makes measurements noisy here:")
    for finding in findings:
        console.print(f"  {finding['severity']}: {finding['what']}; {finding['advice']}")
    if not findings:
        console.print("  nothing found")
