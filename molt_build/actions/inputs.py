"""The files that a stage may read, found before it runs, and what stands for them in its key.

Of the program's source: its entry, what that imports, what the stage declares, and *candidates*,
of which a depfile will tell whether they were read. Where they lie, and not in staging, a command
finds what is imported from roots outside of the source, the files that the project names for every
key and those that a tool looks for in the folders above it. For each file that would have been
found first, had it existed, there is an *absence*.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from molt_build.actions.ambient import Ambient
from molt_build.actions.import_roots import archives, dangling, import_roots
from molt_build.actions.imports import Place, local_imports, own_folder
from molt_build.actions.scope import COARSE_PATTERNS, IN_PLACE_PATTERNS
from molt_build.actions.tokens import FORMAT as TOKENS_FORMAT
from molt_build.actions.tokens import by_tokens, token_digest
from molt_build.errors import BuildFailed, UsageError
from molt_build.manifests.model import Profile
from molt_build.manifests.placeholders import expand_word
from molt_build.manifests.toolchain import Stage
from molt_build.manifests.workload import Program, Workload
from molt_build.store.digest import StatCache, digest_bytes, digest_value
from molt_build.toolchains.resolved import ResolvedToolchain, Value

ABSENT = "absent"
# What makes the lock files that people have.
_LOCK_MAKERS = {
    "Cargo.lock": "cargo generate-lockfile",
    "package-lock.json": "npm install --package-lock-only",
    "requirements.txt": "pip-compile --generate-hashes (of pip-tools)",
    "uv.lock": "uv lock",
    "go.sum": "go mod tidy",
}


@dataclass(frozen=True)
class Unit:
    """One program as one toolchain builds it under one profile: what its actions share."""

    program: Program
    workload: Workload
    toolchain: ResolvedToolchain
    profile: Profile
    source_root: Path
    ambient: Ambient


@dataclass(frozen=True)
class Inputs:
    """The program's files, by their paths in staging."""

    sources: Mapping[str, str]  # path -> absolute path of a file that the static key holds
    candidates: Mapping[str, str]  # the same, of one that may be read
    beyond: Mapping[str, str]  # that coarse keys hold, and nobody stages or declares
    absences: tuple[str, ...]  # paths where a file would have been found first
    folders: tuple[str, ...]  # that were searched, absolute; and links there that lead nowhere
    roots: tuple[Place, ...] = ()  # of imports, where they are not the entry's folder
    imported: tuple[str, ...] = ()  # absolute paths of files of the key that are read in place
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what was looked for there
    unkeyed: Mapping[str, str] = field(default_factory=dict)  # staged for a fetch, in no key


@dataclass(frozen=True)
class InPlace:
    """Files of the key that a command finds where they lie; absolute paths."""

    components: Mapping[str, str]
    there: tuple[str, ...]
    absent: tuple[str, ...]  # of those that the project names
    absent_above: tuple[str, ...]


def program_inputs(
    unit: Unit, stage: Stage, values: Mapping[str, Value], stat_cache: StatCache
) -> Inputs:
    """What the stage may read of the program; raises `UsageError` when its entry is not there."""
    program, root = unit.program, unit.source_root
    if not stage.takes_source:
        return Inputs({}, {}, {}, (), ())
    sources = {program.entry: str(root / program.entry)}
    candidates: dict[str, str] = {}
    beyond: dict[str, str] = {}
    absences: list[str] = []
    searched: list[str] = []

    def matching(pattern: str) -> dict[str, str]:
        files, folders = stat_cache.listings.matching(root, pattern)
        searched.extend(folders)
        return {path: f"{root}/{path}" for path in files}

    if not os.path.isfile(sources[program.entry]):
        raise UsageError(f"{program.name}: {sources[program.entry]} does not exist")
    roots: tuple[Place, ...] = ()
    imported: dict[str, None] = {}
    names: Mapping[str, tuple[str, ...]] = {}
    if stage.imports == "python":
        roots = import_roots(program, stage, unit.toolchain, values)
        found = local_imports(str(root), program.entry, stat_cache, roots)
        sources |= {path: str(root / path) for path in found.inputs}
        absences += found.absences
        imported |= dict.fromkeys([*found.in_place, *archives(roots)])
        names = found.names
        searched += dangling(stat_cache, names)
    for template in (*stage.absences, *stage.optional):
        beside = os.path.dirname(program.entry)
        word = expand_word(template, values)
        path = _in_source(unit, stage, os.path.join(beside, word))
        if "*" in template:
            sources |= matching(os.path.normpath(os.path.join(glob.escape(beside), word)))
        elif (root / path).is_file():
            sources[path] = str(root / path)
        else:
            absences.append(path)
    for template in (*unit.workload.candidates, *stage.candidates):
        pattern = expand_word(template, values)
        _in_source(unit, stage, pattern)
        candidates |= matching(pattern)
    for pattern in COARSE_PATTERNS if unit.ambient.is_coarse and stage.imports else ():
        beyond |= matching(pattern)
    for place in roots if unit.ambient.is_coarse or stage.reads == "declared" else ():
        if place.is_staged:
            if stage.reads == "declared" and place != own_folder(program.entry):
                for pattern in COARSE_PATTERNS:
                    candidates |= matching(f"{glob.escape(place.folder)}/{pattern}")
        elif not place.is_vouched_for:
            for pattern in IN_PLACE_PATTERNS:
                files, folders = stat_cache.listings.matching(Path(place.folder), pattern)
                searched.extend(folders)
                imported |= {f"{place.folder}/{path}": None for path in files}
    candidates = {path: file for path, file in candidates.items() if path not in sources}
    if stage.fetch:
        locks = _lock_files(unit, stage, values)
        if not unit.ambient.is_coarse:  # what the locks say is what is fetched
            others = {path: f for path, f in {**sources, **candidates}.items() if path not in locks}
            return Inputs(locks, {}, {}, (), (), unkeyed=others)
        sources |= locks
    if stage.stdin is not None:  # it is read, whatever a depfile says
        given = stdin_path(stage.stdin, values)
        sources |= {path: file for path, file in candidates.items() if path == given}
    if stage.depfile is None:  # nobody will tell which of them were read
        sources, candidates = sources | candidates, {}
    candidates = {path: file for path, file in candidates.items() if path not in sources}
    return Inputs(
        sources=sources,
        candidates=candidates,
        beyond=beyond,
        absences=tuple(absences),
        folders=tuple(searched),
        roots=roots,
        imported=tuple(imported),
        names=names,
    )


def _in_source(unit: Unit, stage: Stage, path: str) -> str:
    """A path below the source root, without detours; raises `BuildFailed` for another.

    Manifests are checked for this, but not what programs and queries put into a path.
    """
    plain = os.path.normpath(path)
    if os.path.isabs(plain) or plain.split("/")[0] == "..":
        message = f"{unit.program.name}: {stage.name} would stage {plain}, which leaves the source"
        raise BuildFailed(message, "what is staged is relative to the source, and has no '..'")
    return plain


def stdin_path(template: str, values: Mapping[str, Value]) -> str:
    """The path in staging that a stage reads as its standard input."""
    return os.path.normpath(expand_word(template, values))


def _lock_files(unit: Unit, stage: Stage, values: Mapping[str, Value]) -> dict[str, str]:
    """The lock files of a fetch, by their paths in staging; raises `BuildFailed` without one."""
    locks: dict[str, str] = {}
    for template in stage.fetch:
        beside = os.path.dirname(unit.program.entry)
        path = _in_source(unit, stage, os.path.join(beside, expand_word(template, values)))
        locks[path] = str(unit.source_root / path)
        if not os.path.isfile(locks[path]):
            message = f"{unit.program.name}: {path} is not there, which says what {stage.name}"
            maker = _LOCK_MAKERS.get(os.path.basename(path), "the tool that reads it")
            folder = os.path.dirname(locks[path])
            raise BuildFailed(f"{message} fetches", f"make it in {folder}, with: {maker}")
    return locks


def files_in_place(ambient: Ambient, stage: Stage, stat_cache: StatCache) -> InPlace:
    """What a command finds without its being staged."""
    components: dict[str, str] = {}
    there: list[str] = []
    absent: list[str] = []
    absent_above: list[str] = []
    for path, absolute in ambient.files.items():
        try:
            components[f"file {path}"] = stat_cache.digest(absolute)
            there.append(absolute)
        except OSError:
            components[f"file {path}"] = ABSENT
            absent.append(absolute)
    for name in stage.looks_above:
        paths = [os.path.join(folder, name) for folder in ambient.folders_above]
        found = [path for path in paths if os.path.isfile(path)]
        there += (path for path in paths if os.path.lexists(path))  # also what is no file yet
        # By content and order alone: where the cache lies is this machine's affair.
        components[f"above {name}"] = json.dumps([stat_cache.digest(path) for path in found])
        absent_above += (path for path in paths if not os.path.lexists(path))
    return InPlace(components, tuple(there), tuple(absent), tuple(absent_above))


def component_of(stage: Stage, path: str, data: bytes, *, is_executable: bool) -> str:
    """What stands in a key for a file that is staged with these bytes.

    That is its digest, by text or by tokens as the stage declares, and whether it is executable. No
    more of its mode is staged: what else a checkout's umask gave it is not seen.
    """
    if _is_by_tokens(stage, path):
        digest = token_digest(data, stage.meaningful_comments)
    else:
        digest = digest_bytes(data)
    return _with_mode(digest, is_executable)


def staged_component(stage: Stage, path: str, stat_cache: StatCache) -> str:
    """`component_of` of a file as it is now, remembered while its stat data stay the same.

    Raises `OSError`.
    """
    if _is_by_tokens(stage, path):
        kept = stage.meaningful_comments
        kind = f"{TOKENS_FORMAT} {digest_value(list(kept))}"
        digest = stat_cache.digest_of(kind, path, lambda data: by_tokens(data, kept))
    else:
        digest = stat_cache.digest(path)
    return _with_mode(digest, stat_cache.is_executable(path))


def _is_by_tokens(stage: Stage, path: str) -> bool:
    return stage.digest == "tokens" and path.endswith((".py", ".pyi"))


def _with_mode(digest: str, is_executable: bool) -> str:
    return f"{digest} executable" if is_executable else digest
