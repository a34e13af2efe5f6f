"""A toolchain's own Python environment, installed from its hash-locked requirements.

One environment for each (lock, host interpreter), in the user's cache directory, shared by all
checkouts, made as `molt_build.store.made_once` says: in place, since environments do not move.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from molt_build import processes
from molt_build.errors import ToolFailed, ToolMissing, UsageError
from molt_build.manifests.lock_checks import misfits
from molt_build.manifests.toolchain import PythonEnvironment
from molt_build.store.digest import digest_value
from molt_build.store.locks import Waiting
from molt_build.store.made_once import make_once, marker
from molt_build.toolchains.host_python import HostPython

INSTALL_TIMEOUT_S = 1800.0
REQUIREMENTS = "requirements.lock"  # of the environment: the lock that it was made from
BUILD_TOOLS = ("setuptools", "wheel", "packaging")


@dataclass(frozen=True)
class Environments:
    """Where environments lie, made with one interpreter, and whether they may be made now.

    Without `install` one that is not there is a missing tool, or, to tell what a build would do,
    assumed to be installed: its lock is its identity, and only its tools' own words are not known.
    """

    cache: Path
    python: HostPython
    progress: Callable[[str], None]
    waiting: Waiting  # for somebody else who installs the same
    install: bool = True
    assume_installed: bool = False

    def place(self, wanted: PythonEnvironment) -> Path:
        """Where the environment lies, or would."""
        digest = digest_value([1, wanted.lock_text, self.python.identity]).partition(":")[2]
        return self.cache / "environments" / digest

    def of(self, name: str, wanted: PythonEnvironment, pin: str, install: str) -> Path:
        """The directory of the environment that a manifest declares, installed if need be.

        `name` is what to call it; `pin` and `install` are the commands that lock and make it.
        Raises `ToolMissing` when it is not there, or cannot be installed (no network, no wheel),
        and `UsageError` when the lock has for this Python not what is required.
        """
        if not wanted.lock_text:
            raise ToolMissing(f"{name} has no lock file {wanted.lock}", pin)
        if any(";" in text for text in (*wanted.requires, wanted.lock_text)):
            # That the lock fits for some Python is known; whether it does for this one is not.
            for one in misfits(wanted.requires, wanted.lock_text, self.python.version):
                message = f"{name}, for Python {self.python.version}: {one.message}"
                raise UsageError(message, pin)
        environment = self.place(wanted)
        if marker(environment).exists() or (self.assume_installed and not self.install):
            return environment
        if not self.install:
            raise ToolMissing(f"the pinned requirements of {name} are not installed yet", install)

        def make(lock: int) -> str:
            self.progress(f"installing the pinned requirements of {name}")
            requirements = environment / REQUIREMENTS
            requirements.write_text(wanted.lock_text)
            for argv in _install_commands(environment, requirements, self.python.executable):
                _run(argv, name, lock, pin)
            return self.python.identity

        # It may be a link: caches may share it, and what lies there bears a digest for a name.
        environment.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = self.waiting.at_most(INSTALL_TIMEOUT_S)
        make_once(environment, make, waiting, kind="environment", name=name)
        return environment


def environment_python(environment: Path) -> str:
    """The environment's interpreter."""
    return str(environment / "bin" / "python")


def _install_commands(environment: Path, requirements: Path, python: str) -> list[list[str]]:
    interpreter = environment_python(environment)
    # Sources are built with the build tools of the same lock, never with unpinned ones.
    tools = environment / "build-tools.lock"
    tools.write_text(_build_tools(requirements.read_text()))
    files = [tools, requirements] if tools.stat().st_size else [requirements]
    pinned = ["--require-hashes", "--no-deps", "--no-build-isolation"]
    uv = shutil.which("uv")
    if uv is not None:
        install = [uv, "pip", "install", "--quiet", "--python", interpreter, *pinned]
        return [
            [uv, "venv", "--quiet", "--allow-existing", "--python", python, str(environment)],
            *([*install, "-r", str(file)] for file in files),
        ]
    pip = [sys.executable, "-m", "pip", "--python", interpreter, "install"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
    return [
        [python, "-m", "venv", "--without-pip", str(environment)],
        *([*pip, *quiet, *pinned, "-r", str(file)] for file in files),
    ]


def _build_tools(lock_text: str) -> str:
    """The part of a lock that must be installed first: what source distributions build with."""
    blocks = re.findall(r"^[A-Za-z0-9].*(?:\n[ \t#].*)*", lock_text, re.MULTILINE)
    chosen = [b for b in blocks if re.split(r"[=<>!~ \[;]", b, maxsplit=1)[0] in BUILD_TOOLS]
    return "\n".join(chosen) + "\n" if len(chosen) < len(blocks) and chosen else ""


def _run(argv: list[str], name: str, lock: int, pin: str) -> None:
    allowed = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        processes.output(
            argv,
            environment=allowed,
            timeout_s=INSTALL_TIMEOUT_S,
            kept_open=(lock,),  # what it still writes to is nobody else's, even if we are killed
        )
    except ToolFailed as failed:
        message = f"the requirements of {name} could not be installed:\n{failed.last_lines(8)}"
        raise ToolMissing(message, f"check the network, or run: {pin}") from failed
