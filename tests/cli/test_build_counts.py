"""What a build says of itself in its last line, warm or not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from build_projects import Project
from other_processes import PATIENCE_S

REPOSITORY = Path(__file__).parents[2]
TIMES = r"\((\d+\.\d+) s; (\d+\.\d+) s saved\)"


def last_line(project: Project, *words: str) -> tuple[str, float]:
    """The line without its times, and the seconds that it says were saved."""
    result = project.run("build", *words)
    assert result.code in (0, 1), result.err
    line = result.out.splitlines()[-1]
    match = re.search(TIMES, line)
    assert match is not None, line
    return line[: match.start()].rstrip(), float(match[2])


def test_counts_are_told_in_one_order_with_what_was_saved(toys: Project) -> None:
    toys.write("programs/one.toy", "NAP\n")  # its translation takes 0.3 s
    assert last_line(toys, "one") == ("1 program with toy dev: 0 up to date, 0 hits, 2 executed", 0)
    line, warm_s = last_line(toys, "one")
    assert line == "1 program, 2 actions: all up to date"
    assert warm_s >= 0.3
    (toys.root / ".molt-build/plans/toy/dev/native.plan").unlink()
    line, full_s = last_line(toys, "one")  # decided by content, to the same end
    assert (line, full_s) == ("1 program with toy dev: 2 up to date, 0 hits, 0 executed", warm_s)
    line, hit_s = last_line(toys.copy(toys.root.parent / "copy"), "one")
    assert (line, hit_s) == ("1 program with toy dev: 0 up to date, 2 hits, 0 executed", warm_s)
    line, _ = last_line(toys, "one", "two")
    assert line == "2 programs with toy dev: 2 up to date, 0 hits, 2 executed"
    toys.write("programs/two.toy", "FAIL\n")
    line, _ = last_line(toys, "one", "two", "--keep-going")
    assert line == "2 programs with toy dev: 2 up to date, 0 hits, 0 executed, 1 failed"


def test_what_would_be_done_is_counted_too(toys: Project) -> None:
    toys.build("one")
    result = toys.run("build", "one", "two", "--dry-run")
    line = result.out.splitlines()[-1]
    assert (
        line == "2 programs with toy dev: 2 up to date, 0 hits, 1 to be executed with what follows"
    )
    assert toys.run("build", "one", "--dry-run").out.splitlines()[-1].startswith("1 program with ")


def test_programs_are_told_the_same_number(toys: Project) -> None:
    toys.write("programs/one.toy", "NAP\n")
    assert toys.build("one", "two")["saved_s"] == 0
    warm = toys.build("one", "two")
    toys.write("manifests/more.toml", "")  # not valid, and gone again: the plan is not asked
    (toys.root / "manifests/more.toml").unlink()
    (toys.root / ".molt-build/plans/toy/dev/native.plan").unlink()
    full = toys.build("one", "two")
    assert full["saved_s"] == warm["saved_s"] >= 0.3
    assert full["up_to_date"] == warm["up_to_date"] == 4


def test_one_of_a_thing_is_one(toys: Project) -> None:
    toys.build("one")
    said = toys.run("cache", "stats").out
    assert re.search(r"^1 build recorded: ", said, re.MULTILINE)
    assert "1 files" not in said and "1 builds" not in said


def test_bootstrap_without_words_says_what_it_can_do() -> None:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "bootstrap.py")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stderr) == (2, "")
    for word in ("bench_native", "tests", "-l"):
        assert f"python3 bootstrap.py {word}" in done.stdout


@pytest.mark.parametrize("words", [("build", "one"), ("build", "one", "--json")])
def test_a_warm_build_whose_reader_went_away(toys: Project, words: tuple[str, ...]) -> None:
    toys.build("one")
    process = toys.start(*words)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert (process.stderr.read(), process.wait(PATIENCE_S)) == ("", 0)
