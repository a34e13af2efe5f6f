"""Long trials of `nox -s stress`, in short: kills, signals, damage, pruning, and changes of files
while they are read. Many builders, races of links and trees of headers are tried there alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from build_projects import needs

sys.path.insert(0, str(Path(__file__).parents[1] / "stress"))

import concurrency_trials
import corruption_trials
import interrupt_trials
import kill_trials
import race_trials
from tally import Tally, table


def kept(tally: Tally, trials: int) -> bool:
    """All trials were made, and every promise was kept."""
    print(table([tally]), *tally.notes, sep="\n")
    return tally.trials >= trials and tally.is_good


@pytest.fixture(autouse=True)
def _compiler() -> None:
    needs("gcc")


@pytest.mark.long
def test_kills(tmp_path: Path) -> None:
    assert kept(kill_trials.run(tmp_path / "trial", 3, seed=1), 3)


@pytest.mark.long
def test_interrupts(tmp_path: Path) -> None:
    assert kept(interrupt_trials.run(tmp_path / "trial", 4, seed=1), 4)


def test_corruptions(tmp_path: Path) -> None:
    tally = corruption_trials.run(tmp_path / "trial", 25, seed=1)
    assert kept(tally, 25)
    assert tally.named


def test_pruning_beside_builds(tmp_path: Path) -> None:
    assert kept(concurrency_trials.run_prune(tmp_path / "trial", 2, seed=1), 2)


@pytest.mark.long
def test_races(tmp_path: Path) -> None:
    assert kept(race_trials.run(tmp_path / "trial", 4, 1, names=("c", "packed")), 4)


def test_races_find_what_a_build_without_its_second_look_does(tmp_path: Path) -> None:
    trials = race_trials.run(
        tmp_path / "trial",
        30,
        1,
        kinds="header outside",
        names=("c",),
        mutant=race_trials.SECOND_LOOK,
        until_wrong=True,
    )
    print(table([trials]), *trials.notes, sep="\n")
    assert trials.wrong
