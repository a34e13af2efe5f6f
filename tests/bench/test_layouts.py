"""`--layouts N`: how long the environment is, spread over the blocks and recorded with each."""

from __future__ import annotations

from pathlib import Path

from lane_projects import WORK, lane_project


def test_blocks_have_as_many_sizes_of_the_environment_as_were_asked_for(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    done = lane.run("bench", "toys_native", "--layouts", "4", "--program", "work")
    assert done.code == 0, done.err
    result = lane.result()
    measured = result.lane.measurements["run"]
    assert len(measured.plan.layouts) == 4 and measured.plan.blocks == 8
    found = [block.layout for block in measured.blocks if block.program == "bench_work"]
    assert found == [size for size in measured.plan.layouts for _ in range(2)]
    assert "4 layouts: sizes of the environment" in done.err
    assert result.command[-4:] == ("--program", "work", "--layouts", "4")
    assert all(block.layout is None for block in lane.bench("--quick").lane.blocks("wall_s"))
    assert lane.run("bench", "toys_native", "--layouts", "0").code == 2
