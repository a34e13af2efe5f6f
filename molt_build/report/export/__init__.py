"""Results in the formats of other tools, one short file for each format.

`{engine}` in the name of a file asks for a file for each engine, as tools that compare two files
want it; else one file holds them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molt_build.report.export import csv_table, hyperfine, pyperf

FORMATS = {"csv": csv_table.text, "pyperf": pyperf.text, "hyperfine": hyperfine.text}
ENGINE_WORD = "{engine}"


def export(result: Mapping[str, Any], form: str, file: str) -> list[Path]:
    """Write the result in one of `FORMATS`; the files written."""
    everyone = [result["reference"], *result["engines"]]
    if ENGINE_WORD in file:
        # A revision such as origin/main names no folder.
        parts = [(file.replace(ENGINE_WORD, one.replace("/", "_")), [one]) for one in everyone]
    else:
        parts = [(file, everyone)]
    written = []
    for name, engines in parts:
        path = Path(name)
        path.write_text(FORMATS[form](result, engines), encoding="utf-8")
        written.append(path)
    return written
