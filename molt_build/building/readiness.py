"""Whether a toolchain is ready, and what its first use installs or builds; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from molt_build.codec import added
from molt_build.errors import MoltBuildError
from molt_build.manifests.lock_checks import installed
from molt_build.plan.warm import HIT, UP_TO_DATE
from molt_build.toolchains import pinned
from molt_build.toolchains.installing import Needed, download_size, needed, size_on_disk
from molt_build.toolchains.resolution import NOT_INSTALLED
from molt_build.toolchains.wanted import taken_profile

if TYPE_CHECKING:  # the command line imports this to complete a line
    from molt_build.building.outcome import CompilerBuild
    from molt_build.building.session import Session

READY, ON_FIRST_USE, MISSING = "ready", "installed on first use", "missing"
TO_BE_BUILT = "to be built"


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
class ToFetch:
    """An artifact that is a pinned source, and is fetched on first use."""

    toolchain: Annotated[str, "The toolchain that needs it: this one, or one that it uses."]
    artifact: Annotated[str, "The artifact."]
    source: Annotated[str, "What is fetched."]
    download_bytes: Annotated[int | None, "What is downloaded, where that is known; of --sizes."]
    size_unknown_because: Annotated[str, "Why that is not known, where it was asked for."]


@dataclass(frozen=True)
class ExaminedTarget:
    """A target of a toolchain other than its first, and whether what it needs is there."""

    target: Annotated[str, "Its name."]
    state: Annotated[str, "ready, installed on first use, or missing."]
    ready: Annotated[bool, "Whether it can be built for without installing anything."]
    to_install: Annotated[tuple[ToInstall, ...], "All that is installed on first use for it."]
    to_fetch: Annotated[tuple[ToFetch, ...], "All that is fetched on first use for it."]
    uses: Annotated[Mapping[str, str], "By role, the toolchain used."]
    missing: Annotated[str, "What is missing; else empty."]
    install: Annotated[str | None, "What would install it; may be empty."]


@dataclass(frozen=True)
class ExaminedToolchain:
    """A toolchain, and whether it is ready; of what is not ready only what is missing.

    Where it has several targets this is about the first of them.
    """

    name: Annotated[str, "Its name."]
    state: Annotated[str, "ready, installed on first use, or missing."]
    ready: Annotated[bool, "Whether it can be used without installing anything."]
    to_install: Annotated[
        tuple[ToInstall, ...] | None, "What is installed on first use; nothing where it is ready."
    ] = added(None)
    to_fetch: Annotated[
        tuple[ToFetch, ...] | None, "What is fetched on first use; nothing where it is ready."
    ] = added(None)
    packages: Annotated[
        tuple[str, ...] | None, "What it requires of packages, in the versions of its lock."
    ] = added(None)
    identity: Annotated[str, "The digest of all that it is made of."] = added("")
    uses: Annotated[Mapping[str, str] | None, "By role, the toolchain used."] = added(None)
    versions: Annotated[Mapping[str, str] | None, "What its executables say."] = added(None)
    built: Annotated[tuple[ExaminedBuild, ...] | None, "What it is made of."] = added(None)
    missing: Annotated[str, "What is missing."] = added("")
    install: Annotated[str | None, "What would install it; may be empty."] = added(None)
    targets: Annotated[
        tuple[ExaminedTarget, ...] | None, "Its targets other than the first; left out: none."
    ] = added(None)


def examine(
    session: Session, name: str, profile: str | None, *, with_sizes: bool = False
) -> ExaminedToolchain:
    """Whether a toolchain is ready; if not, what is missing and what would install it.

    One that is not built yet, and can be, is ready: what needs it builds it. Environments and
    pinned sources that are not there yet are had by what first needs them.
    """
    manifests = session.manifests
    under = profile or taken_profile(manifests, name, manifests.project.default_profile)
    targets = [one.name for one in manifests.toolchains[name].targets] or ["native"]
    size = _Sizes(session.resolver.python.version, is_download_asked=with_sizes)
    first, *others = (_examined(session, name, under, target, size) for target in targets)
    each = zip(targets[1:], others, strict=True)
    return replace(first, targets=tuple(_target(target, one) for target, one in each) or None)


def _target(target: str, found: ExaminedToolchain) -> ExaminedTarget:
    return ExaminedTarget(
        target=target,
        state=found.state,
        ready=found.ready,
        to_install=found.to_install or (),
        to_fetch=found.to_fetch or (),
        uses=found.uses or {},
        missing=found.missing,
        install=found.install,
    )


def _examined(
    session: Session, name: str, profile: str, target: str, size: _Sizes
) -> ExaminedToolchain:
    """The toolchain as one of its targets needs it."""
    try:
        toolchain = session.resolver.resolve(name, profile, target)
    except MoltBuildError as error:
        missing, install = error.message, error.hint
        return ExaminedToolchain(name, MISSING, ready=False, missing=missing, install=install)
    awaited = [one for one in needed(toolchain, session.resolver.environments) if not one.is_there]
    to_fetch = [one for one in toolchain.pinned.values() if not one.is_there]
    versions = {tool: line[:100] for tool, line in toolchain.versions.items() if line}
    return ExaminedToolchain(
        name,
        ON_FIRST_USE if awaited or to_fetch else READY,
        ready=not (awaited or to_fetch),
        to_install=tuple(map(size.of_environment, awaited)),
        to_fetch=tuple(map(size.of_source, to_fetch)) or None,
        packages=toolchain.packages,
        identity=toolchain.identity,
        uses={role: used.name for role, used in toolchain.roles.items()},
        versions={tool: line for tool, line in versions.items() if line != NOT_INSTALLED},
        built=tuple(_built(session.compilers[one]) for one in toolchain.compilers),
    )


class _Sizes:
    """How large what is installed on first use is, where that is known; each is asked for once."""

    def __init__(self, python: str, *, is_download_asked: bool) -> None:
        self._python = python
        self._is_download_asked = is_download_asked
        self._environments: dict[tuple[str, Path], ToInstall] = {}
        self._sources: dict[tuple[str, Path], ToFetch] = {}

    def of_environment(self, one: Needed) -> ToInstall:
        """An environment that is installed on first use."""
        key = one.toolchain, one.folder
        if key not in self._environments:
            download, problem = self._download(lambda: download_size(one.wanted))
            self._environments[key] = ToInstall(
                toolchain=one.toolchain,
                requires=installed(one.wanted.requires, one.wanted.lock_text, self._python),
                size_bytes=size_on_disk(one),
                download_bytes=download,
                size_unknown_because=problem,
            )
        return self._environments[key]

    def of_source(self, one: pinned.Pinned) -> ToFetch:
        """A pinned source that is fetched on first use."""
        key = one.toolchain, one.root
        if key not in self._sources:
            download, problem = self._download(lambda: pinned.download_size(one))
            row = ToFetch(one.toolchain, one.artifact, one.title, download, problem)
            self._sources[key] = row
        return self._sources[key]

    def _download(self, size: Callable[[], int | None]) -> tuple[int | None, str]:
        """Bytes that are downloaded, where that is asked for; where it is not known, why."""
        try:
            return size() if self._is_download_asked else None, ""
        except MoltBuildError as error:
            return None, error.message


def _built(compiler: CompilerBuild) -> ExaminedBuild:
    """A build that a toolchain is made of, and whether there is anything to do for it."""
    state = UP_TO_DATE
    if any(action.status != UP_TO_DATE for action in compiler.actions):
        state = HIT
    if any(action.entry is None for action in compiler.actions):
        state = TO_BE_BUILT
    return ExaminedBuild(*compiler.wanted, state=state, command=compiler.wanted.command)
