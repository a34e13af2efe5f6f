"""The published summary of a lane: one screen that says it all, then the tables behind it.

Markdown, made from results alone, with nothing of the machine but its class: no path, no name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from molt_build.lanes.selection import AGAIN
from molt_build.report.columns import Column, Summary
from molt_build.report.text import (
    NO_VALUE,
    VERDICT_MARKS,
    better,
    cell_text,
    cells_by_key,
    count,
    interval,
    machine_words,
    markdown_table,
    mebibytes,
    metric_value,
    number,
    seconds,
    short_version,
    tool_versions,
)

# Two folders or more: what is left says enough, and nothing about the machine.
_PATH = re.compile(r"(?<![\w.:/-])/(?:[\w.+~@-]+/)+(?=[\w.+~@-]+)")


def text(summary: Summary) -> str:
    """The whole page."""
    summary = _without_again(summary)
    sections = [
        _head(summary),
        _families(summary),
        _programs(summary),
        _wins_and_losses(summary),
        _failures(summary),
        _builds(summary),
        _floors(summary),
        _environment(summary),
        _method(summary),
        _reproduce(summary),
    ]
    return "\n".join(line for section in sections for line in section).rstrip() + "\n"


def facts(summary: Summary) -> dict[str, Any]:
    """The page's headline as plain data."""
    summary = _without_again(summary)
    common = summary.common
    return {
        "lane": summary.lane,
        "reference": summary.reference,
        "metric": summary.metric,
        "runs": [run["run"] for run in summary.runs],
        "programs": len(summary.programs),
        "compared": len(common),
        "engines": {
            column.engine: {
                "run": column.result["run"],
                "own": column.mean(list(summary.programs)),
                "compared": column.mean(common),
                "verdicts": {w: len(names) for w, names in _verdicts(column).items()},
            }
            for column in summary.columns
        },
    }


def _without_again(summary: Summary) -> Summary:
    columns = tuple(c for c in summary.columns if not c.engine.endswith(AGAIN))
    return Summary(summary.lane, summary.reference, summary.metric, summary.runs, columns)


def _head(summary: Summary) -> Iterator[str]:
    reference, first = summary.reference, summary.runs[0]
    versions = tool_versions(first["toolchains"][reference])
    common = summary.common
    yield f"# {summary.lane}: {_sentence(first['description'])}"
    yield ""
    yield "<!-- Written by `molt-build report`; do not edit. -->"
    yield ""
    yield f"Reference: {reference} ({versions}). Every ratio says: {better(summary.metric)}."
    yield "In brackets: 95 % intervals."
    yield ""
    for column in summary.columns:
        yield f"- {_headline(column, summary)}"
    yield ""
    table = [["engine", "scored", "geometric mean, its own programs"]]
    table[0] += [f"geometric mean, the {len(common)} that all scored", "faster", "slower"]
    table[0] += ["equal", "unclear"] + (["run"] if len(summary.runs) > 1 else [])
    means = {column.engine: column.mean(list(summary.programs)) for column in summary.columns}
    for column in summary.columns:
        verdicts = _verdicts(column)
        row = [column.engine, f"{len(column.speedups)} of {len(column.result['programs'])}"]
        row += [interval(means[column.engine]), interval(column.mean(common))]
        row += [str(len(names)) for names in verdicts.values()]
        table.append(row + ([f"[{column.run_number}]"] if len(summary.runs) > 1 else []))
    yield from markdown_table(table)
    if len(summary.runs) > 1:
        yield ""
        yield "Runs, each with its own measurement of the reference:"
        for index, run in enumerate(summary.runs, start=1):
            yield f"[{index}] {run['run']} ({count(run['plan']['blocks'], 'block')})  "
    quick = [run["run"] for run in summary.runs if run["quick"] or run["plan"]["blocks"] < 6]
    if quick:
        yield ""
        yield f"Quick, with fewer blocks than a verdict deserves: {', '.join(quick)}."


def _headline(column: Column, summary: Summary) -> str:
    own = column.mean(list(summary.programs))
    if own is None:
        return f"**{column.engine}** scored no program."
    version = short_version(column.result["toolchains"][column.engine])
    what = f"**{column.engine}** ({version}) is **{number(own['ratio'])} times** as fast"
    if summary.metric == "peak_memory_bytes":
        what = f"**{column.engine}** ({version}) divides peak memory by **{number(own['ratio'])}**"
    if own["low"] is not None:
        what += f" [{number(own['low'])}, {number(own['high'])}]"
    what += f" over {count(own['programs'], 'program')}"
    parts = [f"{len(names)} {word}" for word, names in _verdicts(column).items() if names]
    left = len(column.result["programs"]) - own["programs"]
    parts += [f"{left} not scored"] if left else []
    return f"{what}: {', '.join(parts)}." if parts else f"{what}."


def _families(summary: Summary) -> Iterator[str]:
    yield from ("", "## Families", "")
    yield "Geometric means over the programs of a family that the engine scored (how many)."
    yield ""
    table = [["family", "programs", *(column.engine for column in summary.columns)]]
    for family, names in _by_family(summary).items():
        row = [family, str(len(names))]
        for column in summary.columns:
            mean = column.mean(names)
            row.append(f"{interval(mean)} ({mean['programs']})" if mean else NO_VALUE)
        table.append(row)
    yield from markdown_table(table)


def _programs(summary: Summary) -> Iterator[str]:
    metric, reference = summary.metric, summary.reference
    first = cells_by_key(summary.runs[0])
    effect = f"{summary.runs[0]['min_effect']:.0%}"
    yield from ("", "## Programs", "")
    yield f"{reference}: median of run {summary.runs[0]['run']}. + faster, - slower, = within "
    yield f"{effect} with the whole interval, ? the interval does not tell."
    for family, names in _by_family(summary).items():
        yield from ("", f"### {family}", "")
        table = [["program", reference, *(column.engine for column in summary.columns)]]
        for name in names:
            theirs = first.get((name, reference))
            shown = NO_VALUE
            if theirs is not None:
                value = theirs["metrics"].get(metric)
                shown = metric_value(value["median"], metric) if value else theirs["status"]
            row = [name, shown]
            for column in summary.columns:
                cell = column.cell(name)
                mark = VERDICT_MARKS.get(cell["verdict"] or "", "") if cell else ""
                row.append(f"{cell_text(cell, metric)} {mark}".rstrip() if cell else NO_VALUE)
            table.append(row)
        yield from markdown_table(table)


def _wins_and_losses(summary: Summary) -> Iterator[str]:
    programs = summary.programs
    for title, word, is_reversed in (("Wins", "faster", True), ("Losses", "slower", False)):
        yield from ("", f"## {title}", "")
        for column in summary.columns:
            names = _verdicts(column)[word]
            if not names:
                yield f"- {column.engine}: none"
                continue
            ratio = {name: _ratio(column, name) for name in names}
            ordered = sorted(names, key=lambda name: ratio[name], reverse=is_reversed)
            shown = []
            for name in ordered:
                # A loss names the tracks that can change it.
                tags = ", ".join(programs[name]["tags"]) if word == "slower" else ""
                shown.append(f"{name} {number(ratio[name])}" + (f" ({tags})" if tags else ""))
            yield f"- {column.engine} ({len(names)}): {', '.join(shown)}"


def _ratio(column: Column, program: str) -> float:
    cell = column.cell(program)
    assert cell is not None
    ratio: float = cell["ratios"][column.result["metric"]]["ratio"]
    return ratio


def _failures(summary: Summary) -> Iterator[str]:
    yield from ("", "## Not scored", "")
    rows = [["program", "engine", "why", "in its own words"]]
    for column in summary.columns:
        for name in column.result["programs"]:
            cell = column.cell(name)
            if cell is not None and cell["status"] != "ok":
                rows.append([name, column.engine, cell_text(cell, ""), plain(cell["reason"])])
    for run in summary.runs:
        for cell in run["cells"]:
            if cell["engine"] == run["reference"] and cell["status"] != "ok":
                why = [cell_text(cell, ""), plain(cell["reason"])]
                rows.append([cell["program"], cell["engine"], *why])
    if len(rows) == 1:
        yield "Every program was built, ran, and printed what the reference printed."
    else:
        yield from markdown_table(rows, is_text=True)
    present = {column.engine for column in summary.columns}
    skipped = {
        row.get("engine", row["toolchain"]): row["reason"]
        for run in summary.runs
        for row in run["skipped"]
        if row.get("engine", row["toolchain"]) not in present
    }
    for name, reason in skipped.items():
        yield from ("", f"{name} was skipped: {plain(reason)}.")


def _builds(summary: Summary) -> Iterator[str]:
    yield from ("", "## Build times", "")
    yield "Seconds of all stages of a program when they were executed, one after the other; never"
    yield "part of a run's time. A build from the store takes none of it."
    yield ""
    table = [["engine", "built", "not built", "total", "median", "longest"]]
    for column in summary.columns:
        if column.result["toolchains"][column.engine]["engine"] != "compiler":
            continue
        build = column.result["builds"][column.engine]["programs"]
        spent = sorted(
            (row["seconds"], name) for name, row in build.items() if row["status"] == "ok"
        )
        row = [column.engine, str(len(spent)), str(len(build) - len(spent))]
        if spent:
            slowest, name = spent[-1]
            each = [value for value, _ in spent]
            row += [seconds(sum(each)), seconds(median(each))]
            row.append(f"{seconds(slowest)} ({name})")
        else:
            row += [NO_VALUE] * 3
        table.append(row)
    yield from markdown_table(table) if len(table) > 1 else ("No engine here is a compiler.",)


def _floors(summary: Summary) -> Iterator[str]:
    yield from ("", "## Start-up and memory", "")
    yield "Start-up: an empty program, measured in the same blocks; it is part of every time above."
    yield "Peak memory: the median over the scored programs of their median peak."
    yield ""
    table = [["engine", "start-up", "peak memory"]]
    for engine, run in _engines_with_runs(summary):
        floor = next((cell for cell in run["startup"] if cell["engine"] == engine), None)
        value = floor["metrics"].get("wall_s") if floor is not None else None
        peak = run["summaries"]["peak_memory_bytes"][engine]
        table.append(
            [
                engine,
                seconds(value["median"]) if value else NO_VALUE,
                mebibytes(peak) if peak is not None else NO_VALUE,
            ]
        )
    yield from markdown_table(table)


def _engines_with_runs(summary: Summary) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield summary.reference, summary.runs[0]
    for column in summary.columns:
        yield column.engine, column.result


def _environment(summary: Summary) -> Iterator[str]:
    yield from ("", "## Environment", "")
    for run in summary.runs:
        yield f"- {machine_words(run)}"
        for line in run["warnings"]:
            yield f"  - noise: {line}"
    yield ""
    table = [["toolchain", "versions", "identity"]]
    for engine, run in _engines_with_runs(summary):
        facts = run["toolchains"][engine]
        table.append([engine, plain(tool_versions(facts)) or NO_VALUE, facts["identity"]])
    yield from markdown_table(table, is_text=True)


def _method(summary: Summary) -> Iterator[str]:
    run = summary.runs[0]
    blocks = ", ".join(dict.fromkeys(str(r["plan"]["blocks"]) for r in summary.runs))
    yield from ("", "## Method", "")
    yield from f"""\
A run is a process, timed from outside ({run["metric"]}), pinned to one processor, with a private
and empty HOME, TMPDIR and working directory. A block is every engine once on one program; the next
block has the reverse order and another hash seed. The number of blocks ({blocks}) was fixed from
a pilot and the budget ({run["plan"]["budget_s"]:g} s) before any result was seen. A ratio is the
median over blocks of the log ratio within a block; its interval resamples blocks. A geometric mean
resamples the same blocks for all programs; it is about these programs, not about others. Every
output was compared with the reference's; what differs, fails or times out is shown and not scored.
Profile {run["profile"]}, target {run["target"]}.""".splitlines()


def _reproduce(summary: Summary) -> Iterator[str]:
    yield from ("", "## Reproduce", "")
    commits = {run["environment"]["git_commit"] for run in summary.runs} - {None}
    if len(commits) == 1:
        yield f"At commit {commits.pop()}:"
        yield ""
    yield "```console"
    for run in summary.runs:
        words = [word for word in run["command"] if word != "--resume"]
        yield f"$ {shlex.join(words)}"
    yield "$ molt-build report"
    yield "```"


def _verdicts(column: Column) -> dict[str, list[str]]:
    verdicts: dict[str, list[str]] = column.result["summaries"]["verdicts"][column.engine]
    return verdicts


def _by_family(summary: Summary) -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for name, program in summary.programs.items():
        families.setdefault(program["family"], []).append(name)
    return dict(sorted(families.items()))


def _sentence(text: str) -> str:
    return text.rstrip(".")


def plain(reason: str) -> str:
    """One line without folders of this machine."""
    return _PATH.sub("", " ".join(reason.split()))
