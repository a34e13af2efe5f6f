"""The harness of `nox -s perf`: rounds, verdicts, and what its page shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from molt_build.errors import MeasurementFailed
from molt_build.measure.process import Command, Launcher

PERF = Path(__file__).parents[1] / "perf"


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(PERF))
    import rounds

    yield rounds


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(PERF))
    import page

    yield page


def side(rounds: ModuleType, name: str, log: Path, *words: str, **more: Any) -> Any:
    script = f"echo {name} >> '{log}'; {' '.join(words) or 'true'}"
    return rounds.Side(name, Command(("/bin/sh", "-c", script), "/", {}), **more)


def test_commands_are_measured_in_turn_and_the_order_turns_round(
    rounds: ModuleType, tmp_path: Path
) -> None:
    log, said = tmp_path / "log", []
    sides = [side(rounds, name, log) for name in ("a", "b")]
    with Launcher() as launcher:
        found = rounds.measure(launcher, sides, 3, warm_ups=1, progress=said.append)
    assert log.read_text().split() == ["b", "a", "a", "b", "b", "a", "a", "b"]
    assert [len(samples) for samples in found.values()] == [3, 3]
    assert all(sample["peak_memory_bytes"] > 0 for sample in found["a"])
    assert len(said) == 3


def test_a_command_that_fails_or_does_other_work_is_not_measured(
    rounds: ModuleType, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    fails = side(rounds, "fails", log, "echo no good >&2; exit 3")
    lazy = side(rounds, "lazy", log, wrong=lambda sample: "built nothing")
    with Launcher() as launcher:
        with pytest.raises(MeasurementFailed, match="exit status 3\nno good"):
            rounds.measure(launcher, [fails], 1, progress=print)
        with pytest.raises(MeasurementFailed, match="lazy: built nothing"):
            rounds.measure(launcher, [lazy], 1, progress=print)


def measured(rounds: ModuleType, ours: list[float], limit: float | None) -> dict[str, Any]:
    sides = {
        name: [{"wall_s": t, "cpu_s": t, "peak_memory_bytes": 2**20} for t in times]
        for name, times in (("ours", ours), ("theirs", [1.0] * len(ours)))
    }
    target = rounds.Target("ours", "theirs", limit)
    found: dict[str, Any] = rounds.Measured("lane", "The lane", sides, [target]).as_json()
    return found


@pytest.mark.parametrize(
    ("ours", "limit", "words"),
    [
        ([2.0] * 8, 4.0, "met"),
        ([5.0] * 8, 4.0, "**missed** by 25%"),
        ([3.6, 3.7, 3.8, 3.9, 4.1, 4.2, 4.3, 4.4], 4.2, "met, within the noise"),
        ([9.0] * 8, None, "no target"),
    ],
)
def test_a_target_is_met_or_missed_by_the_median(
    rounds: ModuleType, page: ModuleType, ours: list[float], limit: float | None, words: str
) -> None:
    assert page.verdict(measured(rounds, ours, limit)["ratios"][0]) == words


def result(name: str, benchmark: dict[str, Any], **more: Any) -> dict[str, Any]:
    machine = {"machine_class": "x86_64 / CPU / 2 cores", "system": "Linux", "kernel": "6"}
    git = {"git_commit": f"{name}00000000000", "git_is_dirty": False}
    return {
        "kind": "perf",
        "schema_version": 1,
        "run": name,
        "is_quick": False,
        "environment": {**machine, **git, "python": "CPython 3.11.7"},
        "file_system": "ext4",
        "versions": {"doit": "0.36.0"},
        "warnings": [],
        "benchmarks": [benchmark],
        **more,
    }


def test_the_page_shows_the_latest_full_run_of_each_benchmark(
    rounds: ModuleType, page: ModuleType, tmp_path: Path
) -> None:
    folder = tmp_path / page.RESULTS
    folder.mkdir(parents=True)
    other = measured(rounds, [1.5] * 8, None) | {"name": "cold", "title": "From cold"}
    runs = [
        result("r1", measured(rounds, [9.0] * 8, 5.0)),
        result("r2", measured(rounds, [6.0] * 8, 5.0)),
        result("r3", other),
        result("r4", measured(rounds, [7.0] * 2, 5.0), is_quick=True),
    ]
    for run in runs:
        (folder / f"{run['run']}.json").write_text(json.dumps(run))
    shown = page.text(page.latest(tmp_path))
    assert (
        "| The lane | ours / theirs | 6.00x [6.00, 6.00] | ≤ 5x | **missed** by 20% | 8 |" in shown
    )
    assert "| From cold | ours / theirs | 1.50x [1.50, 1.50] |  | no target | 8 |" in shown
    assert "Run r2, commit r20000000000." in shown
    assert "Run r1" not in shown
    assert "Run r4" not in shown
    assert "1.0 MiB" in shown


def test_commands_are_taken_down_as_they_were_started(tmp_path: Path) -> None:
    stage = tmp_path / "cache" / "staging" / "one-step-x1" / "stage"
    stage.mkdir(parents=True)
    (stage / "in.txt").write_text("in")
    package = tmp_path / "fake" / "molt_build" / "cli"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text(
        "import subprocess\n"
        "def main(words):\n"
        f"    subprocess.run(['true', 'word'], cwd={str(stage)!r}, env={{'A': '1'}})\n"
        "    subprocess.run(['true'])\n"
        "    return len(words)\n"
    )
    record = tmp_path / "record"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(tmp_path / "fake"),
        "MOLT_BUILD_CACHE_DIR": str(tmp_path / "cache"),
    }
    argv = [sys.executable, "-P", str(PERF / "recording.py"), str(record), "a", "b"]
    assert subprocess.run(argv, env=environment, check=False).returncode == 2
    (line,) = record.read_text().splitlines()
    assert json.loads(line) == {
        "root": str(stage.parent),
        "argv": ["true", "word"],
        "environment": {"A": "1"},
        "inputs": ["in.txt"],
    }
