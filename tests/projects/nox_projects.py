"""Sessions of a real Nox in a project of a lane: what they start has a measurement lock of the
test's own, which a `sitecustomize` sets (`fork_server.set_for_tests`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from build_projects import REPOSITORY
from lane_projects import LaneProject

HOOK = f"""\
import os, sys
if os.environ.get("TESTED_LOCK"):
    sys.path.append({str(Path(__file__).parent)!r})
    from fork_server import set_for_tests
    set_for_tests(os.environ)
"""


def with_noxfile(lane: LaneProject, noxfile: str, hook: str = "") -> dict[str, str]:
    """The whole environment of a shell in a project that has a noxfile now: Nox and the command are
    on its PATH, and `hook` runs in all that Nox starts."""
    lane.project.write("noxfile.py", noxfile)
    lane.project.write("hooks/sitecustomize.py", HOOK + hook)
    path = f"{lane.root / 'hooks'}{os.pathsep}{REPOSITORY}"
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return lane.variables({"PYTHONPATH": path, "PATH": programs})


def start_nox(
    lane: LaneProject, noxfile: str, *words: str, hook: str = "", stderr: int = subprocess.STDOUT
) -> subprocess.Popen[str]:
    """Nox in a process group of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "nox", *words],
        cwd=lane.root,
        env=with_noxfile(lane, noxfile, hook),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
