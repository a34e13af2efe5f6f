"""What is compared of a run: its output, its exit status, the last line of its traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from lane_projects import lane_project
from other_processes import PATIENCE_S

from molt_build.building.opening import open_session
from molt_build.differential.observing import (
    DIFF_LINES,
    Observed,
    Refused,
    differences,
    last_line,
    observer,
    output_diff,
)
from molt_build.engines import Engine
from molt_build.measure.process import STDERR_TAIL_BYTES

RAISING = {
    "plain": ("raise ValueError('a: b')", "ValueError: a: b"),
    "own": ("class Own(Exception): pass\nraise Own('x')", "Own: x"),
    "lines": ("raise RuntimeError('one\\ntwo\\n  three')", "RuntimeError: one"),
    "notes": ("e = KeyError(1)\ne.add_note('see here')\nraise e", "KeyError: 1"),
    "chain": (
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise TypeError('t')",
        "TypeError: t",
    ),
    "bare": ("raise StopIteration", "StopIteration"),
    "group": ("raise ExceptionGroup('g', [ValueError(1)])", "ExceptionGroup: g (1 sub-exception)"),
    "deep": ("def f(n): return n and g(n - 1)\ndef g(n): return f(n) / n\nf(200)", "ZeroDivision"),
    "syntax": ("eval('1 +')", "SyntaxError: invalid syntax"),
    "none": ("import sys\nsys.exit('leaving')", ""),
    "printed": ("import sys\nprint('E: no traceback', file=sys.stderr)", ""),
}


@pytest.mark.parametrize("name", RAISING)
def test_the_last_line_names_the_exception(name: str, tmp_path: Path) -> None:
    """As a script, and imported: the module's name is no part of it."""
    code, wanted = RAISING[name]
    (tmp_path / "prog.py").write_text(code + "\n")
    for command in (["prog.py"], ["-c", "import prog"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        said = last_line(done.stderr[-STDERR_TAIL_BYTES:], "prog")
        assert said.startswith(wanted) and bool(said) == bool(wanted)


def test_differences_are_sentences() -> None:
    one = Observed(b"a\nb\n", 0, "")
    assert differences(one, one) == ()
    assert differences(one, Observed(b"a\nc\n", 1, "KeyError: 1")) == (
        "line 2 of its output is 'c', and the reference's 'b'",
        "it ended with exit status 1, and the reference ended with exit status 0",
        "it ended with 'KeyError: 1', and the reference with no traceback",
    )
    assert differences(one, Observed(b"a\n", -9, "")) == (
        "it printed 1 line, and the reference 2",
        "it was killed by signal 9 (SIGKILL), and the reference ended with exit status 0",
    )
    assert differences(one, Observed(b"a\nb", 0, "")) == (
        "line 2 of its output is 'b (no end of line)', and the reference's 'b'",
    )
    long = b"x" * 500
    (said,) = differences(Observed(long + b"1\n", 0, ""), Observed(long + b"2\n", 0, ""))
    assert "x2'" in said and "x1'" in said and len(said) < 330


def test_bytes_that_are_no_text_can_be_shown() -> None:
    one, other = Observed(b"\xff\x00\t\n", 0, ""), Observed("\u2028é\n".encode(), 0, "")
    assert output_diff(one, other, ("a", "b"))[3:] == ("-\\xff\\x00\\t", "+\\u2028é")


def test_a_diff_is_of_the_first_lines_that_differ() -> None:
    lines = [f"{n}\n" for n in range(100_000)]
    one = Observed("".join(lines).encode(), 0, "")
    del lines[50_000]
    diff = output_diff(one, Observed("".join(lines).encode(), 0, ""), ("a", "b"))
    assert diff[:6] == ("--- a", "+++ b", "@@ from line 49999 on @@", " 49998", " 49999", "-50000")
    assert diff[-1] == "..." and len(diff) < 2 * DIFF_LINES
    assert not any(line.startswith("+") for line in diff[2:])  # nothing but that line is another


def test_a_file_is_built_and_observed(tmp_path: Path) -> None:
    one = lane_project(tmp_path)
    file = tmp_path / "elsewhere" / "Some-Program.py"
    file.parent.mkdir()
    (file.parent / "beside.py").write_text("NAME = 'beside'\n")
    file.write_text(
        "import beside, sys\nCOMPILED = False\nprint(beside.NAME, COMPILED, sys.argv[1:])\n"
    )
    cpython, toy = (Engine(name, "dev", "native") for name in ("cpython", "toy"))
    with (
        open_session(one.root, lambda line: None) as session,
        observer(session, timeout_s=PATIENCE_S) as observing,
        observer(session, timeout_s=0.5) as hasty,
    ):
        first = observing.observe(file, cpython, args=("x",))
        assert first == Observed(b"beside False ['x']\n", 0, "")
        file.write_text("COMPILED = False\nprint(COMPILED)\nassert not COMPILED, 'compiled'\n")
        first, other = observing.observe(file, cpython), observing.observe(file, toy)
        assert isinstance(first, Observed) and isinstance(other, Observed)
        assert other == Observed(b"True\n", 1, "AssertionError: compiled")
        assert len(differences(first, other)) == 3
        file.write_text("# CANNOT\n")
        refused = observing.observe(file, toy)
        assert refused == Refused("build-failed", "cannot take /tmp/some/folder/Some-Program.py")
        file.write_text("import time\ntime.sleep(600)\n")
        late = hasty.observe(file, cpython)
        assert isinstance(late, Refused) and late.kind == "timeout"
        file.write_text("print('x' * (3 << 20), end='')\n")
        big = observing.observe(file, cpython)
        assert isinstance(big, Observed) and b"3145728 bytes, sha256 " in big.stdout
