"""Recorded runs in the formats of other tools, one short file for each format.

`{engine}` in the name of a file asks for a file for each engine, as tools that compare two files
want it; else one file holds them all.
"""

from __future__ import annotations

from pathlib import Path

from molt_build.errors import UsageError
from molt_build.names import known
from molt_build.report.export import cases, csv_table, hyperfine, json_cells, pyperf
from molt_build.report.export.cells import exported
from molt_build.results.cases import CasesResult
from molt_build.results.files import Result

FORMATS = {
    "csv": csv_table.text,
    "pyperf": pyperf.text,
    "hyperfine": hyperfine.text,
    "json": json_cells.text,
}
CASE_FORMATS = {"csv": cases.csv_text, "json": cases.json_text}
ENGINE_WORD = "{engine}"


def check_export(form: str, file: str) -> None:
    """Raises `UsageError` for what can be known to fail before anything is measured."""
    known("export format", form, FORMATS)
    folder = Path(file).absolute().parent
    if not folder.is_dir():
        raise UsageError(f"cannot export to {file}: there is no folder {folder}")


def export_text(result: Result, form: str) -> str:
    """The result in a format; raises `UsageError` where its kind has no such form."""
    if isinstance(result, CasesResult):
        return CASE_FORMATS[known("export format of cases", form, CASE_FORMATS)](result)
    return FORMATS[known("export format", form, FORMATS)](exported(result))


def export(result: Result, form: str, file: str) -> list[Path]:
    """Write the result in a format; the files written."""
    if ENGINE_WORD in file and not isinstance(result, CasesResult):
        # A revision such as origin/main names no folder.
        texts = {
            file.replace(ENGINE_WORD, engine.replace("/", "_")): FORMATS[form](
                exported(result, [engine])
            )
            for engine in exported(result).engines
        }
    else:
        texts = {file: export_text(result, form)}
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8", newline="")
    return [Path(name) for name in texts]
