"""What no schema can say of a case: that a cell of it can be built, and its parts fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    accepted,
    it_accepts,
    language_of,
    tables,
    text,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import among, has_target, interpreter, once

COMPARED_METRICS = ("wall_ratio", "lock_wait_ratio")


def findings(case: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a case."""
    languages = _languages(case, definitions)
    yield from _toolchains(case, languages, definitions)
    for index, workload in tables(case.raw.get("workloads")):
        yield from _workload(workload, ("workloads", index), case, definitions)
    yield from _twice(case)
    yield from interpreter(case.raw.get("reference"), definitions)
    yield from _edits(case, languages)
    yield from _shards_compared(case)
    yield from _kpis(case)


def _toolchains(case: Loaded, languages: set[str], definitions: Definitions) -> Iterator[Finding]:
    for index, name in words(case.raw.get("toolchains")):
        path: KeyPath = ("toolchains", index)
        toolchain = definitions.get("toolchain", name)
        if toolchain is None:
            continue
        no_target = list(has_target(toolchain, case.raw.get("target", "native"), path))
        yield from no_target
        if no_target:
            continue
        if not tables(toolchain.raw.get("stages")):
            yield path, f"{quote(name)} builds nothing: it has no stages", None
        elif languages and not languages.intersection(accepted(toolchain)):
            yield path, f"{quote(name)} takes none of the case's workloads", it_accepts(toolchain)


def _workload(
    workload: dict[str, object], path: KeyPath, case: Loaded, definitions: Definitions
) -> Iterator[Finding]:
    declared = definitions.get("workload", text(workload.get("name")) or "")
    chosen = [name for _, name in words(case.raw.get("toolchains"))]
    for index, name in words(workload.get("toolchains")):
        message = f"{quote(name)} is not among the case's toolchains"
        where = (*path, "toolchains", index)
        yield from among(name, chosen, where, message, "toolchains of the case")
    if declared is None:
        return
    language = language_of(declared)
    named = [name for _, name in words(workload.get("toolchains"))]
    is_taken = False
    for name in named or chosen:
        toolchain = definitions.get("toolchain", name)
        takes = toolchain is None or language is None or language in accepted(toolchain)
        is_taken = is_taken or takes
        if name in named and name in chosen and not takes:
            where = (*path, "toolchains", named.index(name))
            message = f"{quote(name)} does not accept {quote(str(language))}"
            yield where, message, f"the language of the workload {quote(declared.name)}"
    if chosen and not named and not is_taken:
        message = f"no toolchain of the case accepts {quote(str(language))}, its language"
        yield (*path, "name"), message, None
    there = [text(program.get("name")) or "" for _, program in tables(declared.raw.get("programs"))]
    for index, name in words(workload.get("programs")):
        message = f"{quote(declared.name)} has no program {quote(name)}"
        yield from among(name, there, (*path, "programs", index), message, "its programs")
    if "programs" in workload and "shard" in workload:
        yield (*path, "shard"), "the programs are chosen by name already", None
    yield from _shard(text(workload.get("shard")), (*path, "shard"), declared)


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


def _edits(case: Loaded, languages: set[str]) -> Iterator[Finding]:
    for index, edit in tables(case.raw.get("edits")):
        language = text(edit.get("language"))
        if language is not None and languages:
            message = f"no workload of the case is in {quote(language)}"
            path = ("edits", index, "language")
            yield from among(language, languages, path, message, "their languages")
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
    yield from once(case.raw.get("kpis"), "name", ("kpis",), "KPI")
    for index, kpi in tables(case.raw.get("kpis")):
        where = ("kpis", index)
        metric = text(kpi.get("metric"))
        if metric in COMPARED_METRICS and case.raw.get("compare_shards") is not True:
            message = f"{quote(str(metric))} needs compare_shards = true"
            yield (*where, "metric"), message, None
        for key, there in (("workloads", workloads), ("toolchains", toolchains)):
            for position, word in words(kpi.get(key)):
                message = f"{quote(word)} is not among the case's {key}"
                yield from among(word, there, (*where, key, position), message, key)


def _label(workload: dict[str, object]) -> str:
    """What the cells of a case's workload are called, as the model's `label`."""
    programs = [name for _, name in words(workload.get("programs"))]
    return "+".join(programs) or text(workload.get("name")) or ""


def _languages(case: Loaded, definitions: Definitions) -> set[str]:
    """The languages of the case's workloads, of those that are known."""
    names = [text(workload.get("name")) or "" for _, workload in tables(case.raw.get("workloads"))]
    found = {language_of(definitions.get("workload", name)) for name in names}
    return {language for language in found if language is not None}
