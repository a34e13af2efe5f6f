"""The host interpreter: what `{python}` means, and what belongs to its identity.

There is one for a project and a command: the first of these that all of the project's own
toolchains can work with (`requires_python`; most require nothing).

1. the one that `MOLT_BUILD_PYTHON` names, and no other where it names one;
2. the one that molt_build's own environment was made from;
3. of those on PATH the newest `python3.N` that will do, of two the first; else the first `python3`.

Where none will do it is the second, or what `MOLT_BUILD_PYTHON` names: a toolchain that requires
another is missing then (`HostPython.check`), and the others are not.

The facts of an interpreter are asked of it once and remembered while its files stay the same; of a
script that starts one, such as a version manager's shim, they are asked each time, and what is used
is the interpreter that it starts. What was looked at on PATH, and what would have been preferred
there, is evidence of every toolchain.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build import processes
from molt_build.errors import ToolFailed, ToolMissing
from molt_build.manifests.model import Manifests
from molt_build.manifests.python_versions import is_satisfied, possible_minors
from molt_build.manifests.search import project_manifests
from molt_build.manifests.toolchain import Toolchain
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
# Of what is found on PATH: the interpreter behind scripts, links and virtual environments.
_WHICH = """
import os, sys
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
"""


@dataclass(frozen=True)
class HostPython:
    """An interpreter and what makes it the one it is."""

    executable: str
    version: str  # "3.11.7"
    base: str  # its installation prefix
    files: Mapping[str, Trail]  # executable and libpython, as they were at first
    identity: str
    because: str = ""  # why it is this one
    absent: tuple[str, ...] = ()  # where another would have been found that is preferred

    def satisfies(self, wanted: tuple[str, ...], stat_cache: StatCache) -> bool:
        """Whether its version is one that all of the specifiers allow; remembered."""
        kind = f"python {self.version} {' '.join(wanted)}"
        words = {True: "yes", False: "no"}
        answer = stat_cache.fact(
            kind, self.executable, lambda _: words[is_satisfied(wanted, self.version)]
        )
        return answer == words[True]

    @property
    def minor(self) -> str:
        """Its version without the last number: "3.11"."""
        return ".".join(self.version.split(".")[:2])

    @property
    def other_version(self) -> str | None:
        """Its version, where it is not that of the interpreter that runs molt_build."""
        return None if self.version == platform.python_version() else self.version

    def check(self, toolchain: Toolchain, stat_cache: StatCache) -> None:
        """Raises `ToolMissing` when it is not what the toolchain requires."""
        required = toolchain.requires_python
        if required and not self.satisfies((required,), stat_cache):
            message = f"{toolchain.name} requires Python {required}, and {self.executable}"
            raise ToolMissing(
                f"{message} is {self.version} ({self.because})",
                f"put such a python3.N on PATH, or set {PYTHON_VARIABLE} to one",
            )


def host_python_path() -> str:
    """The interpreter to use where no toolchain requires another, in no virtual environment."""
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


def host_python(stat_cache: StatCache, required: Mapping[str, str]) -> HostPython:
    """The host interpreter, where toolchains require these versions, by their names.

    Raises `ToolMissing` when it does not run.
    """
    own = facts_of(stat_cache, host_python_path())
    if os.environ.get(PYTHON_VARIABLE):
        return replace(own, because=f"{PYTHON_VARIABLE} names it")
    own = replace(own, because="molt_build runs on it")
    wanted = tuple(sorted(set(required.values())))
    if not wanted or own.satisfies(wanted, stat_cache):
        return own
    whose = ", ".join(f"{name} {versions}" for name, versions in sorted(required.items()))
    found, evidence, absent = _search(stat_cache, own, wanted)
    if found is None:
        because = f"molt_build runs on it; none on PATH is what is required: {whose}"
        return replace(own, because=because, files={**own.files, **evidence}, absent=absent)
    return replace(
        found,
        because=f"the first on PATH for {whose}",
        files={**evidence, **found.files},
        absent=absent,
    )


def required_by(manifests: Manifests, project: Path) -> dict[str, str]:
    """What the project's own toolchains require, by their names."""
    own = os.path.join(project_manifests(str(project)), "")
    return {
        name: one.requires_python
        for name, one in manifests.toolchains.items()
        if one.requires_python and manifests.files[f"toolchain:{name}"].startswith(own)
    }


def cpu_identity(stat_cache: StatCache) -> str:
    """The CPU model and its features: what code made for this machine depends on."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            wanted = ("model name", "flags", "Features", "CPU part", "CPU implementer")
            lines = {line.strip() for line in stream if line.startswith(wanted)}
    except OSError:
        lines = {platform.processor()}
    return stat_cache.digest_value([platform.machine(), sorted(lines)])


def interpreter_behind(stat_cache: StatCache, path: str) -> str:
    """The interpreter behind a script, a link or a virtual environment.

    Raises `ToolMissing` when it does not run, `OSError` when it cannot be read.
    """
    return answer(stat_cache, path, _WHICH, "python behind").strip()


def facts_of(stat_cache: StatCache, path: str) -> HostPython:
    """What an interpreter is; raises `ToolMissing` when it cannot be asked."""
    looked_at = {path: trail(path)}
    try:
        facts = json.loads(answer(stat_cache, path, _QUESTION, "python"))
        files = [f for f in (facts["executable"], facts["library"]) if f]
        looked_at |= {file: trail(file) for file in files}
        digests = [stat_cache.digest(file) for file in files]
    except OSError as error:
        message = f"the Python interpreter {path} cannot be read: {error.strerror}"
        raise ToolMissing(message, f"set {PYTHON_VARIABLE} to an interpreter") from error
    return HostPython(
        executable=path,
        version=facts["short"].removesuffix("+"),
        base=facts["base"],
        files=looked_at,
        identity=stat_cache.digest_value([facts["version"], digests]),
    )


def _search(
    stat_cache: StatCache, own: HostPython, wanted: tuple[str, ...]
) -> tuple[HostPython | None, dict[str, Trail], tuple[str, ...]]:
    """The first on PATH that satisfies them, what was looked at, and where nothing is."""
    looked_at: dict[str, Trail] = {}
    absent: list[str] = []
    kind = f"python minors {' '.join(wanted)}"
    minors = stat_cache.fact(kind, own.executable, lambda _: " ".join(possible_minors(wanted)))
    for path in _paths(minors.split()):
        if not os.path.lexists(path):
            absent.append(path)
            continue
        looked_at[path] = trail(path)
        try:
            one = facts_of(stat_cache, interpreter_behind(stat_cache, path))
        except (ToolMissing, OSError):  # it is no interpreter, or none that runs
            continue
        looked_at |= one.files
        if one.satisfies(wanted, stat_cache):
            return one, looked_at, tuple(absent)
    return None, looked_at, tuple(absent)


def _paths(minors: Sequence[str]) -> Iterator[str]:
    """Where interpreters of these versions are looked for, in this order."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = [folder for folder in dict.fromkeys(folders) if os.path.isabs(folder)]
    for name in (*(f"python{minor}" for minor in minors), "python3"):
        yield from (os.path.join(folder, name) for folder in absolute)


def answer(stat_cache: StatCache, path: str, question: str, kind: str) -> str:
    """What an interpreter answers; that of a script is not remembered, since it may change."""
    with open(path, "rb") as stream:
        is_script = stream.read(2) == b"#!"
    if is_script:
        return _ask(path, question)
    return stat_cache.fact(kind, path, lambda _: _ask(path, question))


def _ask(path: str, question: str) -> str:
    try:
        return processes.output([path, "-I", "-c", question], timeout_s=60)
    except ToolFailed as failed:
        message = f"the Python interpreter {path} does not run: {failed.last_lines()}"
        raise ToolMissing(message, f"set {PYTHON_VARIABLE} to an interpreter") from failed
