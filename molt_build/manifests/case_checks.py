"""What no schema can say of a case: that a cell of it can be built, and its parts fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from molt_build.manifests.built_checks import unbuildable
from molt_build.manifests.diagnostics import Finding, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.value_checks import has_target, interpreter, once, runs
from molt_build.watch import counted

COMPARED_METRICS = ("wall_ratio", "lock_wait_ratio")
METRICS = (
    "median_s",
    "p95_s",
    "ratio_to_interpreter",
    "hit_ratio",
    "executed_actions",
    "lock_wait_p95_s",
    "timeouts",
    "retries",
    *COMPARED_METRICS,
)


def findings(case: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a case."""
    top = case.top
    workloads = top["workloads"].tables()
    languages = {definitions.language_of(workload["name"].text) for workload in workloads} - {""}
    yield from _toolchains(top, languages, definitions)
    for workload in workloads:
        yield from _workload(workload, top, definitions)
    yield from _twice(workloads)
    yield from interpreter(top["reference"], definitions)
    yield from _edits(top, languages)
    yield from _shards_compared(top)
    yield from _kpis(top, definitions)


def _toolchains(case: Part, languages: set[str], definitions: Definitions) -> Iterator[Finding]:
    for name in case["toolchains"].words():
        toolchain = definitions.get("toolchain", name.text)
        if toolchain is None:
            continue
        no_target = list(has_target(toolchain, case["target"].text_or("native"), name))
        yield from no_target
        if no_target:
            continue
        target = case["target"].text_or("native")
        if case["reference"].text:
            yield from runs(toolchain, target, name)
        yield from unbuildable(toolchain, case["profile"].text, target, definitions, name)
        if not toolchain.top["stages"].tables():
            yield name.wrong(f"{quote(name.text)} builds nothing: it has no stages")
        elif languages and not languages.intersection(toolchain.takes):
            message = f"{quote(name.text)} takes none of the case's workloads"
            yield name.wrong(message, toolchain.what_it_takes)


def _workload(workload: Part, case: Part, definitions: Definitions) -> Iterator[Finding]:
    chosen, named = case["toolchains"].texts, workload["toolchains"].words()
    for name in named:
        message = f"{quote(name.text)} is not among the case's toolchains"
        yield from name.among(chosen, message, "toolchains of the case")
    declared = definitions.get("workload", workload["name"].text)
    if declared is None:
        return
    language = declared.top["language"].text

    def takes(name: str) -> bool:
        toolchain = definitions.get("toolchain", name)
        return toolchain is None or not language or language in toolchain.takes

    for name in named:
        if name.text in chosen and not takes(name.text):
            hint = f"the language of the workload {quote(declared.name)}"
            yield name.wrong(f"{quote(name.text)} does not accept {quote(language)}", hint)
    if chosen and not named and not any(map(takes, chosen)):
        message = f"no toolchain of the case accepts {quote(language)}, its language"
        yield workload["name"].wrong(message)
    programs = [program["name"].text for program in declared.top["programs"].tables()]
    for name in workload["programs"].words():
        message = f"{quote(declared.name)} has no program {quote(name.text)}"
        yield from name.among(programs, message, "its programs")
    shard = workload["shard"]
    if "programs" in workload and "shard" in workload:
        yield shard.wrong("the programs are chosen by name already")
    match = re.fullmatch(r"(\d+)/(\d+)", shard.text)
    if match is None:
        return  # absent, or reported by the schema
    number, of = int(match[1]), int(match[2])
    if number > of:
        yield shard.wrong(f"there is no part {number} of {of}", f"parts: 1/{of} to {of}/{of}")
    elif number > len(programs):
        there = f"{quote(declared.name)} has {counted(len(programs), 'program')}"
        yield shard.wrong(f"part {number} of {of} is empty: {there}")


def _twice(workloads: list[Part]) -> Iterator[Finding]:
    """A cell's name is its workload and shard; none may be there twice."""
    seen: dict[tuple[str, str], str] = {}
    for workload in workloads:
        label = _label(workload)
        first = seen.setdefault((label, workload["shard"].text), workload.key)
        if first != workload.key and label:
            message = f"the workload {quote(label)} is there twice"
            yield workload["name"].wrong(message, f"first as element {first}")


def _edits(case: Part, languages: set[str]) -> Iterator[Finding]:
    for edit in case["edits"].tables():
        language = edit["language"]
        if language.text and languages:
            message = f"no workload of the case is in {quote(language.text)}"
            yield from language.among(languages, message, "their languages")
    if case["edits"].value and case["cache_state"].text in ("cold", "nocache"):
        message = "edits are for the cache state 'warm': otherwise everything is built anyway"
        yield case["edits"].wrong(message)


def _shards_compared(case: Part) -> Iterator[Finding]:
    compared, clients = case["compare_shards"], case["clients"].value
    if compared.value is not True:
        return
    if clients is None or (isinstance(clients, int) and clients < 2):
        yield compared.wrong("needs more than one client to compare anything")
    if case["cache_state"].text == "warm" and not case["edits"].value:
        message = "needs edits: without them nothing is built, and nobody waits for a lock"
        yield compared.wrong(message)


def _kpis(case: Part, definitions: Definitions) -> Iterator[Finding]:
    there = {
        "workloads": [_label(workload) for workload in case["workloads"].tables()],
        "toolchains": case["toolchains"].texts,
    }
    yield from once(case["kpis"], "name", "KPI")
    for kpi in case["kpis"].tables():
        metric = kpi["metric"]
        toolchains = kpi["toolchains"].texts or case["toolchains"].texts
        yield from _is_a_metric(metric, toolchains, definitions)
        if metric.text in COMPARED_METRICS and case["compare_shards"].value is not True:
            yield metric.wrong(f"{quote(metric.text)} needs compare_shards = true")
        for key, names in there.items():
            for word in kpi[key].words():
                message = f"{quote(word.text)} is not among the case's {key}"
                yield from word.among(names, message, key)


def _is_a_metric(
    metric: Part, toolchains: Sequence[str], definitions: Definitions
) -> Iterator[Finding]:
    """It is one that every cell has, or that a stage of one of the toolchains tells."""
    if "." not in metric.text:
        if metric.text:
            message = f"{quote(metric.text)} is not allowed"
            yield from metric.among(METRICS, message, "metrics")
        return
    found = [definitions.get("toolchain", name) for name in toolchains]
    told = [
        f"{stage['name'].text}.{name}"
        for toolchain in found
        if toolchain is not None
        for stage in toolchain.top["stages"].tables()
        for name in stage["metrics"]["values"].keys
    ]
    if None not in found:
        message = f"no stage of {', '.join(toolchains)} tells {quote(metric.text)}"
        none = "a stage tells what its `metrics` declare, and none does"
        yield from metric.among(told, message, "metrics that stages tell", none)


def _label(workload: Part) -> str:
    """What the cells of a case's workload are called, as the model's `label`."""
    return "+".join(workload["programs"].texts) or workload["name"].text
