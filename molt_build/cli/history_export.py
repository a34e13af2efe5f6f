"""`molt-build history export`: all that was measured, for other programs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from molt_build.cli.documents import document_text
from molt_build.cli.history import add_job
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE
from molt_build.history.runs import CellRow, EngineRow, KpiRow, PairRow, Run, RunRows
from molt_build.voice import warn

EXAMPLES = ("molt-build history export --last 10 --output runs.csv",)

_RUN = ("id", "job", "kind", "started", "git_commit", "git_is_dirty", "machine_class")
_FLAGS = ("is_quick", "is_interrupted", "is_of_record")
_ENGINE = ("toolchain", "identity", "profile", "target", "revision")


@dataclass(frozen=True)
class ExportedRun(Run):
    """A run with all that it measured."""

    engines: Annotated[tuple[EngineRow, ...], "Its engines."]
    cells: Annotated[tuple[CellRow, ...], "What it measured."]
    kpis: Annotated[tuple[KpiRow, ...], "Its KPIs."]
    pairs: Annotated[tuple[PairRow, ...], "Its pairs of engines."]


@dataclass(frozen=True)
class ExportedRuns:
    """All that runs measured."""

    runs: Annotated[tuple[ExportedRun, ...], "The latest last."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    add_job(parser)
    parser.add_argument("--last", type=positive, metavar="N", help="only of the latest N runs")
    parser.add_argument(
        "--format",
        choices=("csv", "json"),
        default="csv",
        help="csv (the default): a row for each cell; json: engines, cells, KPIs and pairs of runs",
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--output", metavar="FILE", help="default: standard output")


def run(args: argparse.Namespace) -> int:
    """Print or write it."""
    from molt_build.history.runs import read_run
    from molt_build.report.export.csv_table import table
    from molt_build.runs.recorded import jobs_runs, known_runs

    with known_runs(args.project, warn) as history:
        runs = jobs_runs(history, args.job, warn)[-args.last if args.last else 0 :]
        found = [read_run(history, run, warn) for run in runs]
    if args.json or args.format == "json":
        whole = (ExportedRun(**vars(one.run), **_rows(one)) for one in found)
        text = document_text(ExportedRuns(tuple(whole)))
    else:
        rows = []
        for one in found:
            engines = {row.engine: row for row in one.engines}
            of_run = [getattr(one.run, name) for name in (*_RUN, *_FLAGS)]
            for cell in one.cells:
                row = engines.get(cell.engine)
                rows.append([*of_run, *astuple(cell), *(getattr(row, n, None) for n in _ENGINE)])
        columns = [field.name for field in fields(CellRow)]
        text = table(["run", *_RUN[1:], *_FLAGS, *columns, *_ENGINE], rows)
    if args.output is None:
        sys.stdout.write(text)
    else:
        Path(args.output).write_text(text, encoding="utf-8", newline="")
        print(args.output)
    return EXIT_DONE


def _rows(one: RunRows) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("engines", "cells", "kpis", "pairs")}
