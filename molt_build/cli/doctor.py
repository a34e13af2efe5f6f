"""`molt-build doctor`: which toolchains are ready, and what makes this machine noisy."""

from __future__ import annotations

import argparse
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.building.readiness import (
    MISSING,
    TO_BE_BUILT,
    ExaminedTarget,
    ExaminedToolchain,
    ToFetch,
    ToInstall,
    examine,
)
from molt_build.cli.documents import print_document
from molt_build.errors import (
    EXIT_DONE,
    EXIT_MEASURED_FAILURE,
    EXIT_MISSING_TOOL,
)
from molt_build.manifests.loading import state_dir
from molt_build.measure.environment import read_environment
from molt_build.measure.noise import Finding, doctor_findings, probe_noise
from molt_build.plan.warm import HIT, UP_TO_DATE
from molt_build.sizes import shown_size
from molt_build.store.reflinks import why_no_reflinks
from molt_build.toolchains.wanted import Wanted

EXAMPLES = (
    "molt-build doctor",
    "molt-build doctor cython mypyc --profile release",
    "molt-build doctor --strict",
)

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


def _size_words(row: ToInstall | ToFetch) -> str:
    """How much is installed: what it takes on disk, what is downloaded, or that it is not known."""
    known = []
    if isinstance(row, ToInstall) and row.size_bytes is not None:
        known.append(f"{shown_size(row.size_bytes)} on disk")
    if row.download_bytes is not None:
        known.append(f"{shown_size(row.download_bytes)} to download")
    unknown = row.size_unknown_because or "size not known here"
    what = " ".join(row.requires) if isinstance(row, ToInstall) else row.source
    return f"{what} ({', '.join(known) or unknown})"


def _awaited(row: ExaminedToolchain | ExaminedTarget) -> list[ToInstall | ToFetch]:
    """What its first use installs and fetches."""
    return [*(row.to_install or ()), *(row.to_fetch or ())]


def _is_of_no_known_size(one: ToInstall | ToFetch) -> bool:
    on_disk = one.size_bytes if isinstance(one, ToInstall) else None
    return on_disk is one.download_bytes is None


def _details(row: ExaminedToolchain) -> Iterator[str]:
    """What there is of a toolchain, and what its first use brings; or what is missing."""
    if row.state == MISSING:
        yield row.missing
        yield from filter(None, [row.install])
        return
    own = [package.replace("==", " ") for package in row.packages or () if not row.to_install]
    details = [*own, *(row.versions or {}).values(), *_roles(row.uses)]
    if details:
        yield "; ".join(details)
    yield from map(_size_words, _awaited(row))
    for one in row.built or ():
        wanted = Wanted(one.program, one.toolchain, one.profile, one.target)
        to_do = f": {one.command}" if one.state == TO_BE_BUILT else ""
        yield f"{wanted}: {_STATES[one.state]}{to_do}"


def _of_targets(row: ExaminedToolchain) -> Iterator[str]:
    """A line for each target that needs more than those before it: what that is, as it stands."""
    told = {*_roles(row.uses), *map(_size_words, _awaited(row)), row.missing}
    for target in row.targets or ():
        more = [*_roles(target.uses), *map(_size_words, _awaited(target)), target.missing]
        new = [words for words in more if words not in told]
        told.update(new)
        hint = f" ({target.install})" if target.install else ""
        if new:
            yield f"for {target.target}: {target.state}: {'; '.join(new)}{hint}"


def _roles(uses: Mapping[str, str] | None) -> list[str]:
    return [f"{role}: {name}" for role, name in (uses or {}).items()]


def _print(
    host: Host, toolchains: Sequence[ExaminedToolchain], findings: Sequence[Finding]
) -> None:
    from rich.table import Table

    from molt_build.report.terminal import result_console

    console = result_console()
    why = f"{host.python_executable}: {host.python_because}"
    console.print(f"Python {host.python} ({why}), cache in {host.cache}", markup=False)
    shared = "outputs share their blocks with the store (reflinks), and are copied in no time"
    copied = f"outputs are copied byte by byte: {host.no_reflinks}"
    console.print(f"cache and project: {copied if host.no_reflinks else shared}")
    table = Table("toolchain", "state", "details", box=None, pad_edge=False)
    for row in toolchains:
        table.add_row(row.name, row.state, "\n".join([*_details(row), *_of_targets(row)]))
    console.print(table)
    targets = [target for row in toolchains for target in row.targets or ()]
    each: list[ExaminedToolchain | ExaminedTarget] = [*toolchains, *targets]
    awaited = [one for row in each for one in _awaited(row)]
    if awaited:
        unknown = any(_is_of_no_known_size(one) for one in awaited)
        more = "; molt-build doctor --sizes asks how much that is" if unknown else ""
        at = "[@TARGET]" if any(map(_awaited, targets)) else ""
        line = f"molt-build prepare TOOLCHAIN{at} installs now what it needs{more}"
        console.print(line, markup=False)
    console.print("\nWhat makes measurements noisy here:")
    for finding in findings:
        console.print(f"  {finding.severity}: {finding.what}; {finding.advice}")
    if not findings:
        console.print("  nothing found")
