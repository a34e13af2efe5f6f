"""`molt-build doctor`: which toolchains are ready, and what makes this machine noisy."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from molt_build.cli.documents import print_document
from molt_build.codec import added
from molt_build.errors import (
    EXIT_DONE,
    EXIT_MEASURED_FAILURE,
    EXIT_MISSING_TOOL,
    MoltBuildError,
)
from molt_build.manifests.loading import state_dir
from molt_build.measure.environment import read_environment
from molt_build.measure.noise import Finding, doctor_findings, probe_noise
from molt_build.plan.warm import HIT, UP_TO_DATE
from molt_build.sizes import shown_size
from molt_build.store.reflinks import why_no_reflinks
from molt_build.toolchains.installing import Needed, download_size, needed, size_on_disk
from molt_build.toolchains.resolution import NOT_INSTALLED
from molt_build.toolchains.wanted import Wanted, taken_profile

if TYPE_CHECKING:
    from molt_build.building.outcome import CompilerBuild
    from molt_build.building.session import Session

EXAMPLES = (
    "molt-build doctor",
    "molt-build doctor cython mypyc --profile release",
    "molt-build doctor --strict",
)

READY, ON_FIRST_USE, MISSING = "ready", "installed on first use", "missing"
TO_BE_BUILT = "to be built"
_STATES = {UP_TO_DATE: "up to date", HIT: "a hit", TO_BE_BUILT: "has to be built"}


@dataclass(frozen=True)
class Host:
    """The machine, and what molt_build has of it."""

    python: Annotated[str, "The version of the interpreter that programs are built for."]
    python_executable: Annotated[str, "That interpreter."]
    python_because: Annotated[str, "Why it was chosen."]
    molt_build_python: Annotated[str, "The version that runs molt_build."]
    cache: Annotated[str, "The cache's folder."]
    no_reflinks: Annotated[str, "Why outputs cannot share blocks with the store; empty: they do."]
    uv: Annotated[bool, "Whether uv is there."]


@dataclass(frozen=True)
class ExaminedBuild:
    """A build that a toolchain is made of."""

    program: Annotated[str, "The program."]
    toolchain: Annotated[str, "What builds it."]
    profile: Annotated[str, "The profile."]
    target: Annotated[str, "The target."]
    state: Annotated[str, "up-to-date, hit, or to be built."]
    command: Annotated[str, "What builds it."]


@dataclass(frozen=True)
class ToInstall:
    """An environment that is installed on first use."""

    toolchain: Annotated[str, "The toolchain that needs it: this one, or one that it uses."]
    requires: Annotated[tuple[str, ...], "The pinned packages."]
    size_bytes: Annotated[int | None, "What it takes on disk, where that is known."]
    download_bytes: Annotated[int | None, "What is downloaded; of --sizes."]
    size_unknown_because: Annotated[str, "Why that is not known, where it was asked for."]


@dataclass(frozen=True)
class ExaminedToolchain:
    """A toolchain, and whether it is ready; of what is not ready only what is missing."""

    name: Annotated[str, "Its name."]
    state: Annotated[str, "ready, installed on first use, or missing."]
    ready: Annotated[bool, "Whether it can be used without installing anything."]
    to_install: Annotated[
        tuple[ToInstall, ...] | None, "What is installed on first use; nothing where it is ready."
    ] = added(None)
    identity: Annotated[str, "The digest of all that it is made of."] = added("")
    uses: Annotated[Mapping[str, str] | None, "By role, the toolchain used."] = added(None)
    versions: Annotated[Mapping[str, str] | None, "What its executables say."] = added(None)
    built: Annotated[tuple[ExaminedBuild, ...] | None, "What it is made of."] = added(None)
    missing: Annotated[str, "What is missing."] = added("")
    install: Annotated[str | None, "What would install it; may be empty."] = added(None)


@dataclass(frozen=True)
class Examined:
    """Which toolchains are ready, and what makes this machine noisy."""

    host: Annotated[Host, "The machine."]
    toolchains: Annotated[tuple[ExaminedToolchain, ...], "Those that were asked for."]
    noise: Annotated[tuple[Finding, ...], "What makes it noisy, the worst first."]


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
    from molt_build.building.opening import open_session

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
    findings = doctor_findings(read_environment(args.project), probe_noise())
    host = Host(
        python=python.version,
        python_executable=python.executable,
        python_because=python.because,
        molt_build_python=platform.python_version(),
        cache=cache,
        no_reflinks=_why_no_reflinks(Path(cache), args.project),
        uv=shutil.which("uv") is not None,
    )
    if args.json:
        print_document(Examined(host, tuple(toolchains), tuple(findings)))
    else:
        _print(host, toolchains, findings)
    if args.toolchains and any(row.state == MISSING for row in toolchains):
        return EXIT_MISSING_TOOL
    is_noisy = any(found.severity == "warning" for found in findings)
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
) -> ExaminedToolchain:
    """Whether a toolchain is ready; if not, what is missing and what would install it.

    One that is not built yet, and can be, is ready: what needs it builds it. Environments that are
    not there yet are installed by what first needs them.
    """
    default = session.manifests.project.default_profile
    under = profile or taken_profile(session.manifests, name, default)
    try:
        toolchain = session.resolver.resolve(name, under, "native")
    except MoltBuildError as error:
        missing, install = error.message, error.hint
        return ExaminedToolchain(name, MISSING, ready=False, missing=missing, install=install)
    awaited = [one for one in needed(toolchain, session.resolver.environments) if not one.is_there]
    versions = {tool: line[:100] for tool, line in toolchain.versions.items() if line}
    return ExaminedToolchain(
        name,
        ON_FIRST_USE if awaited else READY,
        ready=not awaited,
        to_install=tuple(_to_install(one, with_sizes=with_sizes) for one in awaited),
        identity=toolchain.identity,
        uses={role: used.name for role, used in toolchain.roles.items()},
        versions={tool: line for tool, line in versions.items() if line != NOT_INSTALLED},
        built=tuple(_built(session.compilers[one]) for one in toolchain.compilers),
    )


def _to_install(one: Needed, *, with_sizes: bool) -> ToInstall:
    """An environment that is installed on first use, and how large it is where that is known."""
    download, problem = None, ""
    if with_sizes:
        try:
            download = download_size(one.wanted)
        except MoltBuildError as error:
            problem = error.message
    return ToInstall(
        toolchain=one.toolchain,
        requires=tuple(one.wanted.requires),
        size_bytes=size_on_disk(one),
        download_bytes=download,
        size_unknown_because=problem,
    )


def _size_words(row: ToInstall) -> str:
    """How much is installed: what it takes on disk, what is downloaded, or that it is not known."""
    known = []
    if row.size_bytes is not None:
        known.append(f"{shown_size(row.size_bytes)} on disk")
    if row.download_bytes is not None:
        known.append(f"{shown_size(row.download_bytes)} to download")
    unknown = row.size_unknown_because or "size not known here"
    return f"{' '.join(row.requires)} ({', '.join(known) or unknown})"


def _built(compiler: CompilerBuild) -> ExaminedBuild:
    """A build that a toolchain is made of, and whether there is anything to do for it."""
    state = UP_TO_DATE
    if any(action.status != UP_TO_DATE for action in compiler.actions):
        state = HIT
    if any(action.entry is None for action in compiler.actions):
        state = TO_BE_BUILT
    return ExaminedBuild(*compiler.wanted, state=state, command=compiler.wanted.command)


def _print(
    host: Host, toolchains: Sequence[ExaminedToolchain], findings: Sequence[Finding]
) -> None:
    from rich.table import Table

    from molt_build.report.terminal import console_on

    console = console_on(sys.stdout)
    why = f"{host.python_executable}: {host.python_because}"
    console.print(f"Python {host.python} ({why}), cache in {host.cache}", markup=False)
    shared = "outputs share their blocks with the store (reflinks), and are copied in no time"
    copied = f"outputs are copied byte by byte: {host.no_reflinks}"
    console.print(f"cache and project: {copied if host.no_reflinks else shared}")
    table = Table("toolchain", "state", "details", box=None, pad_edge=False)
    for row in toolchains:
        if row.state != MISSING:
            uses = [f"{role}: {name}" for role, name in (row.uses or {}).items()]
            details = "; ".join([*(row.versions or {}).values(), *uses])
            lines = [details] if details else []
            lines += [_size_words(one) for one in row.to_install or ()]
            for one in row.built or ():
                wanted = Wanted(one.program, one.toolchain, one.profile, one.target)
                to_do = f": {one.command}" if one.state == TO_BE_BUILT else ""
                lines.append(f"{wanted}: {_STATES[one.state]}{to_do}")
            table.add_row(row.name, row.state, "\n".join(lines))
        else:
            install = f"\n{row.install}" if row.install else ""
            table.add_row(row.name, MISSING, row.missing + install)
    console.print(table)
    to_install = [one for row in toolchains for one in row.to_install or ()]
    if to_install:
        unknown = any(one.size_bytes is one.download_bytes is None for one in to_install)
        more = "; molt-build doctor --sizes asks how much that is" if unknown else ""
        console.print(f"molt-build prepare TOOLCHAIN installs now what it needs{more}")
    console.print("\nWhat makes measurements noisy here:")
    for finding in findings:
        console.print(f"  {finding.severity}: {finding.what}; {finding.advice}")
    if not findings:
        console.print("  nothing found")
