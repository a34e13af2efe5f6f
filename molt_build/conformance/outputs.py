"""Checks of bytes: the same from any folder, at any time."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence

from molt_build.building.outcome import BuildReport, StageResult
from molt_build.conformance.context import Context, why_failed
from molt_build.conformance.place import Place
from molt_build.conformance.results import Finding, failed, passed, skipped
from molt_build.store.blob import Blob
from molt_build.watch import counted

SHOWN_BYTES, BEFORE_BYTES = 16, 16
_A_YEAR_S = 365 * 86400
_SECONDS = re.compile(rb"(?<!\d)\d{10}(?!\d)")
_DATE = re.compile(rb"20\d\d[-/.]?\d\d[-/.]?\d\d|\d\d:\d\d:\d\d")


def builds_agree(context: Context) -> Finding:
    """Two builds, in folders of other names, with empty caches, give the same bytes."""
    programs = list(dict.fromkeys((*context.built_few, *context.built[:2])))
    place = context.fresh()
    again = context.build(programs, place=place)
    if wrong := why_failed(again):
        to_do = "what the first build had, this one has not: declare it"
        return failed("in another folder it does not build", to_do, *wrong)
    declared = {stage.name for stage in context.stages if stage.nondeterministic}
    apart = _apart(context, place, programs, again, declared)
    checked = [one for one in again.actions if one.stage not in declared]
    if apart:
        return failed(
            "two builds of the same sources differ",
            "take time, paths, random numbers and the order of threads and folders out of the "
            "output: a flag, relative paths, an environment variable of the stage "
            '(SOURCE_DATE_EPOCH = "0"); or declare nondeterministic = "why" for the stage',
            *apart,
        )
    if not checked:
        return skipped("every stage is declared nondeterministic")
    more = f"; {', '.join(sorted(declared))} declared nondeterministic" if declared else ""
    return passed(f"{counted(len(checked), 'action')} gave the same bytes in another folder{more}")


def _apart(
    context: Context,
    place: Place,
    programs: Sequence[str],
    again: BuildReport,
    declared: set[str],
) -> list[str]:
    """Of each program the first stage that made other bytes, and where they differ."""
    first = {(one.program, one.stage): one for one in context.first.actions}
    found = []
    for name in programs:
        for action in again.actions:
            before = first.get((name, action.stage))
            if action.program != name or before is None or action.stage in declared:
                continue
            if names := differing(before, action):
                where = [_where(context, place, before, action, output) for output in names]
                found.append(f"{name} {action.stage}: {'; '.join(where)}")
                break  # what follows was made of it
    return found


def differing_stages(context: Context, program: str) -> set[str]:
    """The stages of a program that make other bytes in another folder, or each time."""
    first = {one.stage: one for one in context.first.actions if one.program == program}
    again = context.build([program], place=context.fresh())
    return {one.stage for one in again.actions if differing(first[one.stage], one)}


def differing(one: StageResult, other: StageResult) -> list[str]:
    """The outputs of a stage that two runs of it made otherwise."""
    if one.entry is None or other.entry is None:
        return []
    before, now = one.entry.outputs, other.entry.outputs
    return [name for name in before if name not in now or before[name].xxh3 != now[name].xxh3]


def _where(
    context: Context, place: Place, one: StageResult, other: StageResult, output: str
) -> str:
    """Where an output differs, and what that looks like."""
    assert one.entry is not None and other.entry is not None
    if output not in other.entry.outputs:
        return f"{output} is missing in one of them"
    left = _content(context.place, one.entry.outputs[output])
    right = _content(place, other.entry.outputs[output])
    if left is None or right is None:
        return f"{output} (a folder, or kept out of the store)"
    pairs = enumerate(zip(left, right, strict=False))
    byte = next((n for n, (a, b) in pairs if a != b), min(len(left), len(right)))
    guess = _guess(context, left, right, byte)
    start = max(0, byte - BEFORE_BYTES)
    shown = (data[start : byte + SHOWN_BYTES] for data in (left, right))
    return f"{output} from byte {byte} on, {' and '.join(map(repr, shown))}{guess}"


def _content(place: Place, blob: Blob) -> bytes | None:
    if blob.is_folder:
        return None
    with place.session() as session:
        return session.store.read(blob) if session.store is not None else None


def _guess(context: Context, left: bytes, right: bytes, byte: int) -> str:
    """What the bytes that differ look like, if that can be told."""
    here = os.fsencode(context.place.project.parent), os.fsencode(context.other.project.parent)
    if any(folder in data for folder, data in zip(here, (left, right), strict=True)):
        return ": it holds the path of the folder"
    if any(_looks_like_a_time(data, byte) for data in (left, right)):
        return ": it looks like a time"
    return ""


def _looks_like_a_time(data: bytes, byte: int) -> bool:
    """Whether a date, or seconds since 1970 of this year, lie where two outputs differ."""
    now = time.time()
    window = data[max(0, byte - 24) : byte + 24]
    written = [int(digits) for digits in _SECONDS.findall(window)]
    packed = [int.from_bytes(data[n : n + 4], "little") for n in range(max(0, byte - 3), byte + 1)]
    is_recent = any(abs(now - seconds) < _A_YEAR_S for seconds in (*written, *packed))
    return is_recent or _DATE.search(window) is not None
