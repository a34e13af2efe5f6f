"""What an action read beyond its declared inputs, and what else its result hangs on.

A stage's depfile names the files it read. They become, under symbolic roots, the *reads* of the
action: the files read; the *absences*, paths that would have been found first, had there been a
file; and the *presences*, files that were found and not read (`__has_include`). With the files as
they are now they give the components that complete a static key.

A read is kept under the path by which it was found, links and all: the same file by another path is
another read. So a path keeps its `..`. In staging there are no links, and there `a/../b.h` is `b.h`
for as long as something lies in `a`: such a path is a presence or an absence beside the read of
`b.h`.

Reads are as good as what told of them. How a stage tells is no part of its key, since it changes no
result; but it is noted with the reads, and those that were told in another way (by a depfile that
named less, in fewer folders, or by none at all) are not believed.

What a depfile names and nobody finds is an error: either it went away meanwhile, or the depfile's
form cannot express its name, and then nobody knows what was read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from molt_build.actions.action import Action, place, used_by
from molt_build.actions.import_roots import (
    ABSENT_FOLDER,
    ALL,
    dangling,
    names_component,
)
from molt_build.actions.imports import Place, module_names
from molt_build.actions.includes import (
    FILE,
    NOTHING,
    READ,
    looked_for,
    plain,
    search_path,
    spelled,
    tidy,
)
from molt_build.actions.inputs import ABSENT, staged_component
from molt_build.actions.looks import Looks, parse_looks, source_of
from molt_build.building import module_looks
from molt_build.building.execute import Execution
from molt_build.building.session import Session
from molt_build.errors import BuildFailed, EnvironmentFailed
from molt_build.manifests.placeholders import expand
from molt_build.store.digest import StatCache
from molt_build.store.listings import is_file
from molt_build.store.store import Reads
from molt_build.toolchains.resolved import Value, Watched
from molt_build.trails import names_changed_in, trail

PRESENT, MISSING = "present", "missing"
DEPFILE = "depfile"  # the name under which it is said that reads were told in another way
_STAGE = "{stage}/"


def telling(action: Action) -> str:
    """How the stage tells what it read, and where that was looked for, as its manifest says it."""
    stage, symbolic = action.stage, action.toolchain.roots.text
    if stage.depfile is None:
        return "no depfile"
    offered = [(stage.search_path, action.values, stage.includes)]
    for used in used_by(stage, action.toolchain):
        offered.append((used.provides.search_path, used.values, used.provides.includes))
    folders = [symbolic(word) for path, values, _ in offered for word in expand(path, values)]
    includes = next((each for *_, each in offered if each is not None), None)
    return json.dumps([stage.depfile.format, stage.depfile.path, folders, includes])


def full_components(action: Action, reads: Reads, stat_cache: StatCache) -> dict[str, str] | None:
    """All components with the files as they are now; None when one is gone or appeared."""
    components = dict(action.components)
    for name, text, is_as_it_was in _discovered(action, reads, stat_cache):
        if not is_as_it_was:
            return None
        components[name] = text
    return components


def described_components(action: Action, reads: Reads, stat_cache: StatCache) -> dict[str, str]:
    """Like `full_components`, but what is gone or appeared is said instead: for explanations."""
    found = {name: text for name, text, _ in _discovered(action, reads, stat_cache)}
    return {**action.components, **found}


def _discovered(
    action: Action, reads: Reads, stat_cache: StatCache
) -> Iterator[tuple[str, str, bool]]:
    """The components that reads add, as they are now; of each whether it still can be."""
    if reads.told and reads.told != (told := telling(action)):
        yield DEPFILE, told, False
    is_there = stat_cache.listings.has_file
    for kind, paths, wanted in (
        ("absent", reads.absences, ABSENT),
        ("present", reads.presences, PRESENT),
    ):
        for symbolic in paths:
            try:
                state = PRESENT if _exists(action, symbolic, is_there) else ABSENT
            except OSError:  # under a root that this interpreter does not have
                state = "elsewhere"
            yield f"{kind} {symbolic}", state, state == wanted
    for symbolic in reads.files:
        try:
            digest = _digest(action, symbolic, stat_cache)
        except OSError:  # gone, or under such a root
            digest = MISSING
        yield f"read {symbolic}", digest, digest != MISSING
    for symbolic, names in reads.names.items():
        try:
            text = _names_in(action, symbolic, names, stat_cache)
        except FileNotFoundError:  # under such a root
            text = MISSING
        yield f"listed {symbolic}", text, text != MISSING


def _names_in(action: Action, symbolic: str, wanted: tuple[str, ...], stat_cache: StatCache) -> str:
    """What a folder holds of the names that were looked for in it."""
    folder = staged_name(f"{symbolic}/")
    if folder is None:
        return names_component(stat_cache, action.toolchain.roots.absolute(symbolic), wanted)
    staged = [*action.inputs.candidates, *action.inputs.sources, *action.upstream]
    below = [path[len(folder) :].partition("/") for path in staged if path.startswith(folder)]
    if not below:
        return ABSENT_FOLDER
    there = {name + slash for name, slash, _ in below}
    if ALL not in wanted:
        names = {name.removesuffix("/") for name in there}
        found = {name for module in wanted for name in module_names(names, module)}
        there = {name for name in there if name.removesuffix("/") in found}
    return json.dumps(sorted(there))


def _digest(action: Action, symbolic: str, stat_cache: StatCache) -> str:
    """The digest of a file that the action read, by its symbolic path; raises `OSError`."""
    name = staged_name(symbolic)
    if name is None:
        return stat_cache.digest(action.toolchain.roots.absolute(symbolic))
    absolute = action.inputs.candidates.get(name)
    if absolute is None:
        raise FileNotFoundError(name)
    return staged_component(action.stage, absolute, stat_cache)


def staged_name(symbolic: str) -> str | None:
    """The path in staging that a symbolic one stands for; None for what lies elsewhere."""
    return symbolic.removeprefix(_STAGE) if symbolic.startswith(_STAGE) else None


def absolute_path(action: Action, symbolic: str) -> str:
    """Where a symbolic path of this action lies on this machine."""
    name = staged_name(symbolic)
    if name is None:
        return action.toolchain.roots.absolute(symbolic)
    return os.path.join(action.unit.source_root, name)


def stands_on(action: Action, reads: Reads, stat_cache: StatCache) -> Watched:
    """What the result of an action with these reads stands on."""
    # In staging only candidates come and go, and the folders of those are watched.
    present = [path for path in reads.presences if staged_name(path) is None]
    absent = [path for path in reads.absences if staged_name(path) is None]
    names = {absolute_path(action, f): reads.names[f] for f in outside_folders(reads)}
    files = [absolute_path(action, path) for path in (*reads.files, *present)]
    found = (*files, *names, *dangling(stat_cache, names))
    missing = tuple([absolute_path(action, path) for path in absent])
    return Watched.all_of([action.watched, Watched(found, missing)])


def outside_folders(reads: Reads) -> list[str]:
    """The folders outside of staging in which names were looked for, symbolic."""
    return [folder for folder in reads.names if staged_name(f"{folder}/") is None]


class Reader:
    """Makes reads of the depfile that one execution left, while its staging directory exists."""

    def __init__(self, action: Action, session: Session, run: Execution) -> None:
        self._action = action
        self._run = run
        self._stage_dir = os.path.normpath(run.roots["stage"])
        self._real_stage = os.path.realpath(self._stage_dir)
        # What it wrote in folders of its own is no input; in the last two it may remove it, too.
        own = {name: f"{os.path.normpath(path)}/" for name, path in run.roots.items()}
        self._own = tuple(own.values())
        self._private = (own["tmp"], own["home"])
        self._cache = f"{session.cache}/"
        self._vouched = tuple(f"{folder}/" for folder in action.toolchain.vouched_for)
        self._stat_cache = session.stat_cache
        self._roots = action.toolchain.roots
        self._held = action.held_paths() | {*action.inputs.imported, *action.in_place.there}
        self._in_place = tuple(f"{r.folder}/" for r in action.inputs.roots if not r.is_staged)

    def reads(self) -> Reads:
        """What the depfile says, and what follows from it; nothing where there is none.

        Raises `BuildFailed` when a file of the project was read that was not a candidate, or the
        depfile names what does not exist; `EnvironmentFailed` when that went away meanwhile.
        """
        depfile = self._run.depfile
        if depfile is None:
            return Reads(told=telling(self._action))
        text = depfile.read_text(errors="surrogateescape")
        assert self._action.stage.depfile is not None
        looks = parse_looks(text, self._action.stage.depfile.format)
        opened = {self._absolute(path): None for path in looks.opened}
        paths = [*map(self._absolute, looks.read), *filter(self._was_opened, opened)]
        files: dict[str, None] = {}
        for path in paths:
            symbolic = self._as_input(path, depfile.name)
            if symbolic is not None:
                files[symbolic] = None
        read = {_file_at(path) for path in paths} - {None}
        absences: dict[str, None] = {}
        presences = {way: None for path in paths if (way := self._way(path)) is not None}
        names = self._names(looks, paths)
        for path, found in {**self._looked_for(paths), **self._told(looks, opened)}.items():
            # Of what the command made itself nothing was staged there.
            what = NOTHING if found == FILE and self._is_own(path) else found
            way = self._way(path)
            if way is not None:
                (absences if what == NOTHING else presences)[way] = None
                if what == NOTHING:
                    continue
                path = tidy(path)
            symbolic = self._symbolic(path)
            if symbolic in files or self._is_vouched_for(path, symbolic):
                continue
            if what == NOTHING:
                absences[symbolic] = None
            elif what == READ or _file_at(path) in read:
                files[symbolic] = None  # it was read, maybe by the name of what a link leads to
            else:
                presences[symbolic] = None
        return Reads(
            files=tuple(sorted(files)),
            absences=tuple(sorted(absences)),
            presences=tuple(sorted(presences)),
            names={folder: tuple(sorted(names[folder])) for folder in sorted(names)},
            told=telling(self._action),
        )

    def _was_opened(self, path: str) -> bool:
        """Whether a file was there to be opened; one that was staged was, and may be gone."""
        name = staged_name(self._symbolic(tidy(path)))
        return name in self._action.inputs.candidates or os.path.isfile(path)

    def _told(self, looks: Looks, opened: Iterable[str]) -> dict[str, str]:
        """What the depfile itself says was looked for, and was there or not.

        What was opened in staging, and is of the command's own making, may have been looked for
        before it was made.
        """
        made = {self._absolute(path) for path in looks.made}
        told = {
            path: NOTHING
            for path in opened
            if not os.path.lexists(path) or (path not in made and self._is_own(path))
        }
        for path in map(self._absolute, looks.absent):
            told[path] = NOTHING
            name = staged_name(self._symbolic(tidy(path)))
            if name is not None and _is_staged(self._action, name):
                title = f"{self._action.program}: {self._action.stage.name}"
                message = f"{title} left a depfile that says {name} was absent, and it was staged"
                raise BuildFailed(message, "paths are relative to the staging directory")
        files = [path for path in map(self._absolute, looks.present) if not os.path.isdir(path)]
        return told | dict.fromkeys(files, FILE)

    def _is_own(self, path: str) -> bool:
        """Whether a path in staging is of nothing that was staged."""
        name = staged_name(self._symbolic(path))
        if name is None or _is_of_upstream(self._action, os.path.normpath(name)):
            return False
        return not _is_staged(self._action, name)

    def _names(self, looks: Looks, paths: Sequence[str]) -> dict[str, set[str]]:
        """Symbolic folder -> the names that were looked for in it."""
        roots: list[Place] = []
        for root in self._action.inputs.roots:
            whole = os.path.join(self._stage_dir, root.folder) if root.is_staged else root.folder
            roots.append(replace(root, folder=os.path.normpath(whole), is_staged=False))
        keyed = {*self._action.inputs.imported}
        read = [path for path in paths if path not in keyed]
        found = module_looks.looked_for(looks, read, roots, self._as_place, self._stat_cache)
        for path in map(self._absolute, looks.listed):
            if (place := self._as_place(path)) is not None and not place.is_vouched_for:
                found.setdefault(place.folder, set()).add(ALL)
        for path in map(self._absolute, looks.present):
            if os.path.isdir(path):  # a folder is there as a name in the one around it
                found.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))
        return {self._symbolic(folder): names for folder, names in found.items()}

    def _as_place(self, folder: str) -> Place | None:
        """A folder in which an execution looked; None for one of its own."""
        path = os.path.normpath(self._absolute(folder))
        is_in_staging = f"{path}/".startswith(f"{self._stage_dir}/")
        if not is_in_staging and f"{path}/".startswith((*self._own, self._cache)):
            return None
        vouched = f"{path}/".startswith(self._vouched)
        return Place(path, is_staged=False, is_vouched_for=vouched)

    def _absolute(self, path: str) -> str:
        whole = plain(os.path.join(self._stage_dir, path))
        if f"{whole}/".startswith(self._real_stage + "/"):
            return self._stage_dir + whole[len(self._real_stage) :]
        return whole

    def _symbolic(self, path: str) -> str:
        if f"{path}/".startswith(self._stage_dir + "/"):
            return "{stage}" + path[len(self._stage_dir) :]
        return self._roots.symbolic(path)

    def _way(self, path: str) -> str | None:
        """The symbolic path of one that leaves a folder in staging again; None: it does not."""
        if "/../" not in path or not path.startswith(self._stage_dir + "/"):
            return None
        is_inside = os.path.normpath(path).startswith(self._stage_dir + "/")
        return self._symbolic(path) if is_inside else None

    def _as_input(self, path: str, depfile: str) -> str | None:
        """The symbolic path of a file that was read; None where something else vouches for it."""
        action, found = self._action, path
        path = tidy(path)
        symbolic = self._symbolic(path)
        name = staged_name(symbolic)
        title = f"{action.program}: {action.stage.name}"
        if name is not None:
            if name in action.inputs.candidates:
                return symbolic
            if os.path.lexists(path):
                return None  # a declared input, or made by the command itself
        elif path.startswith(self._private) or self._is_held(path, symbolic):
            return None
        elif path.startswith(self._own):
            if os.path.lexists(path):
                return None
        elif not path.startswith(self._in_place) and (
            symbolic.startswith(("{project}/", "{here}/"))
            or path.startswith(f"{action.unit.source_root}/")
        ):
            message = f"{title} read {symbolic}, which is no candidate"
            hint = f"declare it in candidates of {action.unit.workload.name} or of the stage"
            raise BuildFailed(message, hint)
        elif is_file(path):
            return self._symbolic(found)
        elif os.path.isdir(path):
            return None  # tools name folders that they have searched; files alone are inputs
        if names_changed_in(trail(path), self._run.started_ns, time.time_ns()) is not None:
            raise EnvironmentFailed(f"{title} read {symbolic}, which is gone", "build again")
        message = f"{title} left a depfile that names {symbolic}, which is not there"
        hint = f"the form of {depfile} cannot express every name: rename the file, if its name has "
        hint += "a tab, a backslash, # or $ in it"
        raise BuildFailed(message, hint)

    def _is_held(self, path: str, symbolic: str) -> bool:
        """Whether it is of a tool or an artifact that the key holds; byte code of such a file is
        what Python makes of it."""
        if self._has_a_voucher(path, symbolic):
            return True
        path = source_of(path)
        return path in self._held or os.path.realpath(path) in self._held

    def _is_vouched_for(self, path: str, symbolic: str) -> bool:
        """Whether what lies at a path is known without looking: by a lock, or since it is ours."""
        if "/../" in path:  # it may begin in one place and end in another
            path = tidy(path)
            symbolic = self._symbolic(path)
        name = staged_name(symbolic)
        if name is not None:
            return name in self._action.inputs.sources or _is_of_upstream(self._action, name)
        is_ours = path.startswith((*self._own, self._cache))
        return is_ours or self._has_a_voucher(path, symbolic) or path in self._held

    def _has_a_voucher(self, path: str, symbolic: str) -> bool:
        """Whether it lies in the environment, which has a lock, or in a source that has a pin."""
        return symbolic.startswith("{env}/") or path.startswith(self._vouched)

    def _looked_for(self, paths: list[str]) -> dict[str, str]:
        action, run = self._action, self._run
        declared = _folders(action.stage.search_path, action.values, run)
        own: list[str] = []
        includes = action.stage.includes
        for used in used_by(action.stage, action.toolchain):
            own += _folders(used.provides.search_path, used.values, run)
            includes = includes or used.provides.includes
        if includes is None:
            return _found_first(self._stage_dir, paths, [*declared, *own])
        files = {
            path: json.loads(self._spelled(path))
            for path in [*paths, *(f"{self._stage_dir}/{name}" for name in action.upstream)]
            if is_file(path)
        }
        path = search_path(run.argv, declared, own, self._stage_dir)
        return looked_for(files, path, self._stage_dir, self._is_there)

    def _spelled(self, path: str) -> str:
        if path.startswith(self._stage_dir + "/"):  # as it was read, whatever its original is now
            return spelled(Path(path).read_bytes())
        return self._stat_cache.fact("includes 1", path, spelled)

    def _is_there(self, path: str) -> bool:
        name = staged_name(self._symbolic(path))
        if name is None or (_is_of_upstream(self._action, name) and is_file(path)):
            return is_file(path)
        return _is_staged(self._action, name)


def _folders(templates: tuple[str, ...], values: Mapping[str, Value], run: Execution) -> list[str]:
    return [place(word, run.roots) for word in expand(templates, values)]


def _found_first(stage_dir: str, reads: list[str], folders: list[str]) -> dict[str, str]:
    """The paths at which `reads` were looked for: in all folders before the one they were found in.

    For tools of which only the search path is known. A local file may be meant too, so the folders
    of what was read in the staging directory come first.
    """
    whole = [tidy(os.path.join(stage_dir, folder)) for folder in dict.fromkeys(folders)]
    local = [path for path in reads if path.startswith(stage_dir + "/")]
    beside = dict.fromkeys([stage_dir, *map(os.path.dirname, local)])
    found: dict[str, str] = {}
    for path in reads:
        for number, folder in enumerate(whole):
            if path.startswith(folder + "/"):
                relative = path[len(folder) + 1 :]
                for earlier in (*beside, *whole[:number]):
                    place = f"{earlier}/{relative}"
                    found.setdefault(place, FILE if is_file(place) else NOTHING)
    return found


def _file_at(path: str) -> tuple[int, int] | None:
    """What tells the file that a path leads to from all others; None where it leads nowhere."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_of_upstream(action: Action, name: str) -> bool:
    """Whether a path in staging is an earlier stage's output, or lies in one that is a folder."""
    folders = tuple(path for path in action.upstream if path.endswith("/"))
    return name in action.upstream or name.startswith(folders)


def _exists(action: Action, symbolic: str, is_there: Callable[[str], bool]) -> bool:
    name = staged_name(symbolic)
    if name is None:
        return is_there(action.toolchain.roots.absolute(symbolic))
    return _is_staged(action, name)


def _is_staged(action: Action, name: str) -> bool:
    inputs = action.inputs
    staged = (inputs.candidates, inputs.sources, action.upstream)
    folders: list[str] = []
    for part in name.split("/") if ".." in name else ():
        if part != "..":
            folders.append(part)
            continue
        left = "/".join(folders) + "/"
        if not any(path.startswith(left) for paths in staged for path in paths):
            return False
        folders.pop()
    return any(("/".join(folders) or name) in paths for paths in staged)
