"""What no schema can say of a track: that its figures can be read, and have one target each."""

from __future__ import annotations

from collections.abc import Iterator

from molt_build.engines import parse
from molt_build.errors import UsageError
from molt_build.manifests.diagnostics import Finding, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.value_checks import once

# Figures whose target is declared nowhere else.
WITHOUT_OWN_TARGET = ("lane", "green_runs", "gates", "builds")


def findings(track: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a track."""
    kpis = track.top["kpis"]
    yield from once(kpis, "name", "KPI")
    for kpi in kpis.tables():
        yield from target_of(kpi, definitions)
        yield from of_figure(kpi, definitions)


def target_of(kpi: Part, definitions: Definitions) -> Iterator[Finding]:
    """Exactly one target: its own, or the one that is declared with the figure."""
    if "max" in kpi and "min" in kpi:
        yield kpi["min"].wrong("max is there already: there is one target")
    limits = [kpi[key] for key in ("max", "min") if key in kpi]
    if "case" in kpi:
        for limit in limits:
            message = "the case's KPI has its target"
            yield limit.wrong(message, "write it there alone")
    if limits:
        return
    needs = any(key in kpi for key in WITHOUT_OWN_TARGET)
    if needs or ("friends" in kpi and kpi["friends"]["take"].text_or("mean") != "scored"):
        yield (*kpi.path, "max"), "missing key: max, or min", "nothing else says the target"
    if "pair" in kpi:
        goals = [pair["goal"].value for pair in _pairs(kpi["pair"], definitions)]
        if goals and None in goals:
            yield kpi["pair"].wrong("the lane's pair has no goal, and the KPI neither max nor min")


def of_figure(owner: Part, definitions: Definitions) -> Iterator[Finding]:
    """What is wrong with the tables that say where a number comes from."""
    case = owner["case"]
    found = definitions.get("case", case["name"].text)
    if found is not None:
        names = [kpi["name"].text for kpi in found.top["kpis"].tables()]
        message = f"{quote(found.name)} has no KPI {quote(case['kpi'].text)}"
        yield from case["kpi"].among(names, message, "its KPIs")
    yield from _of_lane(owner["lane"], definitions)
    pair = owner["pair"]
    if definitions.get("lane", pair["lane"].text) is not None and not _pairs(pair, definitions):
        targets = f"{pair['target'].text} over {pair['over'].text_or('native')}"
        yield pair.wrong(f"{quote(pair['lane'].text)} declares no pair of {targets}")


def _of_lane(figure: Part, definitions: Definitions) -> Iterator[Finding]:
    lane = definitions.get("lane", figure["name"].text)
    if lane is None:
        return
    columns = lane.top["columns"].texts or ["wall_s"]
    metric = figure["metric"].text_or("wall_s")
    message = f"{quote(lane.name)} has no column {quote(metric)}"
    yield from Part(metric, figure["metric"].path).among(columns, message, "its columns")
    workloads = [definitions.get("workload", name) for name in lane.top["workloads"].texts]
    if None in workloads:
        return
    programs = [
        program for one in workloads if one is not None for program in one.top["programs"].tables()
    ]
    for key, noun, there in (
        ("programs", "program", [program["name"].text for program in programs]),
        ("families", "family", [program["family"].text_or("other") for program in programs]),
    ):
        for name in figure[key].words():
            if key == "programs" and not definitions.is_known("program", name.text):
                continue  # which is said of every name of a program
            message = f"{quote(lane.name)} has no {noun} {quote(name.text)}"
            yield from name.among([*dict.fromkeys(there)], message, f"its {key}")


def _pairs(figure: Part, definitions: Definitions) -> list[Part]:
    """The pairs of the lane that are of these targets."""
    lane = definitions.get("lane", figure["lane"].text)
    if lane is None:
        return []
    own = lane.top["target"].text_or("native")
    wanted = (figure["target"].text, figure["over"].text_or("native"))
    return [
        pair
        for pair in lane.top["pairs"].tables()
        if (_target_of(pair["engine"], own), _target_of(pair["over"], own)) == wanted
    ]


def _target_of(engine: Part, own: str) -> str:
    try:
        return parse(engine.text).target or own
    except UsageError:  # which the schema has reported
        return ""
