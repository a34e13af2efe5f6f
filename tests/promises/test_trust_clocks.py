"""Clocks that jump, times from the future and the far past, files that change while read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, needs, workload
from other_processes import PATIENCE_S

HOUR_S = 3600.0
YEAR_S = 365 * 86400


def shift(folder: Path, seconds: float) -> None:
    """Give every file below a folder another modification time."""
    for path in folder.rglob("*"):
        if path.is_file():
            when = path.stat().st_mtime + seconds
            os.utime(path, (when, when))


@pytest.mark.parametrize("seconds", [YEAR_S, -YEAR_S, -40 * YEAR_S])
def test_times_from_the_future_and_the_past(toys: Project, seconds: float) -> None:
    """Sources, cache and outputs with such times: right, never served stale, nothing repeated."""
    shift(toys.root, seconds)
    assert toys.build()["executed"] == 6
    shift(toys.cache, seconds)
    shift(toys.root / ".molt-build/out", seconds)
    assert toys.build()["executed"] == 0
    source = toys.root / "programs/one.toy"
    status = source.stat()
    source.write_text(source.read_text().replace("hello", "howdy"))  # as long as before
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert toys.build()["executed"] == 2
    assert "howdy" in toys.output("one/one.sh").read_text()
    assert toys.build()["up_to_date"] == 6


def under_clock(jump: str) -> dict[str, str]:
    """The environment in which the system clock is off by `jump`, and files' times are not."""
    libfaketime = pytest.importorskip("libfaketime")
    _, environment = libfaketime.get_reload_information()
    environment = {**environment, "FAKETIME": jump, "NO_FAKE_STAT": "1"}
    clock = [sys.executable, "-c", "import time; print(time.time())"]
    told = subprocess.run(clock, env=environment, capture_output=True, text=True, check=True)
    if abs(float(told.stdout) - time.time()) < HOUR_S:
        pytest.skip(f"libfaketime changes no clock here: {told.stderr.strip()}")
    return dict(environment)


@pytest.mark.parametrize("jump", ["+400d", "-400d", "+2h", "-2h"])
def test_a_clock_that_jumps_between_builds(toys: Project, jump: str) -> None:
    """The system clock is not that of the files any more; then it is put right again."""
    environment = {**toys.variables(), **under_clock(jump)}

    def build_then() -> dict[str, object]:
        words = [sys.executable, "-m", "molt_build", "build", "--json"]
        result = subprocess.run(
            words,
            cwd=toys.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr
        report: dict[str, object] = json.loads(result.stdout)
        return report

    assert toys.build()["executed"] == 6
    assert build_then()["executed"] == 0
    toys.write("programs/one.toy", "edited under the other clock\n")
    assert build_then()["executed"] == 2
    assert "other clock" in toys.output("one/one.sh").read_text()
    assert toys.build()["executed"] == 0
    toys.write("programs/one.toy", "edited after that\n")
    assert toys.build()["executed"] == 2
    assert "after that" in toys.output("one/one.sh").read_text()
    assert toys.build()["up_to_date"] == 6


def test_a_system_header_from_the_future_is_no_change(project: Project, tmp_path: Path) -> None:
    """Its modification time is later than the build; that says nothing of when it changed."""
    needs("gcc")
    folder = tmp_path / "system"
    folder.mkdir()
    header = folder / "outside.h"
    header.write_text("#define OUTSIDE 1\n")
    when = time.time() + YEAR_S
    os.utime(header, (when, when))
    text = (REPOSITORY / "manifests/toolchains/gcc.toml").read_text()
    text = text.replace('"-MD"', f'"-isystem", "{folder}", "-MD"')
    project.write("manifests/toolchains/gcc.toml", text)
    project.replace("manifests/project.toml", '"cython"', '"gcc"')
    project.write("manifests/workloads/programs.toml", workload("c", "prog=main.c"))
    source = "#include <outside.h>\nint main(void) { return OUTSIDE; }\n"
    project.write("programs/main.c", source)
    assert project.build()["executed"] == 2
    assert project.build()["executed"] == 0
    header.write_text("#define OUTSIDE 2\n")
    os.utime(header, (when, when))
    assert project.build()["executed"] == 2


def test_a_source_that_is_written_all_the_time(toys: Project) -> None:
    """The build ends; what it gives is what the source said at some moment, or a sentence."""
    source = toys.root / "programs/one.toy"
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nn = 0\n"
            "while True:\n"
            "    n = (n + 1) % 10\n"
            "    open(sys.argv[1], 'w').write(f'{n}' * 3000 + '\\n')\n",
            str(source),
        ]
    )
    whole = {f'#!/bin/sh\necho "{str(n) * 3000}"\n' for n in range(10)} | {"#!/bin/sh\n"}
    try:
        for _ in range(4):
            result = toys.run("build", "one")
            assert result.code in (0, 4)
            if result.code == 0:
                assert toys.output("one/one.sh").read_text() in whole
            else:
                assert "changed" in result.err and "build again" in result.err
    finally:
        writer.kill()
        writer.wait()
    source.write_text("quiet\n")
    toys.build("one")
    assert toys.output("one/one.sh").read_text() == '#!/bin/sh\necho "quiet"\n'
