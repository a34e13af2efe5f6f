"""What docs/python.md shows of the package works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from build_projects import REPOSITORY
from lane_results import lane_result

from molt_build.results.files import write_result

PAGE = (REPOSITORY / "docs/python.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
READING, ENGINES = (
    next(block for block in BLOCKS if name in block) for name in ("read_bench", "engines import")
)


def test_a_result_is_read_as_it_shows(tmp_path: Path) -> None:
    run = tmp_path / "bench/results/bench_native/20260101T000000Z"
    run.mkdir(parents=True)
    write_result(run, lane_result())
    ended = subprocess.run(
        [sys.executable, "-c", READING], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert [line for line in lines if re.fullmatch(r"work toy [\d.]+ [\d.]+ [\d.]+", line)]


def test_engines_are_written_as_it_shows() -> None:
    exec(ENGINES, {})  # it asserts
