"""How many real regressions escape the gates, and how many alarms are false.

A compiler of a project makes some programs slower by a known share from one commit to the next, and
of the others only other bytes: which, and by how much, is drawn anew each round. `molt-build gates
--base` judges every program, as a user would have it: by counts (`--quick`), and by wall time with
its reruns. So each program of a round is one trial of one verdict.

A slower program repeats work after its end. By time: it goes on until its processor time is as much
longer as was drawn, so a share is one of that very run. By counts: a loop of as many instructions,
of which one more program tells how many each turn has.

    python tests/stress/gate_trials.py FILE... > gate_trials.csv

writes the rows that runs kept (`--output`), and the table of them all to standard error.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any

import trial_kernels
from scipy.stats import binomtest
from tally import Tally, command_environment, finish, judge, start

WAYS = ("counts", "time")
SHARES = (0, 0, 3, 5, 10)  # per cent; one of five each
LIMIT = 0.02  # what the gate allows
PROGRAM_S = {"counts": 0.01, "time": 0.03}  # besides starting; counting takes 50 times as long
TURNS = 200_000  # of the loop whose instructions are counted
FALSE_AT_MOST = 0.01
FOUND_AT_LEAST = {("counts", 5): 0.95, ("time", 5): 0.90}
ROUND_LIMIT_S = 3600.0

PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "trials"
description = "A project whose compiler makes programs slower."
default_toolchain = "slowed"
default_profile = "dev"
"""
TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "slowed"
description = "Copies a program, and makes it as much slower as a table says."
engine = "compiler"
accepts = ["python"]

[artifacts.copier]
path = "{project}/tools/copier.py"

[artifacts.slowdowns]
path = "{project}/tools/slowdowns.json"

[[stages]]
name = "copy"
argv = ["{python}", "-I", "-S", "{copier}", "{entry}", "{made}", "{slowdowns}"]
outputs = { made = "{module}.made.py" }

[targets.native]
results = ["copy.made"]
run = ["{python}", "-S", "{made}"]
"""
REFERENCE = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "plain"
description = "CPython without what is installed beside it."
engine = "interpreter"
accepts = ["python"]

[targets.native]
run = ["{python}", "-S", "{source}"]
"""
LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "trials"
description = "Programs that are slower, or not."
workloads = ["kernels"]
reference = "plain"
subject = "slowed"
engines = ["slowed"]
profile = "dev"
budget_s = BUDGET
quick_budget_s = 30
run_timeout_s = 60
min_effect = 0.01
"""
GATE = f"""\
#:schema ../../schemas/gate.schema.json
kind = "gate"
schema_version = 1
name = "slower"
description = "No program is more than {LIMIT:.0%} slower."
owner = "trials"
against = "base"
worse_at_most = {LIMIT}
lane = {{ name = "trials", programs = {json.dumps([*trial_kernels.KERNELS])} }}
"""
COPIER = """\
import json, sys
from pathlib import Path

entry, made, table = map(Path, sys.argv[1:])
found = json.loads(table.read_text())
turns, share = found["turns"].get(entry.stem, 0), found["shares"].get(entry.stem, 0)
text = entry.read_text() + f"MADE = {found['made']}\\n"
if turns:
    text += f"for _ in range({turns}):\\n    pass\\n"
if share:
    text += f"from time import process_time as spent\\nend = spent() * {1 + share / 100}\\n"
    text += "while spent() < end:\\n    pass\\n"
made.write_text(text)
"""
LOOP, EMPTY = "loop", "empty"


@dataclass(frozen=True)
class Trial:
    """What a gate said of one program in one round."""

    way: str
    seed: int
    round: int
    program: str
    share: int  # per cent that it is slower
    verdict: str
    value: float | None  # None where it passed among others, of which the result has only verdicts
    blocks: int


@dataclass(frozen=True)
class Spent:
    """What a round took."""

    way: str
    seconds: float
    reruns: int


def run(
    folder: Path,
    trials: int,
    seed: int,
    *,
    ways: Sequence[str] = WAYS,
    budget_s: float = 30,
    output: Path | None = None,
) -> list[Tally]:
    """At least so many trials of each way; `output` is where a row of each trial is kept."""
    tallies = []
    found: list[Trial] = []
    spent: list[Spent] = []
    for way in ways:
        tally = Tally(f"gates by {way}")
        project = _project(folder / way, PROGRAM_S[way], budget_s)
        count = -(-trials // len(trial_kernels.KERNELS))
        for number, (rows, took) in enumerate(_rounds(project, way, count, seed, tally)):
            found += rows
            spent.append(took)
            tally.trials += len(rows)
            tally.seconds += took.seconds
            failed = sum(row.verdict == "fail" for row in rows)
            told = f"round {number + 1} of {count}: {failed} fail, {took.reruns} reruns"
            print(f"{tally.name}: {told}, {took.seconds:.0f} s", flush=True)
            if output is not None:
                _keep(output, found, spent)
        _judge(tally, [row for row in found if row.way == way])
        tallies.append(tally)
    print(markdown(found, spent), flush=True)
    return tallies


def markdown(found: Sequence[Trial], spent: Sequence[Spent]) -> str:
    """The table of what was found, and what it took."""
    lines = [
        "| judged by | slower by | trials | fail | warn | share that fails, 95 % interval |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for way in dict.fromkeys(row.way for row in found):
        for share in sorted(set(SHARES)):
            rows = [row for row in found if (row.way, row.share) == (way, share)]
            words = Counter(row.verdict for row in rows)
            if rows:
                low, high = binomtest(words["fail"], len(rows)).proportion_ci()
                rate = f"{words['fail'] / len(rows):.1%} [{low:.1%}, {high:.1%}]"
                cells = (way, f"{share} %", len(rows), words["fail"], words["warn"], rate)
                lines.append(f"| {' | '.join(map(str, cells))} |")
    lines.append("")
    for way in dict.fromkeys(one.way for one in spent):
        took = [one for one in spent if one.way == way]
        rows = [row for row in found if row.way == way]
        seconds = sum(one.seconds for one in took)
        lines.append(
            f"By {way}: {len(took)} rounds, {sum(one.reruns for one in took)} reruns, "
            f"{seconds / 60:.0f} minutes, {seconds / len(rows):.1f} s a verdict."
        )
    return "\n".join(lines)


def _judge(tally: Tally, rows: Sequence[Trial]) -> None:
    same = [row for row in rows if not row.share]
    wrong = [row for row in same if row.verdict == "fail"]
    if len(wrong) > FALSE_AT_MOST * len(same):
        tally.wrong += len(wrong)
        tally.note(f"{len(wrong)} of {len(same)} alarms are false: {wrong}")
    for (way, share), least in FOUND_AT_LEAST.items():
        slower = [row for row in rows if (row.way, row.share) == (way, share)]
        missed = [row for row in slower if row.verdict != "fail"]
        if len(missed) > (1 - least) * len(slower):
            tally.wrong += len(missed)
            tally.note(f"{len(missed)} of {len(slower)} that are {share} % slower escaped")


def _keep(output: Path, found: Iterable[Trial], spent: Iterable[Spent]) -> None:
    rows = {"trials": [*map(asdict, found)], "spent": [*map(asdict, spent)]}
    output.write_text(json.dumps(rows) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Project:
    folder: Path
    environment: dict[str, str]
    base: str

    def run(self, tally: Tally, *words: str, code: int = 0) -> dict[str, Any]:
        """The document of a command that may end with that code; {} where it did otherwise."""
        done = finish(start(words, str(self.folder), self.environment), ROUND_LIMIT_S)
        if done.code != code or not done.report:
            judge(tally, done, " ".join(words), lambda: f"exit code {done.code}, not {code}")
            return {}
        return done.report


def _rounds(
    project: _Project, way: str, count: int, seed: int, tally: Tally
) -> Iterator[tuple[list[Trial], Spent]]:
    drawn = random.Random(f"{seed} {way}")
    counts = _counts(project, tally) if way == "counts" else {}
    for number in range(count):
        shares = {name: drawn.choice(SHARES) for name in trial_kernels.KERNELS}
        if not any(shares.values()):
            shares[drawn.choice([*shares])] = 5
        table: dict[str, Any] = {"made": number + 1, "turns": {}, "shares": {}}
        if way == "time":
            table["shares"] = shares
        else:
            turn = (counts[LOOP] - counts[EMPTY]) / TURNS
            table["turns"] = {
                name: round(counts[name] * share / 100 / turn) for name, share in shares.items()
            }
        _commit(project.folder, table)
        options = ("--quick",) if way == "counts" else ()
        began = time.monotonic()
        result = project.run(
            tally, "gates", "--base", project.base, "--wait", *options, "--json", code=1
        )
        seconds = time.monotonic() - began
        if not result:
            continue
        (gate,) = result["gates"]
        told = {one["of"]: one for one in gate["members"]}
        passed = {"verdict": "pass", "value": None, "blocks": 0}
        if gate["verdict"] not in ("pass", "warn", "fail"):
            tally.failed += 1
            tally.note(f"round {number}: {gate['verdict']}: {gate['reason']}")
            continue
        rows = []
        for name, share in shares.items():
            one = told.get(name, passed)
            facts = (one["verdict"], one["value"], one["blocks"])
            rows.append(Trial(way, seed, number, name, share, *facts))
        yield rows, Spent(way, seconds, result["reruns"])


def _counts(project: _Project, tally: Tally) -> dict[str, float]:
    """The instructions of each program as it is."""
    words = ("bench", "trials", "--column", "instructions", "--wait", "--json")
    result = project.run(tally, *words)
    if not result:
        raise SystemExit(f"{tally.notes[-1]}: without counts there is nothing to try")
    (lane,) = result["lanes"].values()
    return {
        cell["program"]: cell["metrics"]["instructions"]["summary"]["median"]
        for cell in lane["cells"]
        if cell["engine"] == "slowed"
    }


def _project(folder: Path, program_s: float, budget_s: float) -> _Project:
    programs = trial_kernels.sized(program_s)
    programs[LOOP] = f"for _ in range({TURNS}):\n    pass\nprint(0)\n"
    programs[EMPTY] = "print(0)\n"
    workload = '#:schema ../../schemas/workload.schema.json\nkind = "workload"\n'
    workload += 'schema_version = 1\nname = "kernels"\ndescription = "Kernels."\n'
    workload += 'language = "python"\n[source]\nproject = "programs"\n'
    workload += "".join(
        f'[[programs]]\nname = "{name}"\nfamily = "loop"\ndescription = "A kernel."\n'
        for name in programs
    )
    files = {
        ".gitignore": ".molt-build/\nbench/\n",
        "manifests/project.toml": PROJECT,
        "manifests/toolchains/slowed.toml": TOOLCHAIN,
        "manifests/toolchains/plain.toml": REFERENCE,
        "manifests/lanes/trials.toml": LANE.replace("BUDGET", f"{budget_s:g}"),
        "manifests/gates/slower.toml": GATE,
        "manifests/workloads/kernels.toml": workload,
        "tools/copier.py": COPIER,
        **{f"programs/{name}.py": text for name, text in programs.items()},
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _git(folder, "init", "--quiet")
    base = _commit(folder, {"made": 0, "turns": {}, "shares": {}})
    return _Project(folder, command_environment(folder.parent / "cache"), base)


def _commit(folder: Path, table: dict[str, Any]) -> str:
    (folder / "tools/slowdowns.json").write_text(json.dumps(table), encoding="utf-8")
    _git(folder, "add", "-A")
    _git(folder, "commit", "--quiet", "-m", "What is slower")
    return _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *words: str) -> str:
    said = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false")
    done = subprocess.run(("git", *said, *words), cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def main(files: Sequence[str]) -> None:
    """The rows of kept trials as CSV, and the table of them."""
    kept = [json.loads(Path(file).read_text(encoding="utf-8")) for file in files]
    found = [Trial(**row) for one in kept for row in one["trials"]]
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(field.name for field in fields(Trial))
    rows.writerows(astuple(one) for one in found)
    print(markdown(found, [Spent(**row) for one in kept for row in one["spent"]]), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
