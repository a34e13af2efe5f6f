"""What engines, lanes and suites need, fetched and installed: toolchains, sources, packages.

Nothing is built but what a toolchain itself is made of, as whatever needs the toolchain would build
it. It may be interrupted: what is whole by then is there the next time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from molt_build.bench.preparing import packages_of
from molt_build.building.session import Session
from molt_build.codec import added
from molt_build.engines import Engine, parse
from molt_build.errors import MoltBuildError, UsageError
from molt_build.manifests.model import Manifests
from molt_build.manifests.workload import Source
from molt_build.names import known
from molt_build.plan.warm import UP_TO_DATE
from molt_build.sources.source import SOURCES_FOLDER
from molt_build.store.clearing import usage
from molt_build.toolchains.installing import needed
from molt_build.watch import Watch

Kind = Literal["toolchain", "source", "packages"]
State = Literal["there", "prepared", "missing"]


@dataclass(frozen=True)
class PreparedEnvironment:
    """A Python environment that a toolchain needs."""

    toolchain: Annotated[str, "Whose it is."]
    folder: Annotated[str, "Its folder."]
    was_there: Annotated[bool, "Whether it was there already."]
    size_bytes: Annotated[int, "What it takes on disk."]


@dataclass(frozen=True)
class PreparedArtifact:
    """An artifact of a toolchain that is a pinned source."""

    toolchain: Annotated[str, "Whose it is."]
    artifact: Annotated[str, "Its name."]
    source: Annotated[str, "What was fetched."]
    folder: Annotated[str, "Its folder."]
    was_there: Annotated[bool, "Whether it was there already."]
    size_bytes: Annotated[int, "What it takes on disk."]


@dataclass(frozen=True)
class Prepared:
    """A toolchain, a source of programs, or the packages that a suite's programs import."""

    kind: Annotated[Kind, "What it is."]
    name: Annotated[str, "Of the engine, the workload or the suite."]
    state: Annotated[State, "Whether it was there, was prepared, or could not be had."]
    seconds: Annotated[float, "What it took."]
    environments: Annotated[tuple[PreparedEnvironment, ...], "Of a toolchain."] = ()
    artifacts: Annotated[tuple[PreparedArtifact, ...], "Of a toolchain."] = added(())
    built: Annotated[tuple[str, ...], "The builds that a toolchain is made of."] = ()
    folder: Annotated[str | None, "Of a source, or of packages."] = None
    size_bytes: Annotated[int | None, "What that takes on disk."] = None
    problem: Annotated[str, "Why it is missing; empty where it is not."] = ""
    hint: Annotated[str | None, "What to do."] = None


@dataclass(frozen=True)
class Preparation:
    """What toolchains and lanes need, as it is there now."""

    prepared: Annotated[tuple[Prepared, ...], "In the order in which they were asked for."]


@dataclass(frozen=True)
class Needs:
    """What is to be prepared, each once."""

    engines: tuple[Engine, ...]  # profile and target are said
    sources: dict[str, Source]  # by workload or suite
    suites: tuple[str, ...]  # whose packages are wanted


def wanted(
    manifests: Manifests, names: Sequence[str], lanes: Sequence[str], asked_profile: str | None
) -> Needs:
    """What engines and lanes need; of nothing named: what all lanes do.

    `asked_profile` is that of engines that name none. Raises `UsageError` for names that do not
    exist.
    """
    profile = known(
        "profile", asked_profile or manifests.project.default_profile, manifests.profiles
    )
    named = [_for_its_target(manifests, parse(text), profile) for text in names]
    lanes = lanes or ([] if named else list(manifests.lanes))
    engines = dict.fromkeys(named)
    sources: dict[str, Source] = {}
    suites: list[str] = []
    for name in lanes:
        known("lane", name, (*manifests.lanes, *manifests.suites))
        if name in manifests.lanes:
            lane = manifests.lanes[name]
            texts = [lane.reference, *lane.engines]
            under = (asked_profile or lane.profile, lane.target)
            found = {one: manifests.workloads[one].source for one in lane.workloads}
            sources |= {one: source for one, source in found.items() if source.project is None}
        else:
            suite = manifests.suites[name]
            texts = [suite.reference, manifests.project.subject, suite.friend]
            under = (profile, "native")
            sources |= {name: suite.source} if suite.source.project is None else {}
            suites += [name] if suite.python is not None else []
        engines |= dict.fromkeys(parse(text).within(*under) for text in texts)
    for engine in engines:
        if engine.revision is not None:
            message = f"{engine}: what an earlier state of the project needs is not prepared"
            raise UsageError(message, "name the engine without a revision")
        _check(manifests, engine)
    if not engines:
        raise UsageError("nothing to prepare: the project has no lane", "name a toolchain")
    return Needs(tuple(engines), sources, tuple(suites))


def _for_its_target(manifests: Manifests, engine: Engine, profile: str) -> Engine:
    """An engine that names no target is for the only one that its toolchain has, else native."""
    toolchain = manifests.toolchains.get(engine.toolchain)
    targets = [] if toolchain is None else [target.name for target in toolchain.targets]
    return engine.within(profile, targets[0] if len(targets) == 1 else "native")


def _check(manifests: Manifests, engine: Engine) -> None:
    toolchain = manifests.toolchains[known("toolchain", engine.toolchain, manifests.toolchains)]
    known("profile", engine.profile or "", manifests.profiles)
    if toolchain.targets:  # none of what is only used in a role
        toolchain.target(engine.target or "")


def prepared(session: Session, wanted: Needs, watch: Watch) -> Iterator[Prepared]:
    """Fetch and install it, a row each; what could not be had has its reason, and ends nothing."""
    default = session.manifests.project.default_profile
    steps: list[tuple[Kind, str, Callable[[], Prepared]]] = [
        *(
            ("toolchain", one.named(default, "native"), lambda one=one: _engine(session, one))
            for one in wanted.engines
        ),
        *(
            ("source", name, lambda name=name, source=source: _source(session, name, source))
            for name, source in wanted.sources.items()
        ),
        *(("packages", name, lambda name=name: _packages(session, name)) for name in wanted.suites),
    ]
    watch.phase("preparing", len(steps))
    for kind, name, prepare in steps:
        began = time.monotonic()
        try:
            row = prepare()
        except MoltBuildError as error:
            row = Prepared(kind, name, "missing", 0.0, problem=error.message, hint=error.hint)
        yield replace(row, seconds=round(time.monotonic() - began, 3))
        watch.step(name)


def _engine(session: Session, engine: Engine) -> Prepared:
    """Install what it needs; raises as `Resolver.resolve` does."""
    before = _whole(session.tools / "environments") | _whole(session.tools / SOURCES_FOLDER)
    name, profile, target = engine.toolchain, engine.profile or "", engine.target or ""
    toolchain = session.resolver.resolve(name, profile, target)
    makers = [session.resolver.resolve(*one[1:]) for one in toolchain.compilers]
    environments = {
        one.folder: PreparedEnvironment(
            one.toolchain, str(one.folder), one.folder in before, usage([one.folder]).size_bytes
        )
        for each in (toolchain, *makers)
        for one in needed(each, session.resolver.environments)
    }
    artifacts = {
        one.root: PreparedArtifact(
            one.toolchain,
            one.artifact,
            one.title,
            str(one.root),
            one.place in before,
            usage([one.place]).size_bytes,
        )
        for each in (toolchain, *makers)
        for one in each.pinned.values()
    }
    builds = [session.compilers[one] for one in toolchain.compilers]
    built = tuple(
        str(one.wanted) for one in builds if any(a.status != UP_TO_DATE for a in one.actions)
    )
    is_there = not built and all(one.was_there for one in environments.values())
    is_there = is_there and all(one.was_there for one in artifacts.values())
    return Prepared(
        kind="toolchain",
        name=engine.named(session.manifests.project.default_profile, "native"),
        state="there" if is_there else "prepared",
        seconds=0.0,
        environments=tuple(environments.values()),
        artifacts=tuple(artifacts.values()),
        built=built,
    )


def _source(session: Session, name: str, source: Source) -> Prepared:
    """Fetch it; raises as `source_root` does."""
    before = _whole(session.tools / SOURCES_FOLDER)
    root = session.source_root(source)
    folder = next(f for f in _whole(session.tools / SOURCES_FOLDER) if root.is_relative_to(f))
    return _folder("source", name, folder, folder in before)


def _packages(session: Session, name: str) -> Prepared:
    """Install what the suite's programs import; raises `ToolMissing`."""
    before = _whole(session.tools / "environments")
    folder = packages_of(session, session.manifests.suites[name])
    assert folder is not None  # only of suites that have some
    return _folder("packages", name, folder, folder in before)


def _folder(kind: Kind, name: str, folder: Path, was_there: bool) -> Prepared:
    return Prepared(
        kind=kind,
        name=name,
        state="there" if was_there else "prepared",
        seconds=0.0,
        folder=str(folder),
        size_bytes=usage([folder]).size_bytes,
    )


def _whole(parent: Path) -> set[Path]:
    """The folders there that are whole."""
    return {file.parent for file in parent.glob("*/complete")}
