"""Writing and reading what the last build of each program looked at and made.

Two sealed files for each (toolchain, profile, target): the plan, whose format is that of
`molt_build.plan.warm`, which reads it without any of this; and the records, from which a full
build starts: for each program what each stage gave, as the store's entry without the components of
its key. So a checkout is up to date even where the store no longer has the entry. The records are
only a hint of what to look up; every digest in them is compared before it is used.

In this order, so that a plan never vouches for what was not looked at: the stat cache settles, what
was materialised is digested once more, paths that had to be absent are looked for, the records are
written, then the plan.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molt_build import STATE_FOLDER, sealed
from molt_build.codec import OtherShape, from_plain, to_plain
from molt_build.errors import EnvironmentFailed
from molt_build.manifests.loading import Guard
from molt_build.plan import warm
from molt_build.plan.folders import Folders
from molt_build.store.digest import StatCache
from molt_build.store.listings import is_file
from molt_build.store.store import Entry
from molt_build.toolchains.resolved import ResolvedToolchain, Watched

RECORDS_NAME, RECORDS_FORMAT = "records", 3

if TYPE_CHECKING:
    _AnyRow = warm.Row | tuple[()] | None


@dataclass(frozen=True)
class ProgramRecord:
    """One program as it was last built."""

    is_complete: bool
    unsupported: str
    stages: Mapping[str, Entry]  # what each stage gave
    watched: Watched
    materialised: Mapping[str, str]  # absolute path, of a folder with "/" at its end -> digest


class LastBuild:
    """The plan and the records of a request as the last build left them.

    What is damaged is reported, and counts as absent.
    """

    def __init__(
        self,
        project: Path,
        request: tuple[str, str, str],  # toolchain, profile, target
        report: Callable[[str], None],
    ) -> None:
        self.project = project
        self.request = request
        self.report = report
        place = (str(project), *request)
        self.of = " ".join(request)
        self.path = warm.plan_path(*place)
        self.records_path = self.path.removesuffix(".plan") + ".records"
        self.stat = warm.stat_row(self.path)
        self.plan: warm.Plan | None = None
        self.rows: Mapping[str, Any] = {}
        try:
            self.plan = warm.load_plan(*place)
            rows = sealed.read(self.records_path, RECORDS_NAME, RECORDS_FORMAT, self.of)
            self.rows = rows if isinstance(rows, dict) else {}
        except sealed.Damaged as damaged:
            report(f"damaged: {damaged}; it is not used, and written anew")
            self.plan = None

    def stages(self, program: str) -> dict[str, Entry]:
        """What each stage of a program gave, without the components of its key."""
        try:
            return {name: from_plain(Entry, row) for name, row in self.rows[program].items()}
        except (KeyError, AttributeError, OtherShape):
            return {}


def write_plan(
    last: LastBuild,
    toolchain: ResolvedToolchain,
    records: Mapping[str, ProgramRecord | None],
    defaults: tuple[str, str],
    default_programs: Sequence[str],
    variables: Iterable[str],
    stat_cache: StatCache,
    manifests: Guard,
    compilers: Sequence[warm.Compiler],
) -> None:
    """Write plan and records; those of programs not built this time are carried over.

    A plan that cannot be written costs the next build time and is no error.
    """
    if warm.stat_row(last.path) != last.stat:  # another build was here meanwhile
        last = LastBuild(last.project, last.request, last.report)
    project = last.project
    fresh = {name: record for name, record in records.items() if record is not None}
    changed = stat_cache.settle()
    folders = Folders(stat_cache)
    for record in fresh.values():
        for path, digest in record.materialised.items():
            found = folders.digest(path) if path.endswith("/") else _digest(path, stat_cache)
            if found != digest:
                changed.add(path)
    changed |= stat_cache.settle()
    plan = _Plan(stat_cache, changed, folders)
    for path, row in manifests.rows.items():
        plan.number(path, row)
    for name in fresh.keys() & manifests.programs.keys():
        plan.number(*manifests.programs[name])  # as it was when it said what is to be built
    for path, steps in toolchain.guard.items():
        plan.number(path, steps[-1].row)
    tools = [path for path in toolchain.watched.files if path not in manifests.rows]
    guard = dict.fromkeys([*tools, *manifests.rows])
    head: dict[str, Any] = {
        "project": warm.identity(str(project)),
        "versions": warm.versions(),
        "variables": warm.variables(variables),
        "defaults": defaults,
        "default_programs": tuple(default_programs),
        "manifests": (manifests.digest, len(dict.fromkeys(tools))),
        "compilers": tuple(compilers),
        "guard": tuple([plan.number(path) for path in guard]),
        "guard_absent": tuple([plan.absent_number(path) for path in toolchain.watched.absent]),
    }
    rows: dict[str, Any] = {}
    if last.plan is not None:
        rows = {name: row for name, row in last.rows.items() if name not in fresh}
        plan.carry_over(last.plan, rows, is_trusted=_is_same_guard(last.plan, head, plan))
    for name, record in fresh.items():
        own = manifests.programs.get(name, ())[:1]  # the file that says what it is
        plan.add(name, record, own)
        known = {stage: replace(entry, components={}) for stage, entry in record.stages.items()}
        rows[name] = to_plain(known)
    must_be_absent = {path for record in fresh.values() for path in record.watched.absent}
    if any(map(is_file, must_be_absent)):
        return  # something appeared meanwhile: the next build decides
    try:
        root = f"{project}/{STATE_FOLDER}"
        sealed.write(last.records_path, root, RECORDS_NAME, RECORDS_FORMAT, rows, last.of)
        whole = {**head, **plan.tables()}
        sealed.write(last.path, root, warm.NAME, warm.FORMAT, whole, last.of)
        place = warm.defaults_path(str(project))
        if _read_defaults(place, last.report) != defaults:
            sealed.write(place, root, warm.DEFAULTS, warm.FORMAT, defaults)
    except OSError as error:
        last.report(
            f"the plan could not be written ({error.strerror}); the next build takes longer"
        )


class _Plan:
    """A plan in the making: paths with the stat data they had when they were looked at.

    A path stands twice where a program carried over saw it before it changed.
    """

    def __init__(self, stat_cache: StatCache, changed: set[str], in_folders: Folders) -> None:
        stat_cache.clocks.read()
        self._stat_cache = stat_cache
        self._changed = changed
        self._in_folders = in_folders
        self._moved = stat_cache.moved()
        self._unsure = stat_cache.unsure()
        self._numbers: dict[tuple[str, _AnyRow], int] = {}
        self._current: dict[str, int] = {}
        self._absent: dict[str, int] = {}
        self._hollow: dict[str, bool] = {}
        self._absent_rows: list[tuple[str, int]] = []
        self._folders: dict[str, int] = {}
        self._folder_rows: list[tuple[str, _AnyRow]] = []
        self._programs: dict[str, Any] = {}
        self._details: warm.Details = {}

    def put(self, path: str, row: _AnyRow) -> int:
        """The number of a path with these stat data."""
        return self._numbers.setdefault((path, row), len(self._numbers))

    def number(self, path: str, row: _AnyRow | None = None) -> int:
        """The number of a path as it was seen; one that changed since never matches."""
        number = self._current.get(path)
        if number is None:
            if path in self._changed or path in self._unsure:
                row = warm.NEVER
            elif path in self._moved:
                row = warm.NEVER  # some were built from what it was, others from what it is
            elif row is None:
                row = self._stat_cache.observed(path) or warm.stat_row(path)
            number = self._current[path] = self.put(path, row)
        return number

    def absent_number(self, path: str) -> int:
        """The number of a path that must stay absent."""
        number = self._absent.setdefault(path, len(self._absent_rows))
        if number == len(self._absent_rows):
            folder = os.path.dirname(path)
            place = self._folders.setdefault(folder, len(self._folder_rows))
            if place == len(self._folder_rows):
                seen = warm.stat_row(folder)
                row: _AnyRow = seen
                if seen and self._stat_cache.clocks.is_racy(seen[0], seen[5]):
                    row = warm.NEVER
                self._folder_rows.append((folder, row))
            if os.path.lexists(path):  # the folder as it is now must not vouch for the path
                self._folder_rows[place] = (folder, warm.NEVER)
            self._absent_rows.append((path, place))
        return number

    def add(self, name: str, record: ProgramRecord, more: Iterable[str]) -> None:
        """A program that was built this time, and `more` files that it stands on."""
        hollow = [path for path in record.watched.absent if self._is_hollow(path)]
        files = dict.fromkeys([*record.watched.files, *record.materialised, *hollow, *more])
        absent = [path for path in record.watched.absent if not self._is_hollow(path)]
        self._programs[name] = (
            record.is_complete,
            bool(record.unsupported) or any(s.stderr for s in record.stages.values()),
            (*map(self.number, files), *self._numbers_below(record.materialised)),
            tuple([self.absent_number(path) for path in absent]),
            len(record.stages),
            sum(stage.seconds for stage in record.stages.values()),
        )
        self._details[name] = (
            record.unsupported,
            tuple(
                [(stage, s.key, s.stderr, dict(s.metrics)) for stage, s in record.stages.items()]
            ),
        )

    def _numbers_below(self, materialised: Iterable[str]) -> list[int]:
        """The numbers of everything in the folders among the paths."""
        folders = [path for path in materialised if path.endswith("/")]
        rows = [row for path in folders for row in self._in_folders.rows(path).items()]
        return [self.number(path, row) for path, row in rows]

    def _is_hollow(self, path: str) -> bool:
        """Whether a path without a file is a folder or a dangling link: what it leads to counts,
        which the stat data of the folder around it do not tell."""
        known = self._hollow.get(path)
        if known is None:
            known = self._hollow[path] = os.path.lexists(path)
        return known

    def carry_over(self, old: warm.Plan, names: Iterable[str], *, is_trusted: bool) -> None:
        """Programs not looked at this time: as true as they were, if the old plan still is."""
        paths, rows, absent = old["paths"], old["rows"], old["absent"]
        details: warm.Details = marshal.loads(old["details"])
        for name in names:
            if name not in old["programs"]:
                continue
            is_complete, has_news, files, missing, *counts = old["programs"][name]
            self._programs[name] = (
                is_complete and is_trusted,
                has_news,
                tuple([self.put(paths[number], rows[number]) for number in files]),
                tuple([self.absent_number(absent[number][0]) for number in missing]),
                *counts,
            )
            self._details[name] = details[name]

    def rows_of(self, numbers: Iterable[int]) -> list[tuple[str, _AnyRow]]:
        """The paths with these numbers, and their rows."""
        known = list(self._numbers)
        return [known[number] for number in numbers]

    def absent_of(self, numbers: Iterable[int]) -> list[str]:
        """The absent paths with these numbers."""
        return [self._absent_rows[number][0] for number in numbers]

    def tables(self) -> dict[str, Any]:
        """The parts of the plan that this holds."""
        return {
            "paths": tuple([path for path, _ in self._numbers]),
            "rows": tuple([row for _, row in self._numbers]),
            "folders": tuple(self._folder_rows),
            "absent": tuple(self._absent_rows),
            "programs": self._programs,
            "details": marshal.dumps(self._details),
        }


def _is_same_guard(old: warm.Plan, head: Mapping[str, Any], plan: _Plan) -> bool:
    """Whether the old plan stood on the same manifests, tools and variables, all unchanged.

    Of manifests the content counts: a folder in which programs are looked for changes whenever one
    of its files is replaced. Programs carried over from a plan that stood on others are decided by
    content.
    """
    tools = plan.rows_of(head["guard"][: head["manifests"][1]])
    earlier = old["guard"][: old["manifests"][1]]
    return (
        all(old.get(part) == head[part] for part in ("project", "versions", "variables"))
        and old["manifests"] == head["manifests"]
        and [(old["paths"][n], old["rows"][n]) for n in earlier] == tools
        and all(row != warm.NEVER for _, row in tools)
        and {old["absent"][n][0] for n in old["guard_absent"]}
        == set(plan.absent_of(head["guard_absent"]))
    )


def _read_defaults(path: str, report: Callable[[str], None]) -> Any:
    try:
        return sealed.read(path, warm.DEFAULTS, warm.FORMAT)
    except sealed.Damaged as damaged:
        report(f"damaged: {damaged}; it is not used, and written anew")
        return None


def _digest(path: str, stat_cache: StatCache) -> str:
    try:
        return stat_cache.digest(path)
    except (OSError, EnvironmentFailed):  # gone, or written all the time
        return ""
