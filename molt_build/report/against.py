"""Now against then as a table on the terminal, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from molt_build.lanes.against import NOT_COMPARED
from molt_build.measure.statistics import MIN_BLOCKS
from molt_build.report.table import notes, print_table
from molt_build.report.text import better, cell_text, cells_by_key, count, interval, profile_words

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"faster": "green", "slower": "red", "same": "", "inconclusive": "yellow"}


def print_against(console: Console, result: Mapping[str, Any]) -> None:
    """The comparison of a result that has one."""
    from rich.table import Table
    from rich.text import Text

    against, metric = result["against"], result["metric"]
    console.print()
    for line in _head(result):
        console.print(line, markup=False, soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    has_engines = len(against["means"]) > 1
    for title in ("program", *(["engine"] if has_engines else [])):
        table.add_column(title, no_wrap=True)
    for title in ("then", "now", "then / now"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("verdict", ""):
        table.add_column(title, no_wrap=True)
    cells = cells_by_key(result)
    for row in against["rows"]:
        words = [row["program"], *([row["engine"]] if has_engines else [])]
        words += [
            cell_text(cells[row["program"], row[side]], metric) for side in ("then", "engine")
        ]
        words.append(interval(row["change"]))
        verdict = Text(row["verdict"], style=STYLES.get(row["verdict"], "magenta"))
        table.add_row(*map(Text, words), verdict, Text(_note(row)))
    print_table(console, table)
    console.print()
    for line in (*notes(result), *closing(result)):
        console.print(line, markup=False, soft_wrap=True)


def _head(result: Mapping[str, Any]) -> Iterator[str]:
    against, environment = result["against"], result["environment"]
    blocks = count(result["plan"]["blocks"], "block")
    yield f"{result['run']}: {result['metric']}, {profile_words(result)}, {blocks}"
    changes = ", with changes that are not committed" if environment["git_is_dirty"] else ""
    yield f"now: the files as they are, at {(environment['git_commit'] or '')[:12]}{changes}"
    yield f"then: {against['revision']}, which is {against['commit'][:12]}"
    reference = f"the reference, {result['reference']}"
    yield f"then, now: {better(result['metric']).replace('the reference', reference, 1)}"
    yield "then / now: the same between the two; in brackets: 95 % interval"


def _note(row: Mapping[str, Any]) -> str:
    if row["source_changed"]:
        return "its source changed"
    return "the same build" if row["same_build"] else ""


def closing(result: Mapping[str, Any]) -> Iterator[str]:
    """What the rows say together, an engine at a time."""
    against = result["against"]
    rate = against["false_discovery_rate"]
    unit = "the memory" if result["metric"] == "peak_memory_bytes" else "as fast"
    weak: dict[str, None] = {}
    for engine, mean in against["means"].items():
        rows = [row for row in against["rows"] if row["engine"] == engine]
        names = {
            word: [row["program"] for row in rows if row["verdict"] == word]
            for word in (*STYLES, NOT_COMPARED)
        }
        said = [_really(names[word], word) for word in ("faster", "slower") if names[word]]
        line = f"{engine} now against {against['revision']}: "
        line += ", ".join(said) if said else "no program is really faster or slower"
        others = [
            f"{len(names[w])} {w}" for w in ("same", "inconclusive", NOT_COMPARED) if names[w]
        ]
        line += f"; {', '.join(others)}" if others else ""
        yield line if mean is None else f"{line}; together {interval(mean)} times {unit}"
        weak |= dict.fromkeys(_weakness([row for row in rows if row["change"] is not None], rate))
    yield from weak
    yield (
        f"(really: by at least {result['min_effect']:.0%}, with the whole interval, and at most "
        f"{rate:.0%} false discoveries over an engine's programs)"
    )


def _really(programs: list[str], word: str) -> str:
    verb = "is" if len(programs) == 1 else "are"
    return f"{count(len(programs), 'program')} {verb} really {word} ({', '.join(programs)})"


def _weakness(rows: list[Mapping[str, Any]], rate: float) -> Iterator[str]:
    """Whether a change of one program alone could be found at all with so many blocks."""
    tested = [row for row in rows if row["p_value"] is not None]
    if len(tested) < len(rows):
        yield f"a verdict needs {MIN_BLOCKS} blocks; a larger --budget gives more"
    elif tested:
        blocks = max(row["change"]["blocks"] for row in tested)
        if 2 / 2**blocks > rate / len(tested):
            yield (
                f"with {blocks} blocks a change in one program of {len(tested)} alone cannot be "
                "told from chance; a larger --budget gives more"
            )
