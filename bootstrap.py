"""Run a Nox session of this project on a machine that has only Python and git.

    python3 bootstrap.py bench_native [-- ARGUMENTS]   the main job; -- --quick for a look
    python3 bootstrap.py friends [-- ARGUMENTS]        other projects' own benchmarks
    python3 bootstrap.py compile_progress              build latency, case by case
    python3 bootstrap.py tests                         the test suite
    python3 bootstrap.py lint                          format, lint, types
    python3 bootstrap.py -l                            all sessions

Makes a virtual environment in `.venv/` (once, and again when pyproject.toml changes), installs this
project with Nox in it, and starts Nox there. Words that begin with `-` go to Nox as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
MARKER = ENVIRONMENT / "installed-from"


def main(words: list[str]) -> int:
    """Install what is missing, then become Nox; an exit code if that is not to be."""
    if not words:
        print((__doc__ or "").strip())
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036  (the message is for those who lack it)
        print("Python 3.11 or newer is needed; this is", sys.version.split()[0], file=sys.stderr)
        return 3
    if not sys.platform.startswith(("linux", "darwin")):
        print("molt_build runs on Linux and macOS; on Windows, use WSL", file=sys.stderr)
        return 3
    wanted = f"{sys.version}\n" + (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if not MARKER.is_file() or MARKER.read_text(encoding="utf-8") != wanted:
        print("installing molt_build and Nox in .venv", file=sys.stderr, flush=True)
        code = install()
        if code != 0:
            return code
        MARKER.write_text(wanted, encoding="utf-8")
    session: list[str] = []
    if words and not words[0].startswith("-"):
        session = ["-s", words.pop(0)]
    python = str(ENVIRONMENT / "bin" / "python")
    os.chdir(ROOT)
    return os.execv(python, [python, "-m", "nox", *session, *words])


def install() -> int:
    """Make the virtual environment and install the project in it; an exit code."""
    python = str(ENVIRONMENT / "bin" / "python")
    uv = shutil.which("uv")
    if uv is not None:
        commands = [
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)],
            [uv, "pip", "install", "--quiet", "--python", python, "-e", str(ROOT)],
        ]
    elif has_module("ensurepip"):
        commands = [
            [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
            [python, "-m", "pip", "install", "--quiet", "-e", str(ROOT)],
        ]
    elif has_module("pip"):
        commands = [
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(ENVIRONMENT)],
            [sys.executable, "-m", "pip", "--python", python, "install", "-q", "-e", str(ROOT)],
        ]
    else:
        print("this Python has neither pip nor ensurepip", file=sys.stderr)
        print("  on Debian: apt-get install python3-venv", file=sys.stderr)
        return 3
    for command in commands:
        if subprocess.run(command, check=False).returncode != 0:
            print("could not set up .venv with:", *command, file=sys.stderr)
            return 3
    return 0


def has_module(name: str) -> bool:
    """Whether this interpreter can import a module, without importing it."""
    import importlib.util

    return importlib.util.find_spec(name) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
