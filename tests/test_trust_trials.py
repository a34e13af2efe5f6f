"""The long trials of `nox -s stress`, in short: kills, damage, pruning and many builders."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from build_projects import needs

sys.path.insert(0, str(Path(__file__).parent / "stress"))

import concurrency_trials
import corruption_trials
import kill_trials
from tally import Tally, table


def kept(tally: Tally, trials: int) -> bool:
    """All trials were made, and every promise was kept."""
    print(table([tally]), *tally.notes, sep="\n")
    return tally.trials >= trials and tally.is_good


@pytest.fixture(autouse=True)
def _compiler() -> None:
    needs("gcc")


def test_kills(tmp_path: Path) -> None:
    assert kept(kill_trials.run(tmp_path / "trial", 5, seed=1), 5)


def test_corruptions(tmp_path: Path) -> None:
    tally = corruption_trials.run(tmp_path / "trial", 25, seed=1)
    assert kept(tally, 25)
    assert tally.named


def test_pruning_beside_builds(tmp_path: Path) -> None:
    assert kept(concurrency_trials.run_prune(tmp_path / "trial", 2, seed=1), 2)
