"""The published page of compile-progress: how long builds take, and which KPIs hold for how long.

`docs/benchmarks/compile_progress.md` and small pictures beside it, made from one run and from the
recorded runs before it. Nothing of the machine but its class is published.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from molt_build.errors import UsageError
from molt_build.report.bench_summary import plain
from molt_build.report.judged import (
    Judged,
    judged_kpis,
    runs_before,
)
from molt_build.report.page import write_page, write_pictures
from molt_build.report.text import (
    NO_VALUE,
    count,
    estimated,
    markdown_table,
    number,
    seconds,
)
from molt_build.report.trend_picture import Series, trend_svg
from molt_build.runs.folder import COMPILE_PROGRESS, read_result
from molt_build.runs.recorded import find_run, known_runs, readable_runs
from molt_build.runs.rows import cell_workload

FOLDER = Path("docs") / "benchmarks"
EXIT_GATE_RUNS = 7
MAX_COMPONENTS = 15

Named = tuple[str, str]  # a run: TIMESTAMP, and when it started


def write_report(
    project: Path, run: str | None = None, warn: Callable[[str], None] = lambda line: None
) -> Path:
    """Write the page of a run (default: the latest complete one); the page's path.

    Results of other runs that cannot be read are passed over, and `warn` hears of it. Raises
    `UsageError` when there is no such run, `OSError` when it cannot be written.
    """
    with known_runs(project, warn) as history:
        chosen = read_result(
            _latest(history, project, warn)
            if run is None
            else find_run(project, run, COMPILE_PROGRESS, warn),
            COMPILE_PROGRESS,
        )
        before = runs_before(history, chosen, warn)
        judged = judged_kpis(history, chosen, before)
    runs = [*((one.timestamp, one.started) for one in before), (chosen["run"], chosen["started"])]
    page = project / FOLDER / f"{COMPILE_PROGRESS}.md"
    pictures = project / FOLDER / COMPILE_PROGRESS
    write_pictures(pictures, {name: svg for name, svg, _ in _pictures(judged, runs)})
    write_page(page, text(chosen, runs, judged))
    return page


def _latest(history: sqlite3.Connection, project: Path, warn: Callable[[str], None]) -> Path:
    """The folder of the latest complete run, of the latest of record where there is one."""
    runs = readable_runs(history, project, COMPILE_PROGRESS, warn)
    complete = [run for run in reversed(runs) if not run.is_interrupted]
    if not complete:
        message = "there is no complete run of compile-progress"
        raise UsageError(message, "molt-build compile-progress makes one")
    chosen = next((run for run in complete if run.is_of_record), complete[0])
    return project / chosen.folder


def text(chosen: Mapping[str, Any], runs: Sequence[Named], judged: Sequence[Judged]) -> str:
    """The whole page."""
    sections = [
        _head(chosen, runs, judged),
        _kpis(judged),
        _cases(chosen),
        _contention(chosen),
        _trend(judged, runs),
        _attribution(chosen),
        _equality(chosen),
        _left_out(chosen),
        _environment(chosen, runs),
        _method(chosen),
    ]
    return "\n".join(line for section in sections for line in section).rstrip() + "\n"


def _head(
    chosen: Mapping[str, Any], runs: Sequence[Named], judged: Sequence[Judged]
) -> Iterator[str]:
    yield "# Compile progress: how long builds take, and whether the KPIs hold"
    yield from ("", "<!-- Written by `molt-build compile-progress`; do not edit. -->", "")
    green = [row for row in judged if row.kpi["is_green"] is True]
    red = [row for row in judged if row.kpi["is_green"] is False]
    open_ = len(judged) - len(green) - len(red)
    if judged:
        said = f"**{len(green)} of {len(judged)} KPIs are green, {len(red)} red"
        yield f"{said}**{f', {open_} could not be judged' if open_ else ''}."
    own = [
        row for row in judged if row.kpi["source"] == "program" and row.points[-1][1] is not None
    ]
    if own:
        held = sum(row.streak >= EXIT_GATE_RUNS for row in own)
        least = min(row.streak for row in own)
        yield (
            f"The exit gate asks each of the program's KPIs to be green in {EXIT_GATE_RUNS} "
            f"consecutive recorded runs: {held} of {len(own)} are there, the shortest streak is "
            f"{least} of {EXIT_GATE_RUNS}."
        )
    commit = (chosen["git"].get("commit") or "")[:12]
    dirty = " with changes" if chosen["git"].get("is_dirty") else ""
    yield (
        f"Run {chosen['run']}{f' at commit {commit}{dirty}' if commit else ''}; "
        f"{count(len(runs), 'run')} in the history."
    )
    if not chosen["is_complete"]:
        yield from ("", "**This run is not complete: what is missing was not measured.**")
    elif not chosen["is_recorded"]:
        yield ""
        yield f"This run is no record, since {_why(chosen)}: it adds to no streak."
    if chosen["is_resumed"]:
        yield "It was interrupted and resumed; what was measured before was kept."


def _why(chosen: Mapping[str, Any]) -> str:
    because = chosen.get("unrecorded_because")  # an older result does not say
    return str(because or "it had fewer samples than its cases ask for")


def _kpis(judged: Sequence[Judged]) -> Iterator[str]:
    yield from ("", "## KPIs", "")
    if not judged:
        yield "The cases of this run have no KPI."
        return
    yield "Red ones first. `program`: asked for by Molt's optimization program; `ours`: our own,"
    yield "tighter aim. Streak: in how many consecutive latest recorded runs it was green, of the"
    yield f"{EXIT_GATE_RUNS} that the exit gate asks for."
    yield ""
    head = ["result", "KPI", "case", "toolchain", "workload", "measured", "limit", "streak"]
    rows = [[*head, "whose"]]
    order = {False: 0, None: 1, True: 2}
    ordered = sorted(
        judged, key=lambda row: (order[row.kpi["is_green"]], row.kpi["source"] != "program")
    )
    for row in ordered:
        kpi, cell = row.kpi, row.cell
        result = {True: "pass", False: "**FAIL**", None: "not judged"}[kpi["is_green"]]
        sign = "≥" if kpi.get("op") == "min" else "≤"
        measured = _shown(kpi["value"], kpi["metric"])
        more = f" ({row.streak})" if row.streak > EXIT_GATE_RUNS else ""
        if kpi["is_green"] is False and kpi["value"] is None:
            measured = cell["status"]
        rows.append(
            [
                result,
                f"{kpi['name']} ({_metric_words(kpi['metric'])})",
                cell["case"],
                cell["toolchain"],
                cell_workload(cell),
                measured,
                f"{sign} {_shown(kpi['limit'], kpi['metric'])}",
                f"{min(row.streak, EXIT_GATE_RUNS)} of {EXIT_GATE_RUNS}{more}",
                kpi["source"],
            ]
        )
    yield from markdown_table(rows, is_text=True)


def _cases(chosen: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Cases", "")
    yield "Time on the wall of one `molt-build build`, started as a user starts it. `x start-up`:"
    yield "how many times what the bare interpreter takes to start, with a 95 % interval. Reused:"
    yield "the share of actions that were up to date or a hit. (max): below 20 samples the"
    yield "maximum stands in the column of the 95th percentile."
    yield ""
    head = ["case", "toolchain", "workload", "median", "p95", "n", "x start-up", "reused"]
    rows = [[*head, "executed", "timeouts", "retries", "lock wait p95"]]
    for cell in chosen["cells"]:
        if cell["status"] == "skipped":
            continue
        title = (
            cell["case"] if cell["clients"] == 1 else f"{cell['case']}, {cell['clients']} clients"
        )
        if cell["status"] == "failed":
            rows.append(
                [title, cell["toolchain"], cell_workload(cell), "**failed**", *[NO_VALUE] * 5]
            )
        else:
            p95 = f"{seconds(cell['p95_s'])}{' (max)' if cell['p95_is_max'] else ''}"
            rows.append(
                [
                    title,
                    cell["toolchain"],
                    cell_workload(cell),
                    seconds(cell["median_s"]),
                    p95,
                    str(cell["n"]),
                    estimated(cell["ratio_to_interpreter"]),
                    NO_VALUE if cell["hit_ratio"] is None else f"{cell['hit_ratio']:.0%}",
                    f"{cell['executed_actions']:g}",
                ]
            )
        rows[-1] += [str(cell["timeouts"]), str(cell["retries"])]
        rows[-1].append(_shown(cell["lock_wait_p95_s"], "median_s"))
    yield from markdown_table(rows)


def _contention(chosen: Mapping[str, Any]) -> Iterator[str]:
    compared = [cell for cell in chosen["cells"] if cell.get("comparison")]
    if not compared:
        return
    yield from ("", "## Contention: shards on and off", "")
    yield "Builds of several clients at once, once with slots of their own and once with one shared"
    yield "directory behind one lock, in turn. Below 1 shards are better; in brackets: 95 %"
    yield "intervals."
    yield ""
    for cell in compared:
        facts = cell["comparison"]
        name = f"**{cell['case']}, {cell['toolchain']}, {cell_workload(cell)}**"
        yield f"- {name}, {count(cell['clients'], 'client')}: {_wall_words(facts['wall_ratio'])}."
        on, off = facts["lock_wait_p95_on_s"], facts["lock_wait_p95_off_s"]
        if off is None and on is None:
            yield "  Nobody waited for a lock, with shards or without."
            continue
        waits = f"{_shown(on, 'median_s')} with shards, {_shown(off, 'median_s')} without"
        ratio = facts["lock_wait_ratio"]
        line = f"  The 95th percentile of waiting for a lock is {waits}"
        yield f"{line}: a ratio of {estimated(ratio)}." if ratio else f"{line}."


def _wall_words(ratio: Mapping[str, Any] | None) -> str:
    if ratio is None:
        return "no pair of rounds was measured"
    if ratio["low"] is None:
        rounds = count(ratio["n"], "round")
        return f"the time is {estimated(ratio)} times that without shards, from {rounds} only"
    verdict = "the interval holds 1, so neither is shown to be faster"
    if ratio["high"] < 1:
        verdict = "shards are faster"
    elif ratio["low"] > 1:
        verdict = "**shards are slower**"
    return f"the time is {estimated(ratio)} times that without shards: {verdict}"


def _trend(judged: Sequence[Judged], runs: Sequence[Named]) -> Iterator[str]:
    pictures = list(_pictures(judged, runs))
    if not pictures:
        return
    yield from ("", "## Trend", "")
    yield "A picture for each KPI and toolchain, a line for each workload, logarithmic; a larger"
    yield "dot is a run in which it was red. The rightmost is this run, the others are recorded."
    yield ""
    for name, _, words in pictures:
        yield f"![{words}]({COMPILE_PROGRESS}/{name})"


def _pictures(judged: Sequence[Judged], runs: Sequence[Named]) -> Iterator[tuple[str, str, str]]:
    """(file name, SVG, what it shows in words) for each KPI and toolchain."""
    groups: dict[tuple[str, str], list[Judged]] = {}
    for row in judged:
        if any(value is not None for value, _ in row.points):
            groups.setdefault((row.kpi["name"], row.cell["toolchain"]), []).append(row)
    days = [started[:10] for _, started in runs]
    for (name, toolchain), rows in groups.items():
        lines = [
            Series(
                cell_workload(row.cell),
                [value for value, _ in row.points],
                [is_green is False for _, is_green in row.points],
            )
            for row in rows
        ]
        first = rows[0]
        title = f"{name}, {toolchain} ({_metric_words(first.kpi['metric'])})"
        metric, limit = first.kpi["metric"], first.kpi["limit"]
        shown = partial(_shown, metric=metric)
        svg = trend_svg(title, days, lines, limit, shown)
        latest = ", ".join(
            f"{cell_workload(r.cell)} {_shown(r.points[-1][0], metric)}" for r in rows
        )
        words = f"{title} over {count(len(runs), 'run')}: {latest}; limit "
        yield f"{name}-{toolchain}.svg", svg, words + _shown(limit, metric)


def _attribution(chosen: Mapping[str, Any]) -> Iterator[str]:
    found = [cell["attribution"] for cell in chosen["cells"] if cell.get("attribution")]
    costs: dict[str, list[float]] = {}
    for facts in found:
        for row in facts.get("components", []):
            sums = costs.setdefault(row["component"], [0, 0.0, 0, 0.0])
            for index, field in enumerate(("count", "seconds", "wasted", "wasted_s")):
                sums[index] += row[field]
    if not costs:
        return
    yield from ("", "## What misses are attributed to", "")
    yield "Over all cases, from each one's last build: the components of keys that had changed when"
    yield "an action was executed, and what it cost, in equal shares where several had changed."
    yield "Wasted: the action gave the bytes it had given before. The most wasteful first. In"
    yield "parentheses: why there was nothing to compare the key with."
    yield ""
    rows = [["component", "misses", "seconds", "of them wasted", "seconds wasted"]]
    ranked = sorted(costs.items(), key=lambda item: (-item[1][3], -item[1][1], item[0]))
    for name, (misses, spent, wasted, wasted_s) in ranked[:MAX_COMPONENTS]:
        shown = [f"{misses:g}", seconds(spent), f"{wasted:g}", seconds(wasted_s)]
        rows.append([plain(name), *shown])
    yield from markdown_table(rows)
    if len(ranked) > MAX_COMPONENTS:
        yield from ("", f"And {count(len(ranked) - MAX_COMPONENTS, 'component')} that cost less.")


def _equality(chosen: Mapping[str, Any]) -> Iterator[str]:
    rows = [["case", "toolchain", "workload", "compared", "equal", "different"]]
    for cell in chosen["cells"]:
        facts = cell.get("equality")
        if facts:
            different = ", ".join(facts["different"]) or NO_VALUE
            counts = [str(facts["checked"]), str(facts["equal"])]
            rows.append([cell["case"], cell["toolchain"], cell_workload(cell), *counts, different])
    if len(rows) == 1:
        return
    yield from ("", "## Output", "")
    yield "What was built was run, and compared with what CPython prints."
    yield ""
    unequal = [row for row in rows[1:] if row[3] != row[4]]
    if unequal:
        yield from markdown_table([rows[0], *unequal], is_text=True)
    else:
        checked = sum(int(row[3]) for row in rows[1:])
        cells = count(len(rows) - 1, "cell")
        yield f"All {count(checked, 'comparison')} in {cells} were equal."


def _left_out(chosen: Mapping[str, Any]) -> Iterator[str]:
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for cell in chosen["cells"]:
        if cell["status"] != "measured":
            key = (cell["status"], cell["case"], plain(cell["reason"]))
            reasons.setdefault(key, []).append(f"{cell['toolchain']} {cell_workload(cell)}")
    if not reasons:
        return
    yield from ("", "## Failed and skipped", "")
    rows = [["", "case", "cells", "reason"]]
    for (status, case, reason), cells in sorted(reasons.items()):
        rows.append(
            [f"**{status}**" if status == "failed" else status, case, "; ".join(cells), reason]
        )
    yield from markdown_table(rows, is_text=True)


def _environment(chosen: Mapping[str, Any], runs: Sequence[Named]) -> Iterator[str]:
    yield from ("", "## Environment", "")
    machine, python = chosen["environment"], chosen["interpreter"]
    words = [f"{chosen['run']} ({chosen['started']} to {chosen['finished'] or 'unfinished'})"]
    words += [str(machine[k]) for k in ("machine_class", "kernel") if machine.get(k)]
    if machine.get("memory_total_bytes"):
        words.append(f"{machine['memory_total_bytes'] / 2**30:.1f} GiB memory")
    for name in ("governor", "virtualization"):
        words += [f"{name}: {machine[name]}"] if machine.get(name) else []
    if machine.get("load_average"):
        words.append(f"load {machine['load_average'][0]:.1f} when it began")
    yield f"- {'; '.join(words)}"
    if python.get("version"):
        start = f", starts in {seconds(python['median_s'])}" if python.get("median_s") else ""
        yield f"- {python.get('implementation', 'Python')} {python['version']}{start}"
    if len(runs) > 1:
        yield f"- history: {', '.join(name for name, _ in runs)}"


def _method(chosen: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Method", "")
    yield from """\
Every sample is a process of its own, started as a user starts it, in a checkout made for its cell.
*cold*: an empty store, empty shards, no outputs. *warm*: everything was built before and nothing
has changed, except where a case edits a file before each sample. *nocache*: the store is off, so
every action is executed, and shards are kept. Warm-up runs are not counted. A build that ended by a
signal, by 124 or by 137 is retried within the case's policy; each retry and timeout is counted
above. The interpreter is started beside each sample, and ratios are made of such pairs. The
intervals resample pairs or rounds, never single times, and need at least six.""".splitlines()
    if chosen.get("command"):
        yield from ("", "```console", f"$ {' '.join(chosen['command'])}", "```")


def _metric_words(metric: str) -> str:
    words = {
        "median_s": "median",
        "p95_s": "p95",
        "ratio_to_interpreter": "times interpreter start",
        "hit_ratio": "share reused",
        "lock_wait_ratio": "lock wait p95, shards on / off",
        "wall_ratio": "time, shards on / off",
        "lock_wait_p95_s": "lock wait p95",
    }
    return words.get(metric, metric.replace("_", " "))


def _shown(value: float | None, metric: str) -> str:
    if value is None:
        return NO_VALUE
    if metric.endswith("_s"):
        return seconds(value) if value else "0 s"
    if metric == "hit_ratio":
        return f"{value:.0%}"
    return f"{number(value) if value else '0'}x" if "ratio" in metric else f"{value:g}"
