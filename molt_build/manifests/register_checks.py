"""What no schema can say of a register: which entries can stand beside one another."""

from __future__ import annotations

from collections.abc import Iterator

from molt_build.manifests.diagnostics import Finding, quote
from molt_build.manifests.parsed import Definitions, Parsed
from molt_build.manifests.value_checks import day, known, once


def findings(register: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting; the gate of what is closed may be gone."""
    rows = register.top["regressions"]
    yield from once(rows, "id", "regression")
    alive: dict[str, str] = {}
    for row in rows.tables():
        for key in ("found", "closed"):
            yield from day(row[key])
        is_over = row["state"].text == "closed"
        if is_over and "closed" not in row:
            yield (*row.path, "closed"), "missing key, which says when", None
        if not is_over and "closed" in row:
            message = f"it is {row['state'].text}, and not closed"
            yield row["closed"].wrong(message, 'write state = "closed", or leave this out')
        if row["closed"].text and row["closed"].text < row["found"].text:
            yield row["closed"].wrong("is before it was found")
        if is_over:
            continue
        gate = row["gate"]
        yield from known(gate, "gate", definitions)
        if alive.setdefault(gate.text, row["id"].text) != row["id"].text:
            message = f"the gate {quote(gate.text)} has a regression that is not closed"
            yield gate.wrong(message, f"it is {alive[gate.text]}: go on with that")
