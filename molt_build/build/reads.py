"""What an action read beyond its declared inputs, and what it would have read instead.

A stage's depfile names the files it read; here they become *discovered* inputs under symbolic
roots, with the *absences* beside them: the paths that would have been found first, had they
existed. For the files as they are now, both give the components that complete a static key.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from molt_build.build.actions import Action, mentions, place, source_digest
from molt_build.build.roots import Roots
from molt_build.errors import BuildFailed
from molt_build.manifests.placeholders import expand
from molt_build.store.digest import StatCache


def full_components(
    action: Action,
    discovered: tuple[str, ...],
    absences: tuple[str, ...],
    stat_cache: StatCache,
) -> dict[str, str] | None:
    """All components, the discovered files as they are now; None when one is gone or appeared."""
    components = dict(action.components)
    roots = action.toolchain.roots
    try:
        for symbolic in absences:
            if _exists(action, roots, symbolic, stat_cache.listings.has):
                return None
            components[f"absent {symbolic}"] = "absent"
        for symbolic in discovered:
            components[f"read {symbolic}"] = read_digest(action, roots, symbolic, stat_cache)
    except OSError:  # gone, or under a root that this interpreter does not have
        return None
    return components


def described_components(
    action: Action,
    discovered: tuple[str, ...],
    absences: tuple[str, ...],
    stat_cache: StatCache,
) -> dict[str, str]:
    """Like `full_components`, but what is gone or appeared is said instead: for explanations."""
    components = dict(action.components)
    roots = action.toolchain.roots
    for symbolic in absences:
        try:
            state = "present" if _exists(action, roots, symbolic) else "absent"
        except OSError:
            state = "elsewhere"
        components[f"absent {symbolic}"] = state
    for symbolic in discovered:
        try:
            components[f"read {symbolic}"] = read_digest(action, roots, symbolic, stat_cache)
        except OSError:
            components[f"read {symbolic}"] = "missing"
    return components


def read_digest(action: Action, roots: Roots, symbolic: str, stat_cache: StatCache) -> str:
    """The digest of a file that the action read, by its symbolic path; raises `OSError`."""
    if symbolic.startswith("{stage}/"):
        path = symbolic.removeprefix("{stage}/")
        absolute = action.candidates.get(path)
        if absolute is None:
            raise FileNotFoundError(path)
        return source_digest(action.stage, absolute, stat_cache)
    return stat_cache.digest(roots.absolute(symbolic))


def absolute_path(action: Action, symbolic: str) -> str:
    """Where a symbolic path of this action lies on this machine."""
    if symbolic.startswith("{stage}/"):
        return os.path.join(action.source_root, symbolic.removeprefix("{stage}/"))
    return action.toolchain.roots.absolute(symbolic)


def collect_reads(
    action: Action, paths: list[str], stage_dir: str, shard_dir: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(discovered, absences) from the paths of a depfile, under symbolic roots.

    Raises `BuildFailed` when a file of the project was read that was not a candidate.
    """
    roots = action.toolchain.roots
    discovered: dict[str, None] = {}
    absences: dict[str, None] = {}
    folders = _search_path(action, stage_dir, shard_dir)
    made_here = {os.path.normpath(p) for p in (stage_dir, shard_dir) if p}
    stage_real = os.path.realpath(stage_dir)
    reads = [os.path.normpath(os.path.join(stage_dir, path)) for path in paths]
    reads = [
        stage_dir + path[len(stage_real) :] if path.startswith(stage_real + "/") else path
        for path in reads
    ]
    for absolute in reads:
        symbolic = _symbolic(roots, absolute, stage_dir)
        if symbolic.startswith("{stage}/"):
            if symbolic.removeprefix("{stage}/") in action.candidates:
                discovered[symbolic] = None
            continue
        if any(absolute.startswith(own + "/") for own in made_here):
            continue
        if symbolic.startswith("{env}/"):
            continue  # vouched for by the lock
        if symbolic.startswith("{project}/") or absolute.startswith(action.source_root + os.sep):
            message = (
                f"{action.program}: {action.stage.name} read {symbolic}, which is no candidate"
            )
            hint = f"declare it in candidates of {action.workload} or of the stage"
            raise BuildFailed(message, hint)
        if os.path.isfile(absolute):
            discovered[symbolic] = None
    own = [path for path in action.candidates if "{stage}/" + path in discovered]
    beside = {os.path.dirname(os.path.join(stage_dir, path)) for path in (*action.sources, *own)}
    for path in _found_first(reads, folders, sorted(beside)):
        symbolic = _symbolic(roots, path, stage_dir)
        if symbolic not in discovered and not _exists(action, roots, symbolic):
            absences[symbolic] = None
    return tuple(sorted(discovered)), tuple(sorted(absences))


def _found_first(reads: list[str], folders: list[str], beside: list[str]) -> set[str]:
    """The paths that would have been read instead of `reads`, had they existed.

    A file found in one of `folders` is looked for in all earlier ones, and, where an include is
    quoted, first in the folder of the file that includes it: one of `beside`.
    """
    found: set[str] = set()
    for absolute in reads:
        for number, folder in enumerate(folders):
            if absolute.startswith(folder + "/"):
                relative = absolute[len(folder) + 1 :]
                found.update(f"{earlier}/{relative}" for earlier in [*beside, *folders[:number]])
    return found - set(reads)


def _search_path(action: Action, stage_dir: str, shard_dir: str | None) -> list[str]:
    here = {"stage": stage_dir, "shard": shard_dir or ""}
    folders = [place(word, here) for word in expand(action.stage.search_path, action.values)]
    for role, used in action.toolchain.roles.items():
        provides = used.manifest.provides
        if provides is not None and mentions(action.stage, role):
            folders += expand(provides.search_path, used.values)
    absolute = (os.path.normpath(os.path.join(stage_dir, folder)) for folder in folders)
    return list(dict.fromkeys(absolute))


def _symbolic(roots: Roots, absolute: str, stage_dir: str) -> str:
    if absolute.startswith(stage_dir + "/"):
        return "{stage}/" + absolute[len(stage_dir) + 1 :]
    return roots.symbolic(absolute)


def _exists(
    action: Action,
    roots: Roots,
    symbolic: str,
    is_there: Callable[[str], bool] = os.path.lexists,
) -> bool:
    if symbolic.startswith("{stage}/"):
        path = symbolic.removeprefix("{stage}/")
        return path in action.candidates or path in action.sources
    return is_there(roots.absolute(symbolic))
