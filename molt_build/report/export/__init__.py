"""Recorded runs in the formats of other tools, one short file for each format.

`{engine}` in the name of a file asks for a file for each engine (of the cases for each toolchain),
as tools that compare two files want it; else one file holds them all. Tables (csv, json, md) have
what failed, too; the other formats have numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from molt_build.errors import UsageError
from molt_build.names import known
from molt_build.report.export import (
    action_benchmark,
    bencher,
    cases,
    csv_table,
    differential,
    gates,
    hyperfine,
    json_cells,
    markdown,
    pyperf,
)
from molt_build.report.export.cells import Exported, exported
from molt_build.report.export.timed import Timings, timings
from molt_build.results.bisect import BisectResult
from molt_build.results.cases import CasesResult
from molt_build.results.differential import DifferentialResult
from molt_build.results.files import Result
from molt_build.results.gates import GatesResult
from molt_build.results.signals import SignalsResult

TABLES: Mapping[str, Callable[[Exported], str]] = {
    "csv": csv_table.text,
    "json": json_cells.text,
    "md": markdown.text,
}
TABLES_OF_CASES: Mapping[str, Callable[[CasesResult], str]] = {
    "csv": cases.csv_text,
    "json": cases.json_text,
    "md": markdown.cases_text,
}
TABLES_OF_DIFFERENCES: Mapping[str, Callable[[DifferentialResult], str]] = {
    "csv": differential.csv_text,
    "json": differential.json_text,
    "md": differential.text,
}
OF_GATES: Mapping[str, Callable[[GatesResult], str]] = {
    "csv": gates.csv_text,
    "json": gates.json_text,
    "md": gates.text,
    "bmf": gates.bencher,
    "github-action-benchmark": gates.smaller_is_better,
    "github-action-benchmark-ratios": gates.bigger_is_better,
}
NUMBERS: Mapping[str, Callable[[Timings], str]] = {
    "pyperf": pyperf.text,
    "hyperfine": hyperfine.text,
    "bmf": bencher.text,
    "github-action-benchmark": action_benchmark.times,
    "github-action-benchmark-ratios": action_benchmark.ratios,
}
FORMATS = (*TABLES, *NUMBERS)
ENGINE_WORD = "{engine}"


def check_export(form: str, file: str) -> None:
    """Raises `UsageError` for what can be known to fail before anything is measured."""
    known("export format", form, FORMATS)
    if form == "md" and ENGINE_WORD in file:
        raise UsageError("md tells of all engines in one file", f"leave {ENGINE_WORD} out of it")
    folder = Path(file).absolute().parent
    if not folder.is_dir():
        raise UsageError(f"cannot export to {file}: there is no folder {folder}")


def export_text(result: Result, form: str, engines: Sequence[str] | None = None) -> str:
    """The result in a format, of these engines or of all.

    Raises `UsageError` for a format that there is not, and where it can carry nothing of the run.
    """
    known("export format", form, FORMATS)
    if isinstance(result, SignalsResult):
        message = f"{result.run} is a run of signals: it has no times to export"
        raise UsageError(message, "molt-build history export --job signals has its numbers")
    if isinstance(result, GatesResult):
        if form not in OF_GATES:
            message = f"{result.run} has nothing to give as {form}: nothing in it is timed"
            raise UsageError(message, f"it is given as {', '.join(OF_GATES)}")
        of_them = [one for one in result.gates if engines is None or one.engine in engines]
        return OF_GATES[form](replace(result, gates=tuple(of_them)))
    if isinstance(result, BisectResult):
        raise UsageError(f"{result.run} is a run of bisect: it has no times to export")
    if isinstance(result, CasesResult):
        chosen = [one for one in result.cells if engines is None or one.toolchain in engines]
        narrowed = replace(result, cells=tuple(chosen))
        if form in NUMBERS:
            return NUMBERS[form](timings(narrowed, form))
        return TABLES_OF_CASES[form](narrowed)
    if isinstance(result, DifferentialResult):
        if form in NUMBERS:
            message = f"{result.run} has nothing to give as {form}: nothing in it is timed"
            raise UsageError(message, "--format csv, json and md say where engines diverge")
        of_these = [one for one in result.cells if engines is None or one.engine in engines]
        return TABLES_OF_DIFFERENCES[form](replace(result, cells=tuple(of_these)))
    run = exported(result, engines)
    return NUMBERS[form](timings(run, form)) if form in NUMBERS else TABLES[form](run)


def export(result: Result, form: str, file: str) -> list[Path]:
    """Write the result in a format; the files written, none where any could not be made."""
    texts = _of_each_engine(result, form, file) if ENGINE_WORD in file else {}
    if not texts:
        texts = {file: export_text(result, form)}  # which says what is wrong, of engines too
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8", newline="")
    return [Path(name) for name in texts]


def _of_each_engine(result: Result, form: str, file: str) -> dict[str, str]:
    """File -> text; without the engines that the format has no number of."""
    texts = {}
    for engine in _engines(result):
        # A revision such as origin/main names no folder.
        name = file.replace(ENGINE_WORD, engine.replace("/", "_"))
        with suppress(UsageError):
            texts[name] = export_text(result, form, [engine])
    return texts


def _engines(result: Result) -> Sequence[str]:
    if isinstance(result, SignalsResult | BisectResult):
        return ()
    if isinstance(result, GatesResult):
        return list(dict.fromkeys(gate.engine for gate in result.gates))
    if isinstance(result, CasesResult):
        return list(dict.fromkeys(cell.toolchain for cell in result.cells))
    if isinstance(result, DifferentialResult):
        return result.compared
    return exported(result).engines
