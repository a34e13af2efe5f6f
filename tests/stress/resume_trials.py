"""Measurements ended at random moments, then resumed: `compile_progress`, `friends` and `bench`.

A command is ended by SIGINT, SIGTERM, SIGHUP or SIGKILL at a moment between its start and its
usual end, and resumed; the resumption is sometimes ended too. What comes out must be what a
command gives that nobody disturbs: the same cells with the same verdicts, as many samples, each
block once, and a row in the history. Nothing may be left running, nor lie about
that only a run needs.

A run that was ended before it had anything to keep says so, and is begun anew.
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tally import DYING_S, Ended, Progress, Tally, finish, processes_in

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "projects"))

from case_projects import case_project
from lane_projects import MAIN, PROGRAMS, lane_project
from suite_projects import suite_project

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
LIMIT_S = 240.0
NOTHING_YET = (
    "there is no unfinished run",
    "ended before anything was measured",
    "there is no run of suites to go on with",
)
WARM = """\
cache_state = "warm"
repeats = 3
reference = "cpython"

[[kpis]]
name = "warm"
metric = "median_s"
max = 60
source = "program"
"""
EDITED = """\
cache_state = "warm"
repeats = 2
clients = 2

[[edits]]
language = "python"
find = "WRONG = .*"
replace = "WRONG = {number}"
"""


@dataclass(frozen=True)
class Kind:
    """A command that measures and can be resumed, in a project of its own."""

    name: str
    root: Path
    cache: Path
    environment: dict[str, str]
    words: tuple[str, ...]
    resumed: tuple[str, ...]  # with --resume: goes on with what was asked then
    results: str  # below bench/results
    verdict: Callable[[dict[str, Any]], object]  # of a result: what must be the same each time

    def start(self, *, is_resumed: bool = False) -> subprocess.Popen[str]:
        """The command, or what goes on with it, running."""
        words = [*self.resumed, "--resume"] if is_resumed else self.words
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *words],
            cwd=self.root,
            env={**self.environment, "TESTED_LOCK": str(self.cache.parent / "measure.lock")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def result(self) -> dict[str, Any]:
        """The latest run's."""
        folders = sorted((self.root / "bench/results" / self.results).iterdir())
        result: dict[str, Any] = json.loads((folders[-1] / "result.json").read_text())
        return result

    def is_recorded(self, run: str) -> bool:
        """Whether the history has the run."""
        with closing(sqlite3.connect(self.root / ".molt-build/history.sqlite")) as history:
            return (run,) in history.execute("SELECT id FROM runs").fetchall()

    def lies_about(self) -> list[str]:
        """What only a run that goes on needs."""
        places = [*self.cache.glob("run-*"), *self.root.glob(".molt-build/cases/*")]
        return [str(path) for path in places]


def run(folder: Path, resumes: int, seed: int) -> list[Tally]:
    """For each kind so many runs that were ended and resumed."""
    kinds = (_cases(folder / "cases"), _friends(folder / "friends"), _lanes(folder / "lanes"))
    return [_trials(kind, resumes, random.Random(f"{seed} {kind.name}")) for kind in kinds]


def _trials(kind: Kind, resumes: int, chance: random.Random) -> Tally:
    tally = Tally(f"resumed {kind.name}")
    began = time.monotonic()
    whole = finish(kind.start(), LIMIT_S)
    usual_s = time.monotonic() - began
    if whole.code is None:
        raise RuntimeError(f"{kind.name} cannot be measured: {whole.err}")
    wanted = kind.verdict(kind.result())
    counts: Counter[str] = Counter()
    progress = Progress(tally, resumes)
    while tally.trials < resumes:
        number = chance.choice(SIGNALS)
        what = f"after {number.name} (trial {tally.trials})"
        process = kind.start()
        time.sleep(chance.uniform(0.1, usual_s))
        if not _is_ended_by(tally, kind, process, number, what):
            counts["ended by themselves"] += 1
            continue
        counts[number.name] += 1
        ended = finish(kind.start(is_resumed=True), LIMIT_S) if chance.random() < 0.7 else None
        if ended is None:  # the resumption is disturbed too
            again = chance.choice(SIGNALS)
            process = kind.start(is_resumed=True)
            time.sleep(chance.uniform(0.1, usual_s))
            is_after_kill = number == signal.SIGKILL
            then = f"{what}, then {again.name}"
            if _is_ended_by(tally, kind, process, again, then, is_after_kill=is_after_kill):
                counts[again.name] += 1
            ended = finish(kind.start(is_resumed=True), LIMIT_S)
        if ended.code == 2 and "is complete" in ended.err:
            counts["complete before"] += 1
        elif ended.code == 2 and any(words in ended.err for words in NOTHING_YET):
            counts["begun anew"] += 1
            ended = finish(kind.start(), LIMIT_S)
        problem = _problem(kind, ended, whole, wanted)
        if problem:
            tally.wrong += 1
            tally.note(f"{what}: {problem}")
        progress.step()
    tally.note(", ".join(f"{count} {how}" for how, count in sorted(counts.items())))
    return tally


def _is_ended_by(
    tally: Tally,
    kind: Kind,
    process: subprocess.Popen[str],
    number: signal.Signals,
    what: str,
    *,
    is_after_kill: bool = False,
) -> bool:
    """Send the signal; False when the command had ended before. What it left is judged.

    What a killed run left is removed by its resumption, and by no part of it in particular.
    """
    if process.poll() is not None:
        process.communicate()
        return False
    process.send_signal(number)
    ended = finish(process, LIMIT_S)
    if ended.code is None:
        tally.hung += 1
        tally.note(f"{what}: did not end; {ended.err.strip()[-300:]}")
    elif "Traceback" in ended.err and "molt_build" in ended.err:
        tally.no_sentence += 1
        tally.note(f"{what}: {ended.err[-1500:]}")
    elif number != signal.SIGKILL and not is_after_kill:
        deadline = time.monotonic() + DYING_S
        while (left := processes_in(kind.root.parent)) and time.monotonic() < deadline:
            time.sleep(0.02)
        if left:
            tally.wrong += 1
            tally.note(f"{what}: left running: {left}")
        if kind.lies_about():
            tally.wrong += 1
            tally.note(f"{what}: lies about: {kind.lies_about()}")
    return True


def _problem(kind: Kind, ended: Ended, whole: Ended, wanted: object) -> str:
    """What is wrong with a run that was resumed to its end; "" when nothing is."""
    is_there_already = ended.code == 2 and ("is complete" in ended.err or "no " in ended.err)
    if ended.code != whole.code and not is_there_already:
        return f"resuming ended with {ended.code}, not {whole.code}: {ended.err[-600:]}"
    try:
        result = kind.result()
    except OSError as error:
        return f"there is no result: {error}"
    found = kind.verdict(result)
    if found != wanted:
        return f"another result: {_difference(wanted, found)}"
    if not kind.is_recorded(result["run"]):
        return f"{result['run']} has no row in the history"
    if kind.lies_about():
        return f"lies about: {kind.lies_about()}"
    return ""


def _difference(wanted: object, found: object) -> str:
    if isinstance(wanted, dict) and isinstance(found, dict):
        names = [n for n in {**wanted, **found} if wanted.get(n) != found.get(n)]
        return "; ".join(f"{n}: {wanted.get(n)} became {found.get(n)}" for n in names)[:1500]
    return f"{wanted} became {found}"[:1500]


def _cases(folder: Path) -> Kind:
    made = case_project(folder, "one")
    made.write_case("warm", WARM)
    made.write_case("edited", EDITED)

    def verdict(result: dict[str, Any]) -> object:
        return {
            "is_complete": result["is_complete"],
            **{
                f"{row['case']} {row['toolchain']} {row['workload']}": (
                    row["status"],
                    row["wall_s"] and row["wall_s"]["n"],
                    [(one["executed"], one["hits"], one["up_to_date"]) for one in row["samples"]],
                    row["equality"],
                    [(kpi["name"], kpi["is_green"]) for kpi in row["kpis"]],
                )
                for row in result["cells"]
            },
        }

    return Kind(
        "compile_progress",
        made.root,
        made.project.cache,
        made.project.variables(),
        ("compile_progress",),
        ("compile_progress",),
        "compile_progress",
        verdict,
    )


def _friends(folder: Path) -> Kind:
    made = suite_project(folder)
    programs = ("totals", "crashes", "prints")
    words = [word for name in programs for word in ("--program", name)]

    def verdict(result: dict[str, Any]) -> object:
        return {
            "is_interrupted": result["is_interrupted"],
            **{
                f"{name} {row['program']} {row['engine']}": _outcomes(row)
                for name, lane in result["lanes"].items()
                for row in lane["cells"]
            },
            **{
                f"{way} of {name}": _blocks(measurement["blocks"])
                for name, lane in result["lanes"].items()
                for way, measurement in lane["measurements"].items()
            },
            "statuses": {name: lane["status"] for name, lane in result["lanes"].items()},
        }

    return Kind(
        "friends",
        made.root,
        made.project.cache,
        made.project.variables(),
        ("friends", "--budget", "0.5", *words),
        ("friends",),
        "friends",
        verdict,
    )


def _lanes(folder: Path) -> Kind:
    chosen = ("bench_work", "bench_crashes", "bench_refused")
    made = lane_project(folder, {name: PROGRAMS[name] for name in chosen})

    def verdict(result: dict[str, Any]) -> object:
        [lane] = result["lanes"].values()
        return {
            "is_interrupted": result["is_interrupted"],
            **{f"{row['program']} {row['engine']}": _outcomes(row) for row in lane["cells"]},
            "blocks": _blocks(lane["measurements"]["run"]["blocks"]),
        }

    return Kind(
        "bench",
        made.root,
        made.project.cache,
        made.project.variables(),
        ("bench", "toys_native"),
        ("bench", "toys_native"),
        "toys_native",
        verdict,
    )


def _outcomes(row: dict[str, Any]) -> object:
    """What became of a cell, and which metrics it has."""
    statuses = {way: outcome["status"] for way, outcome in row["outcomes"].items()}
    return statuses, sorted(row["metrics"])


def _blocks(blocks: list[dict[str, Any]]) -> object:
    """Each block, and whom it measured; the order within is no part of it."""
    return sorted(
        (
            block["program"],
            block["index"],
            sorted(run["engine"] for run in block["runs"]),
        )
        for block in blocks
    )
