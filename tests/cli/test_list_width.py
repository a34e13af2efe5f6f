"""Lines of `list` and `doctor`: whole in a pipe, folded on a terminal that is narrower."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from package_projects import needy_project, require
from terminals import shown_on_a_terminal


def test_a_line_for_a_toolchain_in_a_pipe_and_none_too_wide_for_a_terminal(tmp_path: Path) -> None:
    project = needy_project(tmp_path)
    require(project, "low==1.0")
    piped = project.run("list", "toolchains").out.splitlines()
    assert max(map(len, piped)) > 80
    assert all(not line.startswith(" ") for line in piped)
    words = ["--project", str(project.root), "list", "toolchains"]
    shown, status = shown_on_a_terminal(
        lambda terminal: subprocess.Popen(
            [sys.executable, "-m", "molt_build", *words],
            stdout=terminal,
            env={**os.environ, **project.environment, "COLUMNS": "80"},
        )
    )
    assert status == 0
    assert max(map(len, shown.splitlines())) <= 80
    assert " ".join(shown.split()) == " ".join(" ".join(piped).split())
