"""The rows of a job's runs as series: what each program, engine and metric came to in each run.

Rows are read as the history has them, of all runs that it holds; many thousands, so they are not
made objects. A series holds the places of its runs in the job's list, where it is not in all of
them, and its numbers as `molt_build.report.dashboard.packing` keeps them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from molt_build.report.dashboard.packing import aside, in_steps, rounded, shared, steps_for

MOST_RUNS = 400  # of a job: more than a year of daily ones
_CELLS = (
    "SELECT run, case_name, workload, program, engine, metric, status, ratio, low, high, median "
    "FROM cells JOIN runs ON id = run WHERE job = ? AND timestamp >= ? "
    "ORDER BY case_name, workload, program, engine, metric, timestamp"
)
_KPIS = (
    "SELECT run, case_name, toolchain, workload, kpi, value, limit_value, is_maximum, is_green "
    "FROM kpis JOIN runs ON id = run WHERE job = ? AND timestamp >= ? AND is_of_record "
    "ORDER BY case_name, toolchain, workload, kpi, timestamp"
)


def runs_of(rows: sqlite3.Connection, job: str, most: int = MOST_RUNS) -> list[str]:
    """The latest runs of a job that could be read, the latest last."""
    query = "SELECT id FROM runs WHERE job = ? AND problem = '' ORDER BY timestamp DESC LIMIT ?"
    return [name for (name,) in rows.execute(query, (job, most))][::-1]


def series_of(
    rows: sqlite3.Connection, job: str, runs: Sequence[str], *, has_medians: bool = True
) -> dict[str, Any]:
    """All that those runs of the job measured, and the KPIs that they were judged by."""
    place = {name: number for number, name in enumerate(runs)}
    since = runs[0].rpartition("/")[2] if runs else ""
    found = [
        _cells(key, block, len(runs), has_medians=has_medians)
        for key, block in _blocks(rows, _CELLS, 5, job, since, place)
    ]
    kpis = [
        _kpi(key, block, len(runs)) for key, block in _blocks(rows, _KPIS, 4, job, since, place)
    ]
    return {
        "runs": list(runs),
        "series": found,
        "kpis": kpis,
        "identities": _identities(rows, runs),
    }


def _blocks(
    rows: sqlite3.Connection,
    query: str,
    width: int,
    job: str,
    since: str,
    place: dict[str, int],
) -> Iterator[tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    """The rows of each key, of `width` columns: the place of the run, then the numbers."""
    key: tuple[str, ...] | None = None
    block: list[tuple[Any, ...]] = []
    for run, *row in rows.execute(query, (job, since)):
        if run not in place:
            continue
        if key != tuple(row[:width]):
            if key is not None:
                yield key, block
            key, block = tuple(row[:width]), []
        block.append((place[run], *row[width:]))
    if key is not None:
        yield key, block


def _places(block: Sequence[tuple[Any, ...]], runs: int) -> dict[str, Any]:
    """Nothing where a series is in all runs; else the places, each from the one before."""
    places = [row[0] for row in block]
    if len(places) == runs:
        return {}
    return {"at": [now - before for before, now in zip([0, *places], places, strict=False)]}


def _cells(
    key: tuple[str, ...], block: list[tuple[Any, ...]], runs: int, *, has_medians: bool
) -> dict[str, Any]:
    statuses, ratios, lows, highs, medians = _columns(block)
    case, workload, program, engine, metric = key
    found: dict[str, Any] = {"w": workload, "p": program, "e": engine, "m": metric}
    found |= {"c": case} if case else {}
    found |= _places(block, runs)
    found |= {"s": shared(statuses)} if any(one != "ok" for one in statuses) else {}
    if any(ratio is not None for ratio in ratios):
        k = steps_for(zip(lows, highs, strict=True))
        found |= {"k": k, "r": in_steps(ratios, k)}
        found |= {"l": aside(lows, ratios, k), "h": aside(highs, ratios, k)}
        if has_medians:
            found["v"] = in_steps(medians, 3)
    elif any(value is not None for value in medians):
        found["x"] = [rounded(value, 6) for value in medians]
    return found


def _columns(block: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [[row[number] for row in block] for number in range(1, len(block[0]))]


def _kpi(key: tuple[str, ...], block: list[tuple[Any, ...]], runs: int) -> dict[str, Any]:
    values, limits, maxima, greens = _columns(block)
    case, toolchain, workload, kpi = key
    return {
        "c": case,
        "t": toolchain,
        "w": workload,
        "n": kpi,
        **_places(block, runs),
        "x": [rounded(value) for value in values],
        "limit": rounded(limits[-1]),
        "max": bool(maxima[-1]),
        "g": "".join("1" if green else "0" for green in greens),
    }


def _identities(rows: sqlite3.Connection, runs: Sequence[str]) -> dict[str, list[Any]]:
    """By engine: [place of a run, how the toolchain's identity begins], wherever it was another."""
    found: dict[str, list[Any]] = {}
    for number, run in enumerate(runs):
        query = "SELECT engine, identity FROM engines WHERE run = ? AND revision IS NULL"
        for engine, identity in rows.execute(query, (run,)):
            known = found.setdefault(engine, [])
            short = (identity or "").rpartition(":")[2][:12]
            if not known or known[-1][1] != short:
                known.append([number, short])
    return found
