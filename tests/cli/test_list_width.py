"""Lines of `list` and `doctor`: whole in a pipe, folded on a terminal that is narrower."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from package_projects import needy_project, require


def test_a_line_for_a_toolchain_in_a_pipe_and_none_too_wide_for_a_terminal(tmp_path: Path) -> None:
    project = needy_project(tmp_path)
    require(project, "low==1.0")
    piped = project.run("list", "toolchains").out.splitlines()
    assert max(map(len, piped)) > 80
    assert all(not line.startswith(" ") for line in piped)
    main, side = pty.openpty()
    argv = [
        sys.executable,
        "-m",
        "molt_build",
        "--project",
        str(project.root),
        "list",
        "toolchains",
    ]
    environment = {**os.environ, **project.environment, "COLUMNS": "80"}
    done = subprocess.Popen(argv, stdout=side, env=environment)
    os.close(side)
    shown = b""
    while True:
        try:
            some = os.read(main, 65536)
        except OSError:  # the end, on Linux
            break
        if not some:
            break
        shown += some
    os.close(main)
    assert done.wait(60) == 0
    lines = shown.decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(shown.decode().split()) == " ".join(" ".join(piped).split())
