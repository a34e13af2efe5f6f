"""A result as a table on the terminal: a row for every program, then what they say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from molt_build.lanes.selection import AGAIN
from molt_build.report.text import (
    NO_VALUE,
    VERDICT_MARKS,
    better,
    cell_text,
    cells_by_key,
    count,
    interval,
    metric_value,
    profile_words,
    seconds,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

VERDICT_STYLES = {"faster": "green", "slower": "red", "equal": "", "unclear": "yellow"}


def print_result(console: Console, result: Mapping[str, Any]) -> None:
    """The whole result."""
    metric, reference = result["metric"], result["reference"]
    blocks = count(result["plan"]["blocks"], "block")
    lines = [
        f"{result['run']}: {metric}, {profile_words(result)}, {blocks}",
        f"{reference}: median; other columns: {better(metric)}; in brackets: 95 % interval",
    ]
    console.print()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print()
    # A narrow terminal gets less in a row before it gets rows that it must fold.
    forms = [result_table(result, has_family=wide, is_short=not wide) for wide in (True, False)]
    print_table(console, fitting(console, forms))
    console.print()
    for line in footer(result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def result_table(result: Mapping[str, Any], *, has_family: bool, is_short: bool) -> Table:
    """A row for every program; `is_short` writes intervals as 1.23 +-3 %."""
    from rich.table import Table
    from rich.text import Text

    metric, reference = result["metric"], result["reference"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("program", no_wrap=True)
    if has_family:
        table.add_column("family", style="dim", no_wrap=True)
    table.add_column(reference, justify="right", no_wrap=True)
    for engine in result["engines"]:
        table.add_column(engine, justify="right", no_wrap=True)
    cells = cells_by_key(result)
    for name, program in result["programs"].items():
        theirs = cells[name, reference]
        median = theirs["metrics"].get(metric, {}).get("median")
        shown = metric_value(median, metric) if median is not None else theirs["status"]
        row = [Text(name)] + ([Text(program["family"])] if has_family else []) + [Text(shown)]
        for engine in result["engines"]:
            cell = cells[name, engine]
            verdict = cell["verdict"] or ""
            style = VERDICT_STYLES.get(verdict, "")
            if cell["status"] not in ("ok", "unsupported"):
                style = "magenta"
            shown = cell_text(cell, metric, is_short=is_short)
            row.append(Text(f"{shown} {VERDICT_MARKS.get(verdict, ' ')}", style=style))
        table.add_row(*row)
    return table


def result_console() -> Console:
    """Where tables go: in a pipe one is as wide as its rows; a terminal folds only long notes."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def fitting(console: Console, forms: Sequence[Table]) -> Table:
    """The first of these forms, the widest first, that the terminal is wide enough for."""
    narrow = [table for table in forms if _full_width(console, table) <= console.width]
    return narrow[0] if narrow else forms[-1]


def print_table(console: Console, table: Table) -> None:
    """The table with nothing cut off: what is wider than the terminal is folded by it."""
    width = console.width
    console.width = max(width, _full_width(console, table))
    try:
        console.print(table)
    finally:
        console.width = width


def _full_width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update_width(10_000)).maximum


def footer(result: Mapping[str, Any]) -> Iterator[str]:
    """What the rows say together, and what must be known beside it, a line each."""
    yield from _means(result, len(result["summaries"]["compared"]["programs"]))
    effect = f"{result['min_effect']:.0%}"
    yield f"(+ faster, - slower, = within {effect}, ? the interval does not tell)"
    yield from notes(result)


def notes(result: Mapping[str, Any]) -> Iterator[str]:
    """What must be known beside the rows, a line each."""
    metric = result["metric"]
    floors = [
        f"{cell['engine']} {metric_value(cell['metrics'][metric]['median'], metric)}"
        for cell in result["startup"]
        if metric in cell["metrics"]
    ]
    if floors:
        yield f"start-up floor ({result['startup'][0]['program']}): {', '.join(floors)}"
    for engine, build in result["builds"].items():
        is_again = engine.endswith(AGAIN)  # what the reference is, was built once
        if result["toolchains"][engine]["engine"] == "compiler" and not is_again:
            spent = [row["seconds"] for row in build["programs"].values() if row["seconds"]]
            total = seconds(sum(spent)) if spent else NO_VALUE
            done = f"{build['executed']} executed, {build['hits']} hits"
            yield f"build time, apart: {engine} {total} for {count(len(spent), 'program')} ({done})"
    for cell in result["cells"]:
        if cell["status"] != "ok":
            yield f"{cell['program']} {cell['engine']}: {cell['status']}: {cell['reason']}"
    for skipped in result["skipped"]:
        yield f"{skipped.get('engine', skipped['toolchain'])} skipped: {skipped['reason']}"
    for warning in result["warnings"]:
        yield f"noise: {warning}"
    if result["quick"] and result["plan"]["blocks"] < 6:
        yield "quick: too few blocks for intervals and verdicts"
    if result["interrupted"]:
        yield "interrupted: --resume goes on"


def _means(result: Mapping[str, Any], common: int) -> Iterator[str]:
    summaries = result["summaries"]
    for engine in result["engines"]:
        own, compared = summaries["own"][engine], summaries["compared"]["engines"][engine]
        if own is None:
            yield f"{engine}: no program scored"
            continue
        verdicts = summaries["verdicts"][engine]
        parts = [f"{len(names)} {word}" for word, names in verdicts.items() if names]
        mean = f"{engine}: geometric mean {interval(own)} over {count(own['programs'], 'program')}"
        if common != own["programs"] and compared is not None:
            mean += f"; {interval(compared)} over the {common} that all scored"
        yield f"{mean}; {', '.join(parts)}" if parts else mean
