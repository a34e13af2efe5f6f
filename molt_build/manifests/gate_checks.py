"""What no schema can say of a gate: that its figure can be held against what it names."""

from __future__ import annotations

from collections.abc import Iterator

from molt_build.engines import parse
from molt_build.errors import UsageError
from molt_build.manifests.built_checks import unbuildable
from molt_build.manifests.diagnostics import Finding
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.track_checks import of_figure, target_of
from molt_build.manifests.value_checks import day, known


def findings(gate: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a gate."""
    top = gate.top
    yield from of_figure(top, definitions)
    yield from _engine(top["engine"], definitions)
    against = top["against"].text
    if against == "red-line":
        yield from target_of(top, definitions)
        if "worse_at_most" in top:
            yield top["worse_at_most"].wrong("a red line is absolute: max or min says it")
    else:
        for key in ("max", "min"):
            if key in top:
                yield top[key].wrong(
                    "is of red lines", "worse_at_most says how much worse it may be"
                )
    if against == "base":
        if "lane" not in top:
            message = "only a lane is measured against a base in the same blocks"
            yield top["against"].wrong(message, 'against = "history" is for other figures')
        if "worse_at_most" not in top:
            yield ("worse_at_most",), "missing key, which a base needs", "0.05 is 5 %"
    if against == "history" and ("green_runs" in top or "gates" in top or "builds" in top):
        yield top["against"].wrong("such a figure has no past to be held against")
    for rows, keys in (("waivers", ("expires",)), ("annotations", ("since", "until"))):
        for row in top[rows].tables():
            for key in keys:
                yield from day(row[key])
    for row in top["annotations"].tables():
        if row["until"].text < row["since"].text:
            yield row["until"].wrong("is before its beginning")


def _engine(written: Part, definitions: Definitions) -> Iterator[Finding]:
    if not written.text:
        return
    try:
        engine = parse(written.text)
    except UsageError:
        return  # the schema has reported it
    yield from known(Part(engine.toolchain, written.path), "toolchain", definitions)
    yield from known(Part(engine.profile, written.path), "profile", definitions)
    toolchain = definitions.get("toolchain", engine.toolchain)
    if toolchain is not None and engine.profile:
        target = engine.target or "native"
        yield from unbuildable(toolchain, engine.profile, target, definitions, written)
