"""`molt-build pin`: resolve the requirements of a toolchain or a suite and write its hash lock.

With `--artifact` it is the source of an artifact of the toolchain that is pinned, in its manifest.

By which tool, and for which versions of Python, is told in `molt_build.toolchains.locking`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.pinned import print_changes
from molt_build.codec import added
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.manifests.loading import load
from molt_build.manifests.model import Manifests
from molt_build.manifests.toolchain import PythonEnvironment
from molt_build.names import known
from molt_build.report.progress import shown_progress
from molt_build.sources.pinning import PinnedArtifact, pin_artifact
from molt_build.temporary import write_whole
from molt_build.toolchains.host_python import HostPython, required_by
from molt_build.toolchains.locking import (
    changes,
    count_hashes,
    header,
    pins,
    resolve_lock,
    resolver_name,
)
from molt_build.voice import warn
from molt_build.watch import Watch, counted

EXAMPLES = (
    "molt-build pin cython",
    "molt-build pin mycc --artifact sdk 1.3",
    "molt-build pin --suite pyperformance --dry-run",
)


@dataclass(frozen=True)
class PinnedPackage:
    """A package whose pin changed."""

    package: Annotated[str, "The package."]
    before: Annotated[str, "Its version before; empty: it is new."]
    after: Annotated[str, "Its version now; empty: it is gone."]


@dataclass(frozen=True)
class PinnedLock:
    """The hash lock of a toolchain or a suite."""

    kind: Annotated[str, "toolchain or suite."]
    name: Annotated[str, "Its name."]
    resolver: Annotated[str, "What resolved the requirements."]
    lock: Annotated[str, "The lock's file."]
    packages: Annotated[Mapping[str, str], "By package, its version."]
    files: Annotated[int, "How many files of packages it allows."]
    changed: Annotated[tuple[PinnedPackage, ...], "What differs from the lock before."]
    is_new: Annotated[bool, "Whether there was none before."]
    is_changed: Annotated[bool, "Whether its text is another than before."]
    text: Annotated[str | None, "Its text, of a dry run; else left out."] = added(None)


@dataclass(frozen=True)
class PinnedLocks:
    """What was pinned."""

    dry_run: Annotated[bool, "Whether nothing was written."]
    pinned: Annotated[tuple[PinnedLock, ...], "The locks."]
    artifacts: Annotated[tuple[PinnedArtifact, ...], "Sources of artifacts."] = added(())


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
    parser.add_argument(
        "--artifact",
        action="append",
        nargs=2,
        default=[],
        metavar=("NAME", "REF"),
        help="pin this artifact of the one TOOLCHAIN, and not its lock (repeatable): at a version "
        "of its package, a tag, branch or commit of its repository, a URL or path of its archive "
        "(-: the declared one)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be written, write nothing"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the lock beside the manifest of each toolchain and suite, as that names it."""
    from molt_build.building.opening import open_session

    if args.artifact:
        return _pin_artifacts(args)
    manifests = load(args.project, to_pin=True)
    if not (args.toolchains or args.suite):
        raise UsageError("nothing to pin", "name a toolchain, or a suite with --suite")
    for name in args.toolchains:
        known("toolchain", name, manifests.toolchains)
    for name in args.suite:
        known("suite", name, manifests.suites)
    with open_session(args.project, warn, install=False, to_pin=True) as session:
        host, stat_cache = session.resolver.python, session.stat_cache
        for name in args.toolchains:
            host.check(manifests.toolchains[name], stat_cache)
    own = [("toolchain", name, manifests.toolchains[name].python) for name in args.toolchains]
    suites = [("suite", name, manifests.suites[name].python) for name in args.suite]
    wanted = [(kind, name, _required(name, python)) for kind, name, python in own + suites]
    rows = []
    for kind, name, python in wanted:
        with shown_progress() as watch:
            row = _pinned(kind, name, python, manifests, host, args, watch)
        if args.json:
            rows.append(row)
        elif args.dry_run:
            print(row.text, end="")
        else:
            _print(row)
    if args.json:
        print_document(PinnedLocks(args.dry_run, tuple(rows)))
    return EXIT_DONE


def _pin_artifacts(args: argparse.Namespace) -> int:
    """Write the pins of artifacts into the manifest of their toolchain."""
    if len(args.toolchains) != 1 or args.suite:
        raise UsageError(
            "--artifact is of one toolchain", "molt-build pin TOOLCHAIN --artifact ..."
        )
    rows = []
    for name, ref in args.artifact:
        with shown_progress() as watch:
            watch.note(f"pinning {name} at {ref}")
            is_written = not args.dry_run
            row = pin_artifact(args.project, args.toolchains[0], name, ref, is_written=is_written)
        rows.append(row)
        if not args.json:
            print_changes(row.file, row.changes)
    if args.json:
        print_document(PinnedLocks(args.dry_run, (), tuple(rows)))
    return EXIT_DONE


def _required(name: str, python: PythonEnvironment | None) -> PythonEnvironment:
    if python is None or not python.requires:
        raise UsageError(f"{name} requires no Python packages: there is nothing to pin")
    return python


def _pinned(
    kind: str,
    name: str,
    python: PythonEnvironment,
    manifests: Manifests,
    host: HostPython,
    args: argparse.Namespace,
    watch: Watch,
) -> PinnedLock:
    """What was pinned; the lock is written unless it is a dry run."""
    toolchain = manifests.toolchains.get(name) if kind == "toolchain" else None
    versions = toolchain.requires_python if toolchain is not None else ""
    is_required = bool(versions or required_by(manifests, args.project))
    body = resolve_lock(name, list(python.requires), watch, host if is_required else None)
    lock: Path = (args.project / manifests.files[f"{kind}:{name}"]).parent / python.lock
    before = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    words = f"molt-build pin {'--suite ' if kind == 'suite' else ''}{name}"
    text = header(words, python.requires, host, is_required=is_required) + body
    if before == body:  # of an earlier version: what is the same keeps its identity
        text = before
    if not args.dry_run:
        lock.parent.mkdir(parents=True, exist_ok=True)
        write_whole(lock, text, mode=0o644)
    changed = changes(pins(before), pins(text))
    return PinnedLock(
        kind=kind,
        name=name,
        resolver=resolver_name(),
        lock=str(lock),
        packages=pins(text),
        files=count_hashes(text),
        changed=tuple(PinnedPackage(*one) for one in changed),
        is_new=not before,
        is_changed=before != text,
        text=text if args.dry_run else None,
    )


def _print(row: PinnedLock) -> None:
    packages, files = counted(len(row.packages), "package"), counted(row.files, "file")
    state = "written" if row.is_changed else "as it was"
    print(f"{os.path.relpath(row.lock)}: {packages}, {files}, by {row.resolver}: {state}")
    for change in row.changed if not row.is_new else ():
        old, new = change.before, change.after
        words = f"{old} -> {new}" if old and new else f"{new} is new" if new else f"{old} is gone"
        print(f"  {change.package} {words}")
