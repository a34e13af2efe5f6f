"""`molt-build prepare`: what toolchains and lanes need is fetched and installed, nothing built.

It may be interrupted: what is whole by then is there the next time. Only what a toolchain itself is
made of is built, as whatever needs the toolchain would build it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from molt_build.cli.documents import print_document
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs
from molt_build.engines import GRAMMAR, Engine, parse
from molt_build.errors import EXIT_DONE, EXIT_MISSING_TOOL, MoltBuildError, UsageError
from molt_build.names import known, name_hint
from molt_build.sizes import shown_size
from molt_build.store.clearing import usage
from molt_build.watch import Watch

if TYPE_CHECKING:
    from molt_build.building.session import Session
    from molt_build.manifests.model import Manifests
    from molt_build.manifests.workload import Source

Kind = Literal["toolchain", "source", "packages"]
State = Literal["there", "prepared", "missing"]

EXAMPLES = ("molt-build prepare cython mypyc", "molt-build prepare --lane bench_native")


@dataclass(frozen=True)
class PreparedEnvironment:
    """A Python environment that a toolchain needs."""

    toolchain: Annotated[str, "Whose it is."]
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
class Wanted:
    """What is to be prepared, each once."""

    engines: tuple[Engine, ...]  # profile and target are said
    sources: dict[str, Source]  # by workload or suite
    suites: tuple[str, ...]  # whose packages are wanted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = f"{GRAMMAR.partition('[@rev')[0]}; default: the engines of all lanes"
    parser.add_argument("engines", nargs="*", metavar="TOOLCHAIN", help=what)
    add_several(parser, "--engine", "E", "the same as an option")
    what = "all engines of this lane or suite, and the sources of its programs"
    add_several(parser, "--lane", "LANE", what)
    parser.add_argument(
        "--profile", metavar="P", help="of engines that name none; default: the project's"
    )
    add_jobs(parser, ", of what toolchains are made of")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Prepare; exit code 3 when something could not be had."""
    from molt_build.building.opening import open_session
    from molt_build.report.progress import shown_progress

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        rows = tuple(_prepared(session, _wanted(args, session.manifests), watch))
    if args.json:
        print_document(Preparation(rows))
    else:
        for row in rows:
            print("\n".join(_lines(row)))
    is_lacking = any(row.state == "missing" for row in rows)
    return EXIT_MISSING_TOOL if is_lacking else EXIT_DONE


def _wanted(args: argparse.Namespace, manifests: Manifests) -> Wanted:
    """What was asked for; raises `UsageError` for names that do not exist."""
    profile = known(
        "profile", args.profile or manifests.project.default_profile, manifests.profiles
    )
    named = [parse(text).within(profile, "native") for text in (*args.engines, *args.engine)]
    lanes = args.lane or ([] if named else list(manifests.lanes))
    engines = dict.fromkeys(named)
    sources: dict[str, Source] = {}
    suites: list[str] = []
    for name in lanes:
        known("lane", name, (*manifests.lanes, *manifests.suites))
        if name in manifests.lanes:
            lane = manifests.lanes[name]
            texts = [lane.reference, *lane.engines]
            under = (args.profile or lane.profile, lane.target)
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
    return Wanted(tuple(engines), sources, tuple(suites))


def _check(manifests: Manifests, engine: Engine) -> None:
    toolchain = manifests.toolchains[known("toolchain", engine.toolchain, manifests.toolchains)]
    known("profile", engine.profile or "", manifests.profiles)
    names = [target.name for target in toolchain.targets]
    if names and engine.target not in names:
        message = f"toolchain {toolchain.name} has no target {engine.target}"
        raise UsageError(message, name_hint(engine.target or "", names))


def _prepared(session: Session, wanted: Wanted, watch: Watch) -> Iterator[Prepared]:
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
            seconds = round(time.monotonic() - began, 3)
            yield Prepared(kind, name, "missing", seconds, problem=error.message, hint=error.hint)
        else:
            yield row
        watch.step(name)


def _engine(session: Session, engine: Engine) -> Prepared:
    """Install what it needs; raises as `Resolver.resolve` does."""
    from molt_build.plan.warm import UP_TO_DATE
    from molt_build.toolchains.installing import needed

    began, before = time.monotonic(), _whole(session.tools / "environments")
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
    builds = [session.compilers[one] for one in toolchain.compilers]
    built = tuple(
        str(one.wanted) for one in builds if any(a.status != UP_TO_DATE for a in one.actions)
    )
    is_there = not built and all(one.was_there for one in environments.values())
    return Prepared(
        kind="toolchain",
        name=engine.named(session.manifests.project.default_profile, "native"),
        state="there" if is_there else "prepared",
        seconds=round(time.monotonic() - began, 3),
        environments=tuple(environments.values()),
        built=built,
    )


def _source(session: Session, name: str, source: Source) -> Prepared:
    """Fetch it; raises as `source_root` does."""
    began, before = time.monotonic(), _whole(session.tools / "sources")
    root = session.source_root(source)
    folder = next(f for f in _whole(session.tools / "sources") if root.is_relative_to(f))
    return _folder("source", name, folder, folder in before, began)


def _packages(session: Session, name: str) -> Prepared:
    """Install what the suite's programs import; raises `ToolMissing`."""
    from molt_build.bench.preparing import packages_of

    began, before = time.monotonic(), _whole(session.tools / "environments")
    folder = packages_of(session, session.manifests.suites[name])
    assert folder is not None  # only of suites that have some
    return _folder("packages", name, folder, folder in before, began)


def _folder(kind: Kind, name: str, folder: Path, was_there: bool, began: float) -> Prepared:
    return Prepared(
        kind=kind,
        name=name,
        state="there" if was_there else "prepared",
        seconds=round(time.monotonic() - began, 3),
        folder=str(folder),
        size_bytes=usage([folder]).size_bytes,
    )


def _whole(parent: Path) -> set[Path]:
    """The folders there that are whole."""
    return {file.parent for file in parent.glob("*/complete")}


def _lines(row: Prepared) -> Iterator[str]:
    """A row in words; of what is missing also what to do."""
    what = row.name if row.kind == "toolchain" else f"{row.kind} of {row.name}"
    if row.state == "missing":
        yield f"{what}: missing: {row.problem}"
        if row.hint:
            yield f"  {row.hint}"
        return
    parts = [f"{_verb(one.was_there)} {one.toolchain} {_size(one)}" for one in row.environments]
    parts += [f"built {one}" for one in row.built]
    if row.size_bytes is not None:
        parts.append(shown_size(row.size_bytes))
    state = "was there" if row.state == "there" else f"ready after {row.seconds:.1f} s"
    yield f"{what}: {state}" + (f" ({', '.join(parts)})" if parts else "")


def _verb(was_there: bool) -> str:
    return "has" if was_there else "installed"


def _size(one: PreparedEnvironment) -> str:
    return shown_size(one.size_bytes)
