"""Writing and reading the plan: what the last build of each program looked at and made.

The format is that of `molt_build.build.warm`, which reads it without any of this. Paths stand once
in a table; programs refer to them by number.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from molt_build.build import warm
from molt_build.build.actions import Output
from molt_build.build.outcome import ProgramBuild
from molt_build.build.request import Request
from molt_build.build.toolchains import ResolvedToolchain
from molt_build.store.digest import StatCache
from molt_build.store.store import Entry


@dataclass(frozen=True)
class StageRecord:
    """One stage as it was last built."""

    key: str
    discovered: tuple[str, ...]
    absences: tuple[str, ...]
    outputs: Mapping[str, Output]
    seconds: float
    warnings: str

    @staticmethod
    def from_entry(entry: Entry) -> StageRecord:
        """The record of a hit."""
        outputs = {n: Output(b.path, b.xxh3, b.mode) for n, b in entry.outputs.items()}
        return StageRecord(
            entry.key, entry.discovered, entry.absences, outputs, entry.seconds, entry.stderr
        )


@dataclass(frozen=True)
class ProgramRecord:
    """One program as it was last built."""

    is_complete: bool
    unsupported: str
    stages: Mapping[str, StageRecord]
    files: tuple[str, ...]
    absent: tuple[str, ...]
    materialised: Mapping[str, str]  # absolute path -> digest
    result: ProgramBuild


def read_record(plan: dict[str, object] | None, program: str) -> ProgramRecord | None:
    """A program's record in a plan that `warm.load_plan` gave; None when it has none."""
    if plan is None:
        return None
    try:
        programs: Any = plan["programs"]
        row = programs[program]
        paths: Any = plan["paths"]
        stages = {
            name: StageRecord(
                key=stage["key"],
                discovered=tuple(stage["discovered"]),
                absences=tuple(stage["absences"]),
                outputs={n: Output(*o) for n, o in stage["outputs"].items()},
                seconds=stage["seconds"],
                warnings=stage["warnings"],
            )
            for name, stage in row["stages"].items()
        }
        result = dict(row["result"])
        result["argv"] = tuple(result["argv"])
        return ProgramRecord(
            is_complete=row["is_complete"],
            unsupported=row["unsupported"],
            stages=stages,
            files=tuple(paths[index] for index in row["files"]),
            absent=tuple(paths[index] for index in row["absent"]),
            materialised=row["materialised"],
            result=ProgramBuild(**result),
        )
    except (KeyError, TypeError, IndexError, AttributeError):
        return None


def write_plan(
    project: Path,
    request: Request,
    toolchain: ResolvedToolchain,
    records: Mapping[str, ProgramRecord | None],
    default_programs: Sequence[str],
    stat_cache: StatCache,
    guard_rows: Mapping[str, list[int] | None],
    environment: Mapping[str, str | None],  # variables that every key depends on
) -> None:
    """Write the plan, the records of programs not built this time carried over.

    A plan that cannot be written costs the next build time and is no error.
    """
    old = warm.load_plan(project, request.toolchain, request.profile, request.target)
    known = [] if old is None else list(old["programs"])  # type: ignore[call-overload]
    merged: dict[str, ProgramRecord] = {}
    for name in dict.fromkeys([*known, *records]):
        record = records.get(name) or read_record(old, name)
        if record is not None:
            merged[name] = record
    fresh = {name for name, record in records.items() if record is not None}
    changed = stat_cache.settle()
    for name in fresh:
        for path, digest in merged[name].materialised.items():
            if _digest(path, stat_cache) != digest:
                changed.add(path)
    changed |= stat_cache.settle()
    table = _Table(stat_cache, changed)
    rows: dict[str, object] = {}
    for path, row in guard_rows.items():
        table.put(path, row)
    guard = [*guard_rows, *toolchain.guard]
    trusted = _old_rows(old)
    for name in set(merged) - fresh:
        for path in merged[name].files:
            table.put(path, trusted.get(path))  # not looked at this time: as true as it was
    if old is not None and not (
        old.get("environment") == environment
        and _has_same_guard(old, guard, toolchain.guard_absent, table)
    ):
        # Built under other manifests or tools than this plan speaks for: decide by content.
        for name in set(merged) - fresh:
            merged[name] = replace(merged[name], is_complete=False)
    for name, record in merged.items():
        rows[name] = {
            "is_complete": record.is_complete,
            "unsupported": record.unsupported,
            "files": [table.index(path) for path in (*record.files, *record.materialised)],
            "absent": [table.index(path) for path in record.absent],
            "materialised": record.materialised,
            "stages": {n: _stage_row(s) for n, s in record.stages.items()},
            "result": asdict(record.result),
        }
    absent = [p for record in merged.values() for p in record.absent]
    folders = {os.path.dirname(p) for p in (*absent, *toolchain.guard_absent)}
    plan = {
        "format": warm.FORMAT,
        "switches": warm.switches(),
        "environment": dict(environment),
        "default_programs": list(default_programs),
        "guard": [table.index(path) for path in dict.fromkeys(guard)],
        "guard_absent": [table.index(path) for path in toolchain.guard_absent],
        "programs": rows,
        "folders": {folder: warm.stat_row(folder) for folder in sorted(folders)},
        "paths": table.paths,
        "rows": table.rows,
    }
    if any(os.path.lexists(path) for path in absent):
        return  # something appeared meanwhile: the next build decides
    file = warm.plan_file(project, request.toolchain, request.profile, request.target)
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(plan, separators=(",", ":")))
        os.replace(temporary, file)
    except OSError:
        temporary.unlink(missing_ok=True)


class _Table:
    """Paths, each once, with the stat data they had when they were looked at."""

    def __init__(self, stat_cache: StatCache, changed: set[str]) -> None:
        self.paths: list[str] = []
        self.rows: list[list[int] | None] = []
        self._numbers: dict[str, int] = {}
        self._stat_cache = stat_cache
        self._changed = changed

    def put(self, path: str, row: list[int] | None) -> None:
        """Add a path with stat data known from elsewhere."""
        if path not in self._numbers:
            self._numbers[path] = len(self.paths)
            self.paths.append(path)
            self.rows.append(row)

    def index(self, path: str) -> int:
        """The number of a path; one that changed since gets no stat data, and so never matches."""
        if path not in self._numbers:
            observed = self._stat_cache.observed(path)
            row = list(observed) if observed is not None else warm.stat_row(path)
            self.put(path, None if path in self._changed else row)
        return self._numbers[path]


def _has_same_guard(
    old: Mapping[str, Any], guard: Sequence[str], absent: Sequence[str], table: _Table
) -> bool:
    """Whether the old plan stood on the same manifests, tools and switches, all unchanged."""
    paths, rows = old["paths"], old["rows"]
    now = {path: table.rows[table.index(path)] for path in guard}
    return bool(
        old["switches"] == warm.switches()
        and {paths[index]: rows[index] for index in old["guard"]} == now
        and {paths[index] for index in old["guard_absent"]} == set(absent)
    )


def _digest(path: str, stat_cache: StatCache) -> str:
    try:
        return stat_cache.digest(path)
    except OSError:
        return ""


def _stage_row(stage: StageRecord) -> dict[str, object]:
    return {
        "key": stage.key,
        "discovered": stage.discovered,
        "absences": stage.absences,
        "outputs": {n: [o.path, o.xxh3, o.mode] for n, o in stage.outputs.items()},
        "seconds": stage.seconds,
        "warnings": stage.warnings,
    }


def _old_rows(old: dict[str, Any] | None) -> dict[str, list[int] | None]:
    if old is None:
        return {}
    return dict(zip(old["paths"], old["rows"], strict=False))
