"""The host interpreter: what `{python}` means, and what belongs to its identity.

By default the interpreter that molt_build's own environment was made from; `MOLT_BUILD_PYTHON`
names another. Its facts are asked of it once and remembered while its files stay the same.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from molt_build import processes
from molt_build.errors import ToolFailed, ToolMissing
from molt_build.store.digest import StatCache
from molt_build.trails import Trail, trail

PYTHON_VARIABLE = "MOLT_BUILD_PYTHON"

_QUESTION = """
import json, os, sys, sysconfig
get = sysconfig.get_config_var
lib = os.path.join(get("LIBDIR") or "", get("LDLIBRARY") or "")
print(json.dumps({
    "executable": os.path.realpath(sys.executable), "version": sys.version, "base": sys.base_prefix,
    "short": sys.version.split()[0],
    "library": os.path.realpath(lib) if lib.endswith(".so") and os.path.isfile(lib) else "",
}))
"""


@dataclass(frozen=True)
class HostPython:
    """An interpreter and what makes it the one it is."""

    executable: str
    version: str  # "3.11.7"
    base: str  # its installation prefix
    files: Mapping[str, Trail]  # executable and libpython, as they were at first
    identity: str


def host_python_path() -> str:
    """The interpreter to use, not inside any virtual environment."""
    chosen = os.environ.get(PYTHON_VARIABLE)
    if chosen:
        return chosen
    base: str = getattr(sys, "_base_executable", sys.executable)
    return os.path.realpath(base)


def check_chosen() -> None:
    """Raise `ToolMissing` where the user names an interpreter that is none."""
    path = host_python_path()
    if not (os.path.isfile(path) and os.access(path, os.X_OK)):
        message = f"{PYTHON_VARIABLE} is {path}, where no program is that can be run"
        raise ToolMissing(message, f"set {PYTHON_VARIABLE} to an interpreter")


def host_python(stat_cache: StatCache) -> HostPython:
    """The facts of the host interpreter; raises `ToolMissing` when it does not run."""
    path = host_python_path()
    looked_at = {path: trail(path)}
    try:
        facts = json.loads(stat_cache.fact("python", path, lambda _: _ask(path)))
        files = [f for f in (facts["executable"], facts["library"]) if f]
        looked_at |= {file: trail(file) for file in files}
        digests = [stat_cache.digest(file) for file in files]
    except OSError as error:
        message = f"the Python interpreter {path} cannot be read: {error.strerror}"
        raise ToolMissing(message, f"set {PYTHON_VARIABLE} to an interpreter") from error
    return HostPython(
        executable=path,
        version=facts["short"],
        base=facts["base"],
        files=looked_at,
        identity=stat_cache.digest_value([facts["version"], digests]),
    )


def cpu_identity(stat_cache: StatCache) -> str:
    """The CPU model and its features: what code made for this machine depends on."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            wanted = ("model name", "flags", "Features", "CPU part", "CPU implementer")
            lines = {line.strip() for line in stream if line.startswith(wanted)}
    except OSError:
        lines = {platform.processor()}
    return stat_cache.digest_value([platform.machine(), sorted(lines)])


def _ask(path: str) -> str:
    try:
        return processes.output([path, "-I", "-c", _QUESTION], timeout_s=60)
    except ToolFailed as failed:
        message = f"the Python interpreter {path} does not run: {failed.last_lines()}"
        raise ToolMissing(message, f"set {PYTHON_VARIABLE} to an interpreter") from failed
