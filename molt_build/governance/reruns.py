"""What a base leaves unclear is measured again: fresh blocks of those programs alone, pooled.

A program is unclear where its interval holds the limit, or has too few blocks for one, or where it
was ended for its time limit, as a crowded machine does to some. Each rerun asks for about as many
blocks of it as there are, so their number doubles; they are put together with those before
(`molt_build.governance.bases.pooled`). There are at most as many reruns as were asked for, and the
result says how many there were.

To look again where the first look was unclear makes the interval cover less than it says. Simulated
with a limit of 10 %, eight blocks whose ratios lie 4 % apart (normal noise), in 1,500 trials each,
the share that fails and that stays unclear, in per cent, after no rerun and after two:

    really worse by      0 %         5 %         9 %        10 %        15 %        20 %
    no rerun           0.0, 2.5    0.0, 36     0.7, 93    2.1, 96     61, 39      96, 4
    two                0.0, 0.0    0.0, 0.3    1.3, 77    6.1, 89     99.7, 0.3   100, 0

So what is at the limit itself fails three times as often, and what is below it does not; with
Student's t of 3 degrees of freedom it is the same. Two is the default for that reason.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path

from molt_build.bench.selection import Asked
from molt_build.building.session import Session
from molt_build.governance.bases import measure_base, measured_beside
from molt_build.governance.evidence import evidence
from molt_build.governance.figures import figure_programs
from molt_build.governance.freshness import Tree
from molt_build.governance.gates import judge_gate
from molt_build.governance.judging import HOLDS_THE_LIMIT, NO_INTERVAL
from molt_build.manifests.gate import Gate
from molt_build.measure.environment import read_environment
from molt_build.measure.process import METRIC_WAYS, Metric
from molt_build.results.bench import metric_named
from molt_build.results.files import read_bench
from molt_build.results.gates import JudgedMember
from molt_build.runs.folder import RESULTS, named_by_time
from molt_build.watch import Watch, counted

RERUNS = 2  # at most, where nothing else is said
PILOT_S = 3.0  # of probes and a first sweep, about
BETWEEN = 1.3  # how much longer blocks take than their runs: what lies between these
UNCLEAR = (HOLDS_THE_LIMIT, NO_INTERVAL)
TIMEOUT = "timeout:"  # how the note of one begins


def measure_until_clear(
    session: Session,
    gates: Sequence[Gate],
    base: str,
    watch: Watch,
    *,
    jobs: int,
    reruns: int,
) -> tuple[list[str], int]:
    """The runs beside the base that were made, and how many of them are reruns of what was unclear.

    Raises as `run_lane` does.
    """
    of_base = [gate for gate in gates if gate.against == "base"]
    made = measure_base(session, of_base, base, watch, jobs=jobs)
    count = 0
    for _ in range(reruns):
        unclear = _unclear(session, of_base, base, made, watch)
        for (lane, engine, column), programs in unclear.items():
            watch.note(f"{lane}: {counted(len(programs), 'program')} unclear, measured again")
            spent_s = _spent(session.project, made, lane, column, programs)
            asked = Asked(
                programs=tuple(programs),
                engines=(engine,),
                against=base,
                columns=(column,),
                budget_s=PILOT_S + BETWEEN * spent_s,
            )
            with named_by_time():
                made.append(measured_beside(session, lane, asked, watch, jobs))
            count += 1
        if not unclear:
            break
    return made, count


def _unclear(
    session: Session, gates: Sequence[Gate], base: str, made: Sequence[str], watch: Watch
) -> dict[tuple[str, str, Metric], dict[str, None]]:
    """By lane, engine and column the programs of which some gate does not know enough.

    What is counted is as well known as it can be.
    """
    found: dict[tuple[str, str, Metric], dict[str, None]] = {}
    manifests, project = session.manifests, session.project
    machine_class = read_environment(project).machine_class
    tree = Tree(project, time.time(), made)
    with evidence(project, watch.note) as rows:
        for gate in gates:
            assert gate.lane is not None  # `molt-build check` allows no other figure
            metric = metric_named(gate.lane.metric)
            if METRIC_WAYS[metric] == "counted":
                continue
            judged = judge_gate(rows, manifests, gate, tree, machine_class, watch.note, base=base)
            names = [one.of for one in judged.members if _is_unclear(one)]
            if names and gate.lane.take == "mean":
                names = figure_programs(manifests, gate.lane)
            if names:
                key = (gate.lane.name, gate.engine or manifests.project.subject, metric)
                found.setdefault(key, {}).update(dict.fromkeys(names))
    return found


def _is_unclear(one: JudgedMember) -> bool:
    return one.note in UNCLEAR or one.note.startswith(TIMEOUT)


def _spent(
    project: Path, made: Sequence[str], lane: str, column: Metric, programs: Collection[str]
) -> float:
    """The seconds of all runs of these programs in the blocks that were measured so far."""
    results = [read_bench(project / RESULTS / run) for run in made if run.startswith(f"{lane}/")]
    return sum(
        run.metrics.get("wall_s", 0.0)
        for result in results
        for block in result.lanes[lane].blocks(column)
        if block.program in programs
        for run in block.runs
    )
