"""`--precision`: blocks that are fixed for a wished width of intervals, from a pilot apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lane_projects import WORK, LaneProject, checked, lane_project

from molt_build.measure.planning import SPREAD_SWEEPS, blocks_needed

# Its third run under the compiler, which is in the pilot, prints something else.
LATER = """\
COMPILED = False
from pathlib import Path
count = Path({count!r})
times = int(count.read_text()) + 1 if count.exists() else 1
if COMPILED:
    count.write_text(str(times))
print("good" if times < 3 else "bad")
"""


@pytest.fixture
def lane(tmp_path: Path) -> LaneProject:
    later = LATER.format(count=str(tmp_path / "count"))
    return lane_project(tmp_path / "lane", {"bench_work": WORK, "bench_later": later})


def test_a_wished_precision_fixes_the_blocks_and_its_pilot_is_no_result(lane: LaneProject) -> None:
    done = lane.run("bench", "toys_native", "--precision", "45%", "--json")
    result = checked(json.loads(done.out))
    measured = result.lane.measurements["run"]
    plan = measured.plan
    assert (plan.precision, set(plan.spreads)) == (0.45, {"toy"})
    needed = blocks_needed(plan.spreads, 0.45)
    assert plan.blocks == min(needed, 400) >= 6
    assert [block.index for block in measured.blocks if block.program == "bench_work"] == [
        *range(plan.blocks)
    ]
    blocks = f"{plan.blocks} blocks of 3 programs, for a median half-width of 45 %"
    assert blocks in done.err and f"{SPREAD_SWEEPS} sweeps more" in done.err
    assert f"the pilot's {SPREAD_SWEEPS + 1} sweeps fixed it" in done.err
    # What the longer pilot finds wanting is not scored, and counts as a failure.
    assert done.code == 1 and "bench_later under toy" in done.err
    assert result.lane.cells_by_key["bench_later", "toy"].status == "differs"
    assert result.command[-2:] == ("--precision", "0.45")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--precision", "3%", "--quick"), "does not go with --quick"),
        (("--precision", "3%", "--budget", "9"), "not allowed with argument"),
        (("--precision", "wide"), "must be a share above 0, at most a half: 3%, or 0.03"),
        (("--precision", "80%"), "must be a share above 0, at most a half: 3%, or 0.03"),
    ],
)
def test_what_is_no_precision_is_said(lane: LaneProject, words: tuple[str, ...], said: str) -> None:
    done = lane.run("bench", "toys_native", *words)
    assert done.code == 2 and said in done.err
