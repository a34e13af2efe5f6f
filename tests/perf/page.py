"""The published page of `nox -s perf`: the latest measurement of each benchmark, and its target.

Made from the JSON files of all runs; a benchmark that was measured several times is shown as the
latest full run measured it, with that run's commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from molt_build.report.formatting import markdown_table, mebibytes, number, seconds
from molt_build.watch import counted

PAGE = Path("docs") / "benchmarks" / "perf.md"
RESULTS = Path("bench") / "results" / "perf"
NAMES = (
    "one-program",
    "lane",
    "many",
    "found",
    "materialise",
    "cold",
    "builders",
    "edits",
    "modules",
)

Row = Mapping[str, Any]


def latest(root: Path) -> dict[str, tuple[Row, Row]]:
    """Name -> (benchmark, its run): from the latest full run that has it, else from a quick one."""
    runs = []
    for file in sorted((root / RESULTS).glob("*.json")):
        run = json.loads(file.read_text(encoding="utf-8"))
        if run.get("kind") == "perf":
            runs.append(run)
    found: dict[str, tuple[Row, Row]] = {}
    for run in sorted(
        runs, key=lambda run: not run["is_quick"]
    ):  # stable: the later of equals last
        for benchmark in run["benchmarks"]:
            found[benchmark["name"]] = (benchmark, run)
    return {name: found[name] for name in NAMES if name in found}


def text(found: Mapping[str, tuple[Row, Row]]) -> str:
    """The whole page."""
    lines = [*_head(found)]
    for benchmark, run in found.values():
        lines += _benchmark(benchmark, run)
    lines += [*_environment(found), *_method()]
    return "\n".join(lines).rstrip() + "\n"


def verdict(ratio: Row) -> str:
    """met or missed, and whether the interval leaves doubt."""
    if ratio["limit"] is None:
        return "no target"
    word = (
        "met" if ratio["is_met"] else f"**missed** by {ratio['estimate'] / ratio['limit'] - 1:.0%}"
    )
    if ratio["low"] is not None and ratio["low"] <= ratio["limit"] <= ratio["high"]:
        word += ", within the noise"
    return word


def interval(ratio: Row) -> str:
    """The ratio with its 95 % interval, where there are rounds enough for one."""
    if ratio["low"] is None:
        return f"{number(ratio['estimate'])}x"
    low, high = number(ratio["low"]), number(ratio["high"])
    return f"{number(ratio['estimate'])}x [{low}, {high}]"


def _head(found: Mapping[str, tuple[Row, Row]]) -> Iterator[str]:
    yield "# What the build costs beside what it builds"
    yield from ("", "<!-- Written by `nox -s perf`; do not edit. -->", "")
    yield "Each number is a ratio of two commands measured in turn in one run: the median over"
    yield "rounds, in brackets a 95 % interval. Less is better. Commands are timed from outside, as"
    yield "a user starts them, with Python's own start in it."
    yield ""
    rows = [["benchmark", "ratio", "measured", "target", "result", "n"]]
    for benchmark, _ in found.values():
        for ratio in benchmark["ratios"]:
            limit = "" if ratio["limit"] is None else f"≤ {ratio['limit']:g}x"
            what = f"{ratio['numerator']} / {ratio['denominator']}"
            row = [benchmark["title"], what, interval(ratio), limit, verdict(ratio)]
            rows.append([*row, str(ratio["n"])])
    yield from markdown_table(rows, is_text=True)


def _benchmark(benchmark: Row, run: Row) -> Iterator[str]:
    yield from ("", f"## {benchmark['title']}", "")
    if benchmark["sides"]:
        rows = [["command", "median", "MAD", "maximum", "processor time", "peak memory", "n"]]
        for name, side in benchmark["sides"].items():
            times = ("median_s", "mad_s", "maximum_s", "cpu_median_s")
            shown = [seconds(side[key]) for key in times]
            rows.append([name, *shown, mebibytes(side["peak_memory_bytes"]), str(side["n"])])
        yield from markdown_table(rows)
        yield ""
    if "edits" in benchmark["facts"]:
        yield from _edits(benchmark["facts"]["edits"])
        yield ""
    yield from benchmark["notes"]
    quick = ", quick: too few rounds to judge by" if run["is_quick"] else ""
    yield f"Run {run['run']}{_commit(run)}{quick}."


def _edits(table: list[Row]) -> Iterator[str]:
    scopes = [scope for scope in ("narrow", "coarse") if scope in table[0]]
    head = [f"{scope} keys: {what}" for scope in scopes for what in ("executed", "time")]
    rows = [["edit", *head]]
    for row in table:
        cells = []
        for scope in scopes:
            cells += [f"{row[scope]['executed']:g}", seconds(row[scope]["seconds"])]
        rows.append([row["edit"], *cells])
    yield from markdown_table(rows)


def _commit(run: Row) -> str:
    commit = run["environment"]["git_commit"]
    dirty = " with changes" if run["environment"]["git_is_dirty"] else ""
    return f", commit {commit[:12]}{dirty}" if commit else ""


def _environment(found: Mapping[str, tuple[Row, Row]]) -> Iterator[str]:
    yield from ("", "## Environment", "")
    for run in {run["run"]: run for _, run in found.values()}.values():
        machine = run["environment"]
        words = [run["run"], machine["machine_class"], f"{machine['system']} {machine['kernel']}"]
        words += [machine["python"], f"store on {run['file_system']}"]
        words += [f"{name} {version}" for name, version in run["versions"].items()]
        yield f"- {'; '.join(words)}"
        for warning in run["warnings"]:
            yield f"  - noise: {warning}"


def _method() -> Iterator[str]:
    yield from """
## Method

A round runs every command of a benchmark once; the next round has the reverse order. A ratio is the
median over rounds of the ratio within a round, its interval resamples rounds (at least six). n is
the number of rounds. Two rounds before them warm up caches and are not counted (none for the cold
build, which is cold on purpose). MAD is the median absolute deviation from the median. Peak memory
is the largest resident size of the largest process of a command, over all rounds.
`python -c pass` is the interpreter that runs molt-build. What a build
said is checked: a command that did not do what its row says ends the benchmark.

A build that is up to date takes little more than its interpreter's start, so how it is started
counts: `python -m molt_build` imports `runpy` and its needs first, a start script that pip wrote
imports `re`; each adds about half an interpreter's start. Notes say which it was.

Again, or one of them: `nox -s perf -- --only lane --pairs 30`.""".splitlines()


def summary(benchmark: Row) -> Iterator[str]:
    """A benchmark's ratios for the terminal."""
    for ratio in benchmark["ratios"]:
        limit = "" if ratio["limit"] is None else f", at most {ratio['limit']:g}x: {verdict(ratio)}"
        what = f"{ratio['numerator']} / {ratio['denominator']}"
        yield f"  {what}: {interval(ratio)}{limit} (n = {counted(ratio['n'], 'round')})"
    for row in benchmark["facts"].get("edits", []):
        said = [
            f"{scope} {row[scope]['executed']:g} executed, {seconds(row[scope]['seconds'])}"
            for scope in ("narrow", "coarse")
            if scope in row
        ]
        yield f"  {row['edit']}: {'; '.join(said)}"
    yield from (f"  {note}" for note in benchmark["notes"])
