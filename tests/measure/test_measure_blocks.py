"""Blocks of real programs: order, seeds, outputs, interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from other_processes import PATIENCE_S, end_of

from molt_build.measure.blocks import (
    Measurement,
    ProgramCommands,
    hash_seeds,
    log_ratios,
    run_blocks,
    run_pilot,
    values,
)
from molt_build.measure.planning import layout_sizes, plan
from molt_build.measure.process import Command, Launcher, Sample
from molt_build.measure.statistics import ratio_estimate
from molt_build.patterns import without_lines

Case = Callable[..., ProgramCommands]


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Launcher() as started:
        yield started


@pytest.fixture
def case(tmp_path: Path) -> Case:
    def make(name: str, timeout_s: float = PATIENCE_S, **sources: str) -> ProgramCommands:
        commands = {
            engine: Command(
                (sys.executable, "-S", "-c", textwrap.dedent(source)), str(tmp_path), {}
            )
            for engine, source in sources.items()
        }
        return ProgramCommands(name, commands, timeout_s)

    return make


def measured(
    launcher: Launcher, programs: list[ProgramCommands], blocks: int, engines: tuple[str, ...]
) -> Measurement:
    pilot = run_pilot(
        programs, engines=engines, reference=engines[0], launcher=launcher, hash_seed=7
    )
    return run_blocks(programs, pilot, seeds=hash_seeds(blocks), launcher=launcher)


def test_engines_alternate_and_share_a_block_hash_seed(
    launcher: Launcher, case: Case, tmp_path: Path
) -> None:
    source = """
        import os
        with open('log', 'a') as log:
            print('{}', os.environ['PYTHONHASHSEED'], hash('x'), file=log)
        print('same')
    """
    programs = [case(name, **{e: source.format(name + e) for e in "abc"}) for name in ("p", "q")]
    result = measured(launcher, programs, 3, ("a", "b", "c"))
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()][6:]
    assert [line[0] for line in lines] == [
        *("pb", "pa", "pc", "qc", "qa", "qb"),
        *("pc", "pa", "pb", "qb", "qa", "qc"),
        *("pb", "pa", "pc", "qc", "qa", "qb"),
    ]
    for block in range(3):
        seen = lines[block * 6 : block * 6 + 6]
        assert {line[1] for line in seen} == {str(hash_seeds(3)[block])}
        assert len({line[2] for line in seen}) == 1
    assert len({line[2] for line in lines}) == 3
    assert [block.index for block in result.blocks] == [0, 0, 1, 1, 2, 2]
    assert all(result.is_scored(program, engine) for program in "pq" for engine in "abc")
    assert len(values(result.blocks, "wall_s")["p", "b"]) == 3
    assert len(log_ratios(result.blocks, "b", "a", "cpu_s")["q"]) == 3


def test_cells_that_cannot_be_scored_say_why(launcher: Launcher, case: Case) -> None:
    good = "print('1'); print('2')"
    programs = [
        case("fine", ref=good, x=good),
        case("other", ref=good, x="print('1'); print('3')"),
        case("longer", ref=good, x="print('1'); print('2'); print('3')"),
        case("broken", ref=good, x="raise ValueError('no')"),
        case("slow", ref=good, x="import time; time.sleep(600)", timeout_s=2.0),
        case("nothing", ref="raise SystemExit(1)", x=good),
        case("absent", ref=good),
    ]
    result = measured(launcher, programs, 2, ("ref", "x"))
    cells = {
        name: (c.status, c.reason) for (name, engine), c in result.cells.items() if engine == "x"
    }
    assert cells["fine"] == ("ok", "")
    assert cells["other"] == ("differs", "line 2 is '3', ref printed '2'")
    assert cells["longer"] == ("differs", "printed 3 lines, ref 2")
    assert cells["broken"] == ("failed", "failed with exit status 1: ValueError: no")
    assert cells["slow"][0] == "timeout"
    assert cells["nothing"] == ("unchecked", "ref gave no output to compare with")
    assert "absent" not in cells
    assert result.cells["nothing", "ref"].status == "failed"
    assert [one.name for one in programs if result.is_scored(one.name, "x")] == ["fine"]
    assert log_ratios(result.blocks, "x", "ref", "wall_s").keys() == {"fine"}
    run_by_x = {block.program for block in result.blocks for run in block.runs if run.engine == "x"}
    assert run_by_x == {"fine"}
    found = values(result.blocks, "wall_s")
    assert len(found["slow", "ref"]) == 2
    assert ("other", "x") not in found


def test_a_cell_that_differs_later_is_dropped_from_then_on(
    launcher: Launcher, case: Case, tmp_path: Path
) -> None:
    source = """
        from pathlib import Path
        count = Path('count')
        times = int(count.read_text()) + 1 if count.exists() else 1
        count.write_text(str(times))
        print('good' if times < 4 else 'bad')
    """
    result = measured(launcher, [case("p", ref="print('good')", x=source)], 6, ("ref", "x"))
    assert result.cells["p", "x"].reason == "line 1 is 'bad', ref printed 'good'"
    engines = [{run.engine for run in block.runs} for block in result.blocks]
    assert engines == [{"ref", "x"}] * 3 + [{"ref"}] * 3
    assert not result.is_scored("p", "x")
    assert [[one.reason for one in block.wanting] for block in result.blocks[:4]] == [
        *([[]] * 2),
        [result.cells["p", "x"].reason],
        [],
    ]
    assert len(values(result.blocks, "wall_s")["p", "ref"]) == 6
    # It stays dropped when the measurement is resumed after a pilot in which it was right.
    (tmp_path / "count").unlink()
    programs = [case("p", ref="print('good')", x=source)]
    pilot = run_pilot(
        programs, engines=("ref", "x"), reference="ref", launcher=launcher, hash_seed=1
    )
    assert pilot.cells["p", "x"].status == "ok"
    resumed = run_blocks(
        programs, pilot, seeds=hash_seeds(8), launcher=launcher, done=result.blocks
    )
    assert resumed.cells["p", "x"].status == "differs"
    assert not resumed.is_scored("p", "x")


def test_the_number_of_blocks_is_fixed_from_the_pilot(launcher: Launcher, case: Case) -> None:
    nap = "import time; time.sleep(0.1); print()"
    programs = [case("p", a=nap, b=nap), case("q", a=nap, b="raise SystemExit(1)")]
    pilot = run_pilot(programs, engines=("a", "b"), reference="a", launcher=launcher, hash_seed=1)
    planned = plan(pilot, budget_s=1000.0)
    assert planned.blocks == 60
    assert planned.sweep_s >= 0.3  # the cell that failed costs nothing any more
    assert plan(pilot, budget_s=planned.sweep_s * 10.9).blocks == 10
    assert plan(pilot, budget_s=0.1).blocks == 6
    assert plan(pilot, budget_s=0.1, minimum=2).blocks == 2


def test_done_blocks_are_not_measured_again(launcher: Launcher, case: Case) -> None:
    programs = [case(name, a="print()", b="print()") for name in ("p", "q")]
    pilot = run_pilot(programs, engines=("a", "b"), reference="a", launcher=launcher, hash_seed=1)
    runs: list[tuple[str, str]] = []

    def stop_after_six(program: str, engine: str, _: Sample) -> None:
        runs.append((program, engine))
        if len(runs) == 7:
            raise KeyboardInterrupt

    seeds = hash_seeds(4)
    part = run_blocks(programs, pilot, seeds=seeds, launcher=launcher, on_run=stop_after_six)
    assert part.is_interrupted
    assert [(block.program, block.index) for block in part.blocks] == [("p", 0), ("q", 0), ("p", 1)]
    runs.clear()
    whole = run_blocks(
        programs,
        pilot,
        seeds=seeds,
        launcher=launcher,
        done=part.blocks,
        on_run=lambda program, engine, _: runs.append((program, engine)),
    )
    assert not whole.is_interrupted
    assert whole.blocks[:3] == part.blocks
    assert len(runs) == 10
    assert {(b.program, b.index) for b in whole.blocks} == {(p, i) for p in "pq" for i in range(4)}


def test_ctrl_c_keeps_complete_blocks_and_leaves_no_orphan(tmp_path: Path) -> None:
    source = """
        import json, os, sys
        from molt_build.measure.blocks import ProgramCommands, hash_seeds, run_blocks, run_pilot
        from molt_build.measure.process import Command, Launcher, Sample
        nap = "import os, time; open('pids', 'a').write(f'{os.getpid()} '); time.sleep(0.2)"
        command = Command((sys.executable, "-S", "-c", nap), sys.argv[1], {})
        programs = [ProgramCommands("p", {"a": command, "b": command})]
        with Launcher() as launcher:
            pilot = run_pilot(
                programs, engines=("a", "b"), reference="a", launcher=launcher, hash_seed=1
            )
            result = run_blocks(
                programs, pilot, seeds=hash_seeds(500), launcher=launcher,
                on_block=lambda block: print("block", flush=True),
            )
        print(json.dumps([result.is_interrupted, [len(b.runs) for b in result.blocks]]))
    """
    measuring = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source), str(tmp_path)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert measuring.stdout is not None
    for _ in range(3):
        assert measuring.stdout.readline() == "block\n"
    time.sleep(0.1)
    measuring.send_signal(signal.SIGINT)
    rest, _ = end_of(measuring)
    assert measuring.returncode == 0
    is_interrupted, sizes = json.loads(rest.splitlines()[-1])
    assert is_interrupted
    assert len(sizes) >= 3
    assert set(sizes) == {2}
    for pid in (tmp_path / "pids").read_text().split():
        stat = Path(f"/proc/{pid}/stat")
        assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_an_engine_against_itself_and_against_a_slower_one(launcher: Launcher, case: Case) -> None:
    work = "sum(i & 7 for i in range({}))"
    fast, slow = work.format(100_000), work.format(4_000_000)
    programs = [case("p", ref=fast, same=fast, slower=slow)]
    result = measured(launcher, programs, 8, ("ref", "same", "slower"))
    same = ratio_estimate(log_ratios(result.blocks, "ref", "same", "cpu_s")["p"])
    slower = ratio_estimate(log_ratios(result.blocks, "ref", "slower", "cpu_s")["p"])
    assert same.low is not None and same.high is not None and same.low <= same.ratio <= same.high
    assert slower.low is not None and slower.low > 1.2
    assert slower.ratio > 2 * same.ratio


VOLATILE = ("[0-9.]+", "took .* s")


def test_lines_that_are_never_equal_are_not_compared(launcher: Launcher, case: Case) -> None:
    clock = "import time; print('took', time.perf_counter(), 's'); print('answer 42')"
    other = clock.replace("42", "43")
    program = replace(case("p", a=clock, b=clock, c=other), volatile=VOLATILE)
    result = measured(launcher, [program], 2, ("a", "b", "c"))
    assert result.cells["p", "b"].status == "ok"
    cell = result.cells["p", "c"]
    assert cell.status == "differs" and "'answer 43', a printed 'answer 42'" in cell.reason


def test_too_long_an_output_is_unchecked_only_where_lines_are_left_out(
    launcher: Launcher, case: Case
) -> None:
    endless = "import os; print('x' * 2**20 + os.environ['WHO'])"
    program = case("p", a=endless, b=endless)
    named = {
        engine: replace(command, environment={"WHO": engine})
        for engine, command in program.commands.items()
    }
    program = replace(program, commands=named)
    result = measured(launcher, [program], 1, ("a", "b"))
    assert result.cells["p", "b"].status == "differs"
    result = measured(launcher, [replace(program, volatile=VOLATILE)], 1, ("a", "b"))
    assert result.cells["p", "b"].status == "unchecked"
    assert "1048578 bytes" in result.cells["p", "b"].reason


@pytest.mark.parametrize(
    "output", [b"", b"\n", b"a\n1.5\n\nb", b"1.5", b"took 1 s\r\ntook 1 s\n", b"\xff\0\n2\n"]
)
def test_lines_are_left_out_as_grep_leaves_them_out(output: bytes) -> None:
    words = [word for pattern in VOLATILE for word in ("-e", pattern)]
    grep = subprocess.run(
        ["grep", "-avxE", *words], input=output, capture_output=True, env={"LC_ALL": "C"}
    )
    assert without_lines(output, VOLATILE) == grep.stdout
    assert without_lines(output, ()) == output


def test_times_that_a_program_writes_are_a_metric(launcher: Launcher, tmp_path: Path) -> None:
    file = str(tmp_path / "times")

    def timed(text: str) -> Sample:
        source = f"open({file!r}, 'w').write({text!r})" if text else "pass"
        command = Command((sys.executable, "-S", "-c", source), str(tmp_path), {}, file)
        return launcher.run(command, timeout_s=PATIENCE_S)

    sample = timed("[9, 5, 1, 2, 3.5]")
    assert sample.failure is None and sample.metrics["steady_s"] == 2
    assert timed("[0.5]").metrics["steady_s"] == 0.5
    for text in ("", "[]", "[1, true]", "{}", "[NaN]", "[-1]", "[1"):
        sample = timed(text)
        assert sample.failure is not None and "wrote no times" in sample.failure, text
        assert "steady_s" not in sample.metrics


def test_layouts_are_spread_over_the_blocks_in_both_orders(launcher: Launcher, case: Case) -> None:
    source = "import os; print(os.environ.get('ENVIRONMENT_PADDING') is not None)"
    programs = [case("p", a=source, b=source)]
    sizes = layout_sizes(3)
    assert sizes == (0, 2531, 966) and len(set(layout_sizes(100))) == 100
    assert all(0 <= size < 4096 for size in layout_sizes(100))
    pilot = run_pilot(programs, engines=("a", "b"), reference="a", launcher=launcher, hash_seed=7)
    assert [block.layout for block in pilot.blocks] == [None]
    found = run_blocks(
        programs, pilot, seeds=hash_seeds(8), launcher=launcher, layouts=sizes
    ).blocks
    assert [block.layout for block in found] == [0, 0, 2531, 2531, 966, 966, 0, 0]
    orders = {(block.layout, block.runs[0].engine) for block in found}
    assert len(orders) == 6, "each layout meets both orders of engines"
