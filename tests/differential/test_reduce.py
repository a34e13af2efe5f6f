"""`molt-build reduce`: what broken toolchains get wrong is found by the corpus, and made small."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broken_toolchains import BROKEN, broken_project
from build_projects import Project, Result
from other_processes import PATIENCE_S, end_of, wait_for
from published import assert_published

from molt_build.differential import shrinking
from molt_build.errors import ToolMissing
from molt_build.store.locks import try_lock, unlock

# The program of the corpus that is reduced for each toolchain, and what must be left of it.
CAUGHT = {
    "floor": ("diff_int_constants", "//"),
    "shift": ("diff_bits_masks", "<<"),
    "chain": ("diff_compare_mixed", "=="),
    "order": ("diff_dict_keys", "{"),
    "finally": ("diff_finally_else", "finally:"),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return broken_project(tmp_path_factory.mktemp("broken"))


def reduced(project: Project, *words: str) -> dict[str, Any]:
    result = project.run("reduce", *words, "--json")
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads(result.out)
    assert_published("reduce", found)
    return found


_CAUGHT: dict[str, dict[str, Any]] = {}


def caught(project: Project, toolchain: str) -> dict[str, Any]:
    """What came of the program of a toolchain, reduced once for all tests."""
    if toolchain not in _CAUGHT:
        _CAUGHT[toolchain] = reduced(project, CAUGHT[toolchain][0], "--engine", toolchain)
    return _CAUGHT[toolchain]


def printed(*words: str | Path) -> tuple[int, str]:
    """How a Python that is given these words ends, and what it prints."""
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=PATIENCE_S
    )
    return done.returncode, done.stdout


def diverges(project: Project, toolchain: str, file: Path) -> bool:
    """Whether a program does, as its translator and Python say, without molt-build."""
    made = file.with_suffix(".made")
    translated = printed(project.root / f"tools/{toolchain}.py", file, made)
    assert translated == (0, "")
    return printed(file) != printed(made)


def test_the_corpus_catches_each_broken_toolchain(broken: Project) -> None:
    programs = [program for program, _ in CAUGHT.values()]
    result = broken.run("differential", "--program", *programs, "--json")
    assert result.code == 1, result.err
    cells = json.loads(result.out)["cells"]
    status = {(cell["program"], cell["engine"]): cell["status"] for cell in cells}
    for toolchain, (program, _) in CAUGHT.items():
        assert status[program, toolchain] == "unexplained"
    assert status["diff_dict_keys", "floor"] == "equal"  # it is broken in one operation alone
    assert status["diff_int_constants", "finally"] == "equal"


@pytest.mark.parametrize(
    "toolchain",
    [
        one if one in ("floor", "finally") else pytest.param(one, marks=pytest.mark.long)
        for one in BROKEN
    ],
)
def test_a_program_is_reduced_to_a_few_lines(broken: Project, toolchain: str) -> None:
    program, operation = CAUGHT[toolchain]
    found = caught(broken, toolchain)
    file = Path(found["file"])
    assert file == broken.root / f".molt-build/reduced/{toolchain}-dev-native/{program}.py"
    assert file.read_text() == found["source"]
    assert len(found["source"].splitlines()) == found["lines"] <= 5 < found["lines_before"]
    assert operation in found["source"] and found["differences"]
    assert diverges(broken, toolchain, file)
    assert printed(file)[0] == 0  # the reference has no error of its own


def test_once_more_it_is_the_same_and_nothing_is_built_anew(broken: Project) -> None:
    program, _ = CAUGHT["order"]
    first = caught(broken, "order")
    stored = json.loads(broken.run("cache", "stats", "--json").out)["store"]
    again = broken.run("reduce", program, "--engine", "order", "--output", "again.py")
    assert (again.code, again.out) == (0, first["source"])
    assert broken.read("again.py") == again.out
    assert json.loads(broken.run("cache", "stats", "--json").out)["store"] == stored
    assert "reduced_" not in broken.run("history", "export", "--json").out


def test_two_of_one_program_at_once_build_in_folders_of_their_own(broken: Project) -> None:
    program, _ = CAUGHT["order"]
    first = caught(broken, "order")
    out = broken.root / ".molt-build/out/order/dev/native"
    made = {file: file.stat().st_mtime_ns for file in out.glob(f"reduced_{program}/*")}
    lock = broken.root / f".molt-build/reduced/.reduced_{program}.lock"
    descriptor = try_lock(lock)
    assert made and descriptor is not None
    try:
        other = reduced(broken, program, "--engine", "order", "--output", "other.py")
    finally:
        unlock(lock, descriptor, remove=True)
    assert other["source"] == first["source"]
    assert {file: file.stat().st_mtime_ns for file in made} == made
    assert (out / f"reduced_{program}_2").is_dir()


def test_what_any_engine_would_differ_in_is_not_taken(broken: Project) -> None:
    """Neither an address nor the name of the module, which are other ones under any engine."""
    broken.write(
        "own.py",
        "from beside import pair\n\n\nclass Kept:\n    pass\n\n\ndef shown(of):\n"
        "    return list(pair(of, Kept))\n\n\ndef main():\n    print(__name__, shown(3)[0])\n"
        "    print(shown(4)[0])\n\n\nif __name__ == '__main__':\n    main()\n",
    )
    broken.write("beside.py", "def pair(of, kept):\n    return {of: 1, kept: kept()}\n")
    result = broken.run("reduce", "own.py", "--engine", "order", "--output", "small.py")
    assert result.code == 1, result.err
    assert "says the same under order" in result.err  # what is imported is not translated
    broken.replace("own.py", "list(pair(of, Kept))", "list({of: pair, 'x': Kept})")
    result = broken.run("reduce", "own.py", "--engine", "order", "--output", "small.py")
    assert result.code == 0, result.err
    text = broken.read("small.py")
    assert "import" not in text  # what a text imports is found anew
    assert "__name__, " not in text and " at 0x" not in printed(broken.root / "small.py")[1]
    assert diverges(broken, "order", broken.root / "small.py")


def test_what_cannot_be_reduced_is_said(broken: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(*words: str) -> Result:
        return broken.run("reduce", *words)

    same = said("diff_dict_keys", "--engine", "floor")
    assert (same.code, same.out) == (1, "")
    assert "diff_dict_keys says the same under floor:dev@native as under plain" in same.err
    assert said("diff_dict_ordr", "--engine", "floor").code == 2
    assert "there is no file gone.py" in said("gone.py", "--engine", "floor").err
    broken.write("broken.py", "def main(:\n")
    refused = said("broken.py", "--engine", "floor")
    assert refused.code == 1 and "broken cannot be compared: floor" in refused.err
    monkeypatch.setattr(shrinking, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="pysource-minimize") as missing:
        shrinking.check_reducer()
    assert missing.value.exit_code == 3 and "molt-build[reduce]" in str(missing.value.hint)


def test_an_interrupt_keeps_the_smallest_so_far(broken: Project) -> None:
    file = broken.root / "interrupted.py"
    process = broken.start(
        "reduce", "diff_int_constants", "--engine", "floor", "--output", str(file)
    )
    whole = len(broken.read("benchmarks/differential/diff_int_constants.py").splitlines())
    wait_for(lambda: file.exists() and len(file.read_text().splitlines()) < whole - 5, "a step")
    os.kill(process.pid, signal.SIGINT)
    out, err = end_of(process)
    assert process.returncode == 130 and out == ""
    assert "kept, the smallest so far: " in err and "interrupted.py" in err
    assert diverges(broken, "floor", file)
