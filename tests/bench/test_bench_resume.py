"""Which run of a lane `bench --resume` goes on with, and what it says of the others."""

from __future__ import annotations

import shutil
from pathlib import Path

from lane_projects import WORK, lane_project

OLDER = "20250101T000000Z"


def test_a_run_is_gone_on_with_by_its_name(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    assert lane.run("bench", "toys_native", "--quick").code == 0
    [folder] = (lane.root / "bench/results/toys_native").iterdir()
    (folder / "result.json").unlink()  # as if it had been killed at its end
    older = folder.parent / OLDER
    shutil.copytree(folder, older)

    unknown = lane.run("bench", "toys_native", "--resume", "20240101T000000Z")
    assert unknown.code == 2
    assert "there is no run 20240101T000000Z of toys_native" in unknown.err
    assert f"unfinished: {folder.name}, {OLDER}" in unknown.err

    done = lane.run("bench", "toys_native", "--resume", OLDER)
    assert done.code == 0, done.err
    assert f"going on with {OLDER}; unfinished too: {folder.name}\n" in done.err
    assert (older / "result.json").is_file() and not (folder / "result.json").exists()
    whole = lane.run("bench", "toys_native", "--resume", OLDER)
    assert whole.code == 2
    assert f"{OLDER} is complete: there is nothing to go on with" in whole.err
    assert f"unfinished: {folder.name}" in whole.err

    # The name of a run says of which lane it is.
    other = lane.run("bench", "another", "--resume", f"toys_native/{folder.name}")
    assert other.code == 2 and "is no run of another" in other.err
    done = lane.run("bench", "--resume", f"toys_native/{folder.name}")
    assert done.code == 0, done.err
    assert f"going on with {folder.name}\n" in done.err
    assert (folder / "result.json").is_file()
    for words in (("toys_native", "--resume"), ("--resume", "toys_native")):
        none = lane.run("bench", *words)
        assert none.code == 2
        assert "there is no unfinished run of toys_native" in none.err
    nothing = lane.run("bench", "--resume")
    assert nothing.code == 2 and "no lane is named" in nothing.err
