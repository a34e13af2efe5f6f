"""Instructions, really counted: the same number again, whatever the environment was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from build_projects import needs
from hypothesis import given
from hypothesis import strategies as st

from molt_build.errors import ToolMissing
from molt_build.measure.blocks import Block, BlockRun
from molt_build.measure.counting import (
    WORDS_BYTES,
    CountedCommand,
    CountingLauncher,
    counting,
    find_counter,
    padded,
)
from molt_build.measure.counts import between, counted_changes, noise_floors, within_floor
from molt_build.measure.process import Launcher, Sample
from molt_build.measure.statistics import RatioEstimate
from molt_build.results.verdicts import verdict

C = """\
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
    unsigned long sum = 0;
    for (unsigned long i = 0; i < 100000; i++) sum += i * i;
    if (count > 1) {
        if (fork() == 0) execl(words[0], words[0], (char *)0);
        wait(0);
    }
    printf("%lu\\n", sum);
    return 3;
}
"""


@contextmanager
def counter_here(cache: Path, *, is_kept: bool = True) -> Iterator[CountingLauncher]:
    """What counts on this machine; the test is skipped, with the reason, where nothing does."""
    with Launcher() as launcher:
        try:
            counter = find_counter(launcher, cache)
        except ToolMissing as error:
            pytest.skip(error.message)
        with counting(launcher, counter, cache, "machine", is_kept=is_kept) as counts:
            yield counts


def instructions(counts: CountingLauncher, command: CountedCommand) -> Sample:
    sample = counts.run(command, timeout_s=120)
    assert sample.failure is None and sample.unsupported is None, sample
    return sample


def test_a_program_in_c_is_counted_exactly_with_its_children(tmp_path: Path) -> None:
    source, program = tmp_path / "program.c", tmp_path / "program"
    source.write_text(C)
    subprocess.run([needs("cc"), "-O0", str(source), "-o", str(program)], check=True)
    with counter_here(tmp_path, is_kept=False) as counts:
        at = {"cwd": str(counts.place / "work"), "exit_status": 3}
        command = CountedCommand((str(program),), environment={"NAME": "x"}, **at)
        longer = replace(command, environment={"NAME": "x" * 3000})
        alone, again = (
            instructions(counts, one).metrics["instructions"] for one in (command, longer)
        )
        assert alone == pytest.approx(again, rel=0.001) and alone > 500_000
        if counts.counter.is_emulated:
            assert alone == again
        child = instructions(counts, replace(command, argv=(str(program), "child")))
        assert child.stdout.count(b"\n") == 2
        assert child.metrics["instructions"] > 1.9 * alone
        failing = counts.run(replace(command, exit_status=0), timeout_s=120)
        assert failing.failure == "failed with exit status 3"
        assert "instructions" not in failing.metrics


@pytest.mark.long
def test_a_program_in_python_is_counted_exactly(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("print(len({str(i) for i in range(1000)}))\n")
    with counter_here(tmp_path) as counts:
        command = CountedCommand(
            (sys.executable, "-S", "source/program.py"),
            str(counts.place),
            {"PYTHONHASHSEED": "0"},
            identity="program",
            links={"source": str(tmp_path)},
        )
        first = instructions(counts, command)
        second = instructions(counts, replace(command, turn=1))
        assert first.metrics["instructions"] == pytest.approx(
            second.metrics["instructions"], rel=0.001
        )
        assert not first.is_kept and not second.is_kept
        if counts.counter.is_emulated:
            assert first.metrics["instructions"] == second.metrics["instructions"]
        script.unlink()  # nothing runs: it is known
        again = instructions(counts, replace(command, turn=1))
        assert again.is_kept and again.metrics["instructions"] == second.metrics["instructions"]
        assert (again.stdout, again.stdout_sha256) == (first.stdout, first.stdout_sha256)


def test_a_machine_without_counters_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Launcher() as launcher, pytest.raises(ToolMissing) as missing:
        find_counter(launcher, tmp_path)
    assert "perf is not there; valgrind is not there" in missing.value.message
    assert missing.value.hint == "apt-get install valgrind"


@given(st.lists(st.text("abc", max_size=50), min_size=1), st.dictionaries(st.text("AB"), st.text()))
def test_words_are_as_long_whatever_they_are(words: list[str], variables: dict[str, str]) -> None:
    command = padded(CountedCommand(tuple(words), "/", variables))
    told = [*command.argv, *(f"{name}={value}" for name, value in command.environment.items())]
    size = sum(len(word.encode()) + 1 for word in told)
    assert size % WORDS_BYTES == 0 and size > 0


def counts_of(program: str, *rows: tuple[int, int]) -> list[Block]:
    return [
        Block(
            program,
            index,
            0,
            tuple(
                BlockRun(name, {"instructions": count})
                for name, count in zip(("then", "now"), row, strict=True)
            ),
        )
        for index, row in enumerate(rows)
    ]


def test_the_floor_is_the_largest_difference_between_two_counts_of_the_same() -> None:
    blocks = [*counts_of("a", (1000, 500), (1001, 500)), *counts_of("b", (10_000, 7), (10_005, 7))]
    floors = noise_floors(blocks)
    assert floors == {"then": pytest.approx(0.001), "now": 0.0}
    assert between(floors, "then", "now") == pytest.approx(0.001)
    assert between(floors, "then", "other") is None
    assert between(None, "then") is None


@given(st.floats(0.2, 5).filter(lambda ratio: abs(ratio - 1) > 1e-9), st.floats(0, 0.1))
def test_a_verdict_on_counts_is_by_the_floor(ratio: float, floor: float) -> None:
    estimate = within_floor(RatioEstimate(ratio, None, None, 2), floor)
    said = verdict(estimate, 0.0001)
    is_beyond = max(ratio, 1 / ratio) > 1 + floor and max(ratio, 1 / ratio) >= 1.0001
    assert (said in ("faster", "slower")) == is_beyond
    if is_beyond:
        assert said == ("faster" if ratio > 1 else "slower")


def test_a_change_of_counts_is_real_beyond_the_floor_alone() -> None:
    logs = {"same": (0.0, 0.0), "tiny": (0.00005, 0.00005), "less": (0.01, 0.0102)}
    found = {one.program: one for one in counted_changes(logs, 0.0)}
    assert {name: one.is_real for name, one in found.items()} == {
        "same": False,
        "tiny": False,
        "less": True,
    }
    assert not any(one.is_real for one in counted_changes(logs, 0.02))
    assert found["less"].p_value is None and found["less"].change.low == found["less"].change.ratio
