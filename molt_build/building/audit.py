"""The audit: do hits say what an execution would? Some are executed again, and compared.

Each sampled action runs twice, in fresh directories of different names, a fresh slot included where
it needs a shard. Two runs that differ: the stage is nondeterministic. Two that agree with each
other and not with the store: something was read that the key does not hold, or kept state was used.
Where `strace` is there, a third run is traced, and names the files of the project that were opened
without having been staged or declared (and those of the home directory, where the bytes differ).
Outputs are searched for the paths of the staging directory, the project and the cache: bytes that
hold them differ from place to place.

An input that stayed out of the store is made by executing its stage once more.

Nothing is published, and no shard of a build is touched. An undeclared input that has not changed
since and is not seen by a trace stays unseen.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from molt_build.actions.action import Action, prepare, why_unsupported
from molt_build.actions.looks import source_of
from molt_build.building.audited_outputs import Made, read_outputs, stored_facts
from molt_build.building.builder import find_program
from molt_build.building.execute import executed
from molt_build.building.lookup import find_entry
from molt_build.building.reads import absolute_path
from molt_build.building.request import Request
from molt_build.building.session import Session
from molt_build.building.staging import Staging
from molt_build.errors import BuildFailed, UsageError
from molt_build.store.blob import Blob
from molt_build.store.store import Entry, Store
from molt_build.store.trees import lay_from_store
from molt_build.watch import counted

SAME = "same"
DECLARED = "declared nondeterministic"
NONDETERMINISTIC = "nondeterministic"
UNDECLARED_INPUT = "undeclared input"
LEAK = "leak"
NOT_REPEATED = "not repeated"
FETCH = "not repeated: a fetch"

# Their order in what is said of an action with several.
VERDICTS = (NOT_REPEATED, NONDETERMINISTIC, UNDECLARED_INPUT, LEAK, DECLARED, FETCH, SAME)

_OPENED = re.compile(r"= \d+<(/.*)>$")
_STARTED = re.compile(r'execve\("(/[^"]*)"')


@dataclass(frozen=True)
class Hit:
    """An action whose result is in the store."""

    action: Action
    entry: Entry
    makers: tuple[Hit, ...] = ()  # of its inputs


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an action, and what to do about it."""

    kind: Annotated[str, "What kind: one of the verdicts."]
    message: Annotated[str, "What was found."]
    hint: Annotated[str, "What to do."]
    files: Annotated[tuple[str, ...], "The files that it is about."] = ()


@dataclass(frozen=True)
class Audited:
    """What came of one action."""

    program: Annotated[str, "The program."]
    stage: Annotated[str, "The stage."]
    key: Annotated[str, "Its key."]
    verdict: Annotated[str, "What was found: same where all is as it should be."]
    is_traced: Annotated[bool, "Whether what it opened was watched."]
    problems: Annotated[tuple[Problem, ...], "What is wrong with it."]
    reason: Annotated[str, "Why it is declared nondeterministic, where it is."] = ""


@dataclass(frozen=True)
class Audit:
    """What came of executing hits again."""

    hits: Annotated[int, "Actions of the request that are in the store."]
    audited: Annotated[int, "How many of them were executed again."]
    seed: Annotated[int, "What chose them."]
    verdicts: Annotated[Mapping[str, int], "How many have each verdict."]
    actions: Annotated[tuple[Audited, ...], "Those that were executed again."]


@dataclass(frozen=True)
class _Run:
    """What one more run of an action gave."""

    place: Path  # the directory that stood for the cache; it is gone by now
    made: Made
    trace: Sequence[str]  # lines


def find_hits(session: Session, request: Request) -> list[Hit]:
    """Every action of the request that has an entry, in order; raises `UsageError` for names."""
    toolchain = session.resolver.resolve(request.toolchain, request.profile, request.target)
    by_name = {stage.name: stage for stage in toolchain.manifest.stages}
    target = toolchain.manifest.target(request.target)
    store = _store(session)
    hits = []
    for name in request.programs:
        program, workload = find_program(session.manifests, name)
        if why_unsupported(toolchain, program, request.target):
            continue
        unit = session.unit(program, workload, toolchain, request.profile)
        entries: dict[str, Entry] = {}
        earlier: dict[str, Hit] = {}
        for stage in (by_name[name] for name in target.stages):
            action = prepare(unit, stage, entries, session.stat_cache)
            entry = find_entry(action, store, session.stat_cache)
            if entry is None:
                break  # what follows depends on outputs that nobody has
            makers = tuple(earlier[maker] for maker in action.earlier)
            hits.append(Hit(action, entry, makers))
            entries[stage.name], earlier[stage.name] = entry, hits[-1]
    return hits


def sample(hits: Sequence[Hit], count: int, seed: int) -> list[Hit]:
    """`count` of the hits, or all, chosen by the seed, in their order."""
    chosen = random.Random(seed).sample(range(len(hits)), min(count, len(hits)))
    return [hits[number] for number in sorted(chosen)]


def audit(session: Session, hit: Hit, *, with_fetches: bool = False) -> Audited:
    """Execute the action again, and say how it compares; raises only for the environment.

    A fetch, which uses the network, is executed again only when that is asked for.
    """
    stage = hit.action.stage
    opened: list[str] | None = None
    if stage.fetch and not with_fetches:
        return Audited(hit.action.program, stage.name, hit.entry.key, FETCH, True, ())
    try:
        first = _again(session, hit, "audit-")
        # Another length, so that a path of the directory shows wherever it is compressed or hashed.
        second = _again(session, hit, "audited-again-")
        opened = _opened(session, hit)
        problems = _problems(session, hit, first, second, opened)
    except BuildFailed as error:
        if session.processes.is_stopping:
            raise
        message = f"it does not run again: {error.message.splitlines()[0]}"
        hint = "what its first run had, this one has not: declare it"
        problems = [Problem(NOT_REPEATED, message, hint)]
    kinds = {problem.kind for problem in problems}
    otherwise = DECLARED if stage.nondeterministic else SAME
    return Audited(
        program=hit.action.program,
        stage=stage.name,
        key=hit.entry.key,
        verdict=next((kind for kind in VERDICTS if kind in kinds), otherwise),
        is_traced=opened is not None,
        problems=tuple(problems),
        reason=stage.nondeterministic or "",
    )


def _problems(
    session: Session, hit: Hit, first: _Run, second: _Run, opened: Sequence[str] | None
) -> list[Problem]:
    """What two runs with the same inputs, and the files that a third one opened, show."""
    is_declared = bool(hit.action.stage.nondeterministic)
    leaks = [] if is_declared else _leaks(session, first)
    contents, again = first.made.contents, second.made.contents
    names = sorted({*contents, *again})
    apart = [_apart(name, contents.get(name), again.get(name)) for name in names]
    stored, made = stored_facts(_store(session), hit.entry, first.made), first.made.facts()
    both = sorted({*made, *stored})
    changed = [name for name in both if made.get(name) != stored.get(name)]
    problems = []
    if any(apart):
        if not is_declared and not any("staging" in leak.message for leak in leaks):
            problems.append(_nondeterministic(" and ".join(filter(None, apart))))
    elif changed:
        problems.append(_undeclared(session, changed, opened))
    if not changed or any(apart):
        in_project = [path for path in opened or () if _is_below(path, session.project)]
        if in_project:
            problems.append(_undeclared(session, [], in_project))
    return problems + leaks


def _nondeterministic(where: str) -> Problem:
    message = f"two runs with the same inputs differ: {where}"
    hint = (
        "take time, random numbers and the order of threads and folders out of it (a flag, an "
        'environment variable of the stage), or declare nondeterministic = "why" for the stage'
    )
    return Problem(NONDETERMINISTIC, message, hint)


def _undeclared(session: Session, changed: Sequence[str], opened: Sequence[str] | None) -> Problem:
    if changed:
        message = f"two fresh runs agree, and differ from the store in {', '.join(changed)}: "
        message += "something was read that the key does not hold, or kept state was used"
    else:
        message = "it opened files of the project that were neither staged nor declared"
    hint = "declare what it reads: candidates of the stage or the workload for files of the "
    hint += "program, identity_files for others, environment for variables"
    if changed and opened is None:
        hint += "; with strace installed the files would be named here"
    files = tuple(_shown(session, path) for path in opened or ())
    return Problem(UNDECLARED_INPUT, message, hint, files)


def _shown(session: Session, path: str) -> str:
    for name, folder in (("{project}", session.project), ("~", Path.home())):
        if _is_below(path, folder):
            return f"{name}/{os.path.relpath(path, os.path.realpath(folder))}"
    return path


def _apart(name: str, first: bytes | None, second: bytes | None) -> str:
    """Where two runs' outputs begin to differ; "" where they do not."""
    if first == second:
        return ""
    if first is None or second is None:
        return f"{name}, which one of them did not make"
    pairs = enumerate(zip(first, second, strict=False))
    byte = next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)))
    return f"{name} from byte {byte} on"


def _leaks(session: Session, run: _Run) -> list[Problem]:
    problems = []
    for name, data in run.made.contents.items():
        here = _count(data, run.place)
        found = {
            "the staging directory": here,
            "the project": _count(data, session.project),
            # The staging directory lies in the cache: what it accounts for is said already.
            "the cache": _count(data, session.cache) - here,
        }
        for what, count in found.items():
            if count > 0:
                message = f"{name} holds the path of {what}, {counted(count, 'time')}: "
                message += "it cannot be shared between checkouts, and what follows it cannot be "
                message += "cut off early"
                hint = "give the tool relative paths, or a prefix map such as "
                hint += "-ffile-prefix-map={stage}=. or --remap-path-prefix={stage}=/stage"
                problems.append(Problem(LEAK, message, hint))
    return problems


def _count(data: bytes, folder: Path) -> int:
    forms = {os.fsencode(os.path.abspath(folder)), os.fsencode(os.path.realpath(folder))}
    return max(data.count(form) for form in forms)


def _again(session: Session, hit: Hit, prefix: str, strace: str | None = None) -> _Run:
    """Run the action in a directory of its own, which stands for the cache: its slots are new."""
    action, store = hit.action, _store(session)
    place = session.staging.fresh(prefix)
    staging, log = Staging(place), place / "trace"
    if strace is not None:
        calls = "trace=?open,openat,?openat2,execve"
        words = (strace, "-f", "-qq", "-y", "-e", calls, "-e", "signal=none", "-o", str(log))
        escaped = [word.replace("{", "{{").replace("}", "}}") for word in words]
        argv = (*escaped, *action.stage.argv)
        action = replace(action, stage=replace(action.stage, argv=argv))

    def place_input(blob: Blob, destination: Path, root: Path) -> None:
        if blob.is_stored or store.has(blob):
            lay_down = lay_from_store if blob.is_folder else Store.materialise
            is_there = lay_down(store, blob, destination, root)
        else:
            is_there = _made_again(session, hit, blob, destination, root)
        if not is_there:
            message = f"{blob.path}, an output of an earlier stage, is gone from the store"
            raise BuildFailed(message, "build it again")

    try:
        within = replace(session, cache=place, staging=staging)
        with executed(action, within, place_input) as run:
            return _Run(
                place,
                read_outputs(run.outputs),
                [] if strace is None else log.read_text(errors="replace").splitlines(),
            )
    finally:
        staging.close()
        session.staging.discard(place)


def _made_again(session: Session, hit: Hit, blob: Blob, destination: Path, root: Path) -> bool:
    """Make an input that stayed out of the store, by executing its stage; False: it has changed."""
    for maker in hit.makers:
        for name, made in maker.entry.outputs.items():
            if made == blob:
                run = _again(session, maker, "audit-input-")
                return run.made.lay(name, blob, destination, root)
    return False


def _file_of_call(line: str) -> str | None:
    """The file that a traced call opened or started.

    Only what follows the last `>` before the line's own is searched: no path of the trace has one,
    and so the first place that fits is the only one that is tried.
    """
    match = None
    if line.endswith(">"):
        match = _OPENED.search(line, line.rfind(">", 0, -1) + 1)
    match = match or _STARTED.search(line)
    return None if match is None else match[1]


def _opened(session: Session, hit: Hit) -> list[str] | None:
    """Files of the project and the home directory that a traced run opened, undeclared.

    None where there is no `strace`, or it may not trace here.
    """
    strace = shutil.which("strace")
    if strace is None:
        return None
    try:
        run = _again(session, hit, "audit-traced-", strace)
    except (BuildFailed, OSError):
        if session.processes.is_stopping:
            raise
        return None
    found = {path for line in run.trace if (path := _file_of_call(line)) is not None}
    is_declared = _declared(session, hit)
    homes = (session.project, Path.home())
    return sorted(
        path
        for path in found
        if any(_is_below(path, folder) for folder in homes)
        and not _is_below(path, run.place)
        and os.path.isfile(path)
        and not is_declared(path)
    )


def _declared(session: Session, hit: Hit) -> Callable[[str], bool]:
    """Whether the key of an action accounts for a file, by whatever component."""
    action, toolchain = hit.action, hit.action.toolchain
    files = [
        *toolchain.watched.files,
        *action.inputs.sources.values(),
        *action.inputs.imported,
        *session.ambient.files.values(),
    ]
    for symbolic in hit.entry.reads.files:
        with suppress(FileNotFoundError):
            files.append(absolute_path(action, symbolic))
    known = {*files, *map(os.path.realpath, files)}
    places = [session.cache, Path(session.resolver.python.base)]
    # A tool speaks for its installation: PREFIX/bin/TOOL for PREFIX.
    folders = [Path(path).parent for path in toolchain.guard]
    places += [folder.parent for folder in folders if folder.name == "bin"]
    everything = {Path("/"), Path("/usr"), Path.home(), session.project}
    places = [folder for folder in places if folder not in everything]

    def is_declared(path: str) -> bool:
        path = source_of(path)
        is_known = not known.isdisjoint((path, os.path.realpath(path)))
        return is_known or any(_is_below(path, folder) for folder in places)

    return is_declared


def _is_below(path: str, folder: Path) -> bool:
    return path.startswith((f"{os.path.abspath(folder)}/", f"{os.path.realpath(folder)}/"))


def _store(session: Session) -> Store:
    if session.store is None:
        message = "the store is off, so there are no hits to audit"
        raise UsageError(message, "unset MOLT_BUILD_CACHE")
    return session.store
