"""What no schema can say of a case: that its names exist, and that a cell of it can be built."""

from __future__ import annotations

import re
from collections.abc import Iterator

from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    subtables,
    tables,
    text,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import known, leaves, regex

COMPARED_METRICS = ("wall_ratio", "lock_wait_ratio")


def findings(case: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """Every dangling or ill-fitting reference of a case."""
    raw = case.raw
    yield from known(raw.get("profile"), "profile", ("profile",), definitions)
    yield from _toolchains(case, definitions)
    for index, workload in tables(raw.get("workloads")):
        yield from _workload(workload, ("workloads", index), case, definitions)
    yield from _twice(case)
    yield from _reference(raw.get("reference"), definitions)
    yield from _edits(case, definitions)
    yield from _shards_compared(case)
    yield from _kpis(case)


def _toolchains(case: Loaded, definitions: Definitions) -> Iterator[Finding]:
    target = case.raw.get("target", "native")
    languages = _languages(case, definitions)
    for index, name in words(case.raw.get("toolchains")):
        path = ("toolchains", index)
        yield from known(name, "toolchain", path, definitions)
        toolchain = definitions.get("toolchain", name)
        if toolchain is None:
            continue
        targets = subtables(toolchain.raw.get("targets"))
        if isinstance(target, str) and target not in targets:
            hint = near_miss(target, targets, "its targets") or "it has no target at all"
            yield path, f"{quote(name)} has no target {quote(target)}", hint
        elif not tables(toolchain.raw.get("stages")):
            yield path, f"{quote(name)} builds nothing: it has no stages", None
        elif languages and not languages & _accepted(toolchain):
            shown = ", ".join(sorted(_accepted(toolchain))) or "nothing"
            message = f"{quote(name)} takes none of the case's workloads"
            yield path, message, f"it accepts: {shown}"


def _workload(
    workload: dict[str, object], path: KeyPath, case: Loaded, definitions: Definitions
) -> Iterator[Finding]:
    yield from known(workload.get("name"), "workload", (*path, "name"), definitions)
    declared = definitions.get("workload", text(workload.get("name")) or "")
    chosen = [name for _, name in words(case.raw.get("toolchains"))]
    for index, name in words(workload.get("toolchains")):
        where = (*path, "toolchains", index)
        if name not in chosen:
            hint = near_miss(name, chosen, "toolchains of the case")
            yield where, f"{quote(name)} is not among the case's toolchains", hint
    if declared is None:
        return
    language = text(declared.raw.get("language"))
    named = [name for _, name in words(workload.get("toolchains"))]
    is_taken = False
    for name in named or chosen:
        toolchain = definitions.get("toolchain", name)
        takes = toolchain is None or language is None or language in _accepted(toolchain)
        is_taken = is_taken or takes
        if name in named and name in chosen and not takes:
            where = (*path, "toolchains", named.index(name))
            message = f"{quote(name)} does not accept {quote(str(language))}"
            yield where, message, f"the language of the workload {quote(declared.name)}"
    if chosen and not named and not is_taken:
        message = f"no toolchain of the case accepts {quote(str(language))}, its language"
        yield (*path, "name"), message, None
    yield from _programs(workload, path, declared)
    yield from _shard(text(workload.get("shard")), (*path, "shard"), declared)


def _programs(workload: dict[str, object], path: KeyPath, declared: Loaded) -> Iterator[Finding]:
    there = [text(p.get("name")) or "" for _, p in tables(declared.raw.get("programs"))]
    for index, name in words(workload.get("programs")):
        if name not in there:
            message = f"{quote(declared.name)} has no program {quote(name)}"
            yield (*path, "programs", index), message, near_miss(name, there, "its programs")
    if "programs" in workload and "shard" in workload:
        yield (*path, "shard"), "the programs are chosen by name already", None


def _shard(shard: str | None, path: KeyPath, workload: Loaded) -> Iterator[Finding]:
    match = re.fullmatch(r"(\d+)/(\d+)", shard or "")
    if match is None:
        return  # absent, or reported by the schema
    number, of = int(match[1]), int(match[2])
    programs = len(tables(workload.raw.get("programs")))
    if number > of:
        yield path, f"there is no part {number} of {of}", f"parts: 1/{of} to {of}/{of}"
    elif number > programs:
        message = f"part {number} of {of} is empty: {quote(workload.name)} has {programs} programs"
        yield path, message, None


def _twice(case: Loaded) -> Iterator[Finding]:
    """A cell's name is its workload and shard; none may be there twice."""
    seen: dict[tuple[str, str], int] = {}
    for index, workload in tables(case.raw.get("workloads")):
        key = (_label(workload), text(workload.get("shard")) or "")
        first = seen.setdefault(key, index)
        if first != index and key[0]:
            message = f"the workload {quote(key[0])} is there twice"
            yield ("workloads", index, "name"), message, f"first as element {first}"


def _reference(value: object, definitions: Definitions) -> Iterator[Finding]:
    yield from known(value, "toolchain", ("reference",), definitions)
    reference = definitions.get("toolchain", text(value) or "")
    if reference is not None and reference.raw.get("engine") == "compiler":
        message = f"{quote(reference.name)} is a compiler, and the reference an interpreter"
        yield ("reference",), message, None


def _edits(case: Loaded, definitions: Definitions) -> Iterator[Finding]:
    languages = _languages(case, definitions)
    for index, edit in tables(case.raw.get("edits")):
        where = ("edits", index)
        language, find, file = (text(edit.get(key)) for key in ("language", "find", "file"))
        if language is not None and languages and language not in languages:
            hint = near_miss(language, languages, "their languages")
            message = f"no workload of the case is in {quote(language)}"
            yield (*where, "language"), message, hint
        if file is not None and leaves(file):
            message = f"{quote(file)} leaves the source"
            yield (*where, "file"), message, "a path here is relative and has no '..'"
        yield from regex(find, (*where, "find"))
    if case.raw.get("edits") and case.raw.get("cache_state") in ("cold", "nocache"):
        message = "edits are for the cache state 'warm': otherwise everything is built anyway"
        yield ("edits",), message, None


def _shards_compared(case: Loaded) -> Iterator[Finding]:
    if case.raw.get("compare_shards") is not True:
        return
    clients = case.raw.get("clients", 1)
    if isinstance(clients, int) and clients < 2:
        yield ("compare_shards",), "needs more than one client to compare anything", None
    if case.raw.get("cache_state") == "warm" and not case.raw.get("edits"):
        message = "needs edits: without them nothing is built, and nobody waits for a lock"
        yield ("compare_shards",), message, None


def _kpis(case: Loaded) -> Iterator[Finding]:
    workloads = [_label(workload) for _, workload in tables(case.raw.get("workloads"))]
    toolchains = [name for _, name in words(case.raw.get("toolchains"))]
    seen: dict[str, int] = {}
    for index, kpi in tables(case.raw.get("kpis")):
        where = ("kpis", index)
        name = text(kpi.get("name"))
        if name is not None and seen.setdefault(name, index) != index:
            message = f"the KPI {quote(name)} is defined twice"
            yield (*where, "name"), message, f"first as element {seen[name]}"
        metric = text(kpi.get("metric"))
        if metric in COMPARED_METRICS and case.raw.get("compare_shards") is not True:
            message = f"{quote(str(metric))} needs compare_shards = true"
            yield (*where, "metric"), message, None
        for key, there in (("workloads", workloads), ("toolchains", toolchains)):
            for position, word in words(kpi.get(key)):
                if word not in there:
                    message = f"{quote(word)} is not among the case's {key}"
                    yield (*where, key, position), message, near_miss(word, there, key)


def _label(workload: dict[str, object]) -> str:
    """What the cells of a case's workload are called, as the model's `label`."""
    programs = [name for _, name in words(workload.get("programs"))]
    return "+".join(programs) or text(workload.get("name")) or ""


def _languages(case: Loaded, definitions: Definitions) -> set[str]:
    """The languages of the case's workloads, of those that are known."""
    found = set()
    for _, workload in tables(case.raw.get("workloads")):
        declared = definitions.get("workload", text(workload.get("name")) or "")
        language = None if declared is None else text(declared.raw.get("language"))
        if language is not None:
            found.add(language)
    return found


def _accepted(toolchain: Loaded) -> set[str]:
    return {word for _, word in words(toolchain.raw.get("accepts"))}
