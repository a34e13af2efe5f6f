"""Hash locks: requirements resolved into the text of a requirements file, by uv or by pip.

With uv the lock holds the hashes of every file of each release, for all platforms and Python
versions from 3.11 on, or from that of the host interpreter where one of the project's toolchains
requires a version. Without it pip resolves for the host interpreter, and adds the files that the
other supported versions of CPython would get on this platform.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from molt_build import processes
from molt_build.errors import MoltBuildError, SourceUnreachable, ToolFailed, UsageError
from molt_build.manifests.lock_checks import REQUIRED
from molt_build.toolchains.host_python import HostPython
from molt_build.watch import Watch

MINIMUM_PYTHON = "3.11"
OTHER_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
REASON_LINES = 12

_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
_HASH = "--hash="
_NETWORK = re.compile(
    r"connection broken|NewConnectionError|Max retries|name resolution|service not known|"
    r"dns error|error sending request|Connection refused|timed out|Network is unreachable|"
    r"Could not fetch URL",
    re.IGNORECASE,
)


def resolver_name() -> str:
    """uv where it is there, else pip."""
    return "pip" if shutil.which("uv") is None else "uv"


def pins(lock_text: str) -> dict[str, str]:
    """Package -> version of a lock; several versions of one are named together."""
    found: dict[str, str] = {}
    for name, version in _PIN.findall(lock_text):
        found[name] = f"{found[name]}, {version}" if name in found else version
    return found


def count_hashes(lock_text: str) -> int:
    """How many files a lock allows."""
    return lock_text.count(_HASH)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(package, version before, version after) of what differs; "" where it is not there."""
    names = sorted({*before, *after})
    rows = [(name, before.get(name, ""), after.get(name, "")) for name in names]
    return [row for row in rows if row[1] != row[2]]


def resolve_lock(
    name: str, requires: Sequence[str], watch: Watch, python: HostPython | None = None
) -> str:
    """The text of a requirements file in which every release is pinned with its hashes.

    `name` is what they are required by. With a `python` it is for that interpreter's version of
    Python and later ones. Raises `UsageError` with the resolver's reason where they cannot be had
    together, or are not there, and `SourceUnreachable` where the network failed.
    """
    oldest = MINIMUM_PYTHON if python is None else python.minor
    tool = resolver_name()
    others = _supported(oldest)
    watch.phase(f"resolving {name} with {tool}", 1 if tool == "uv" else 1 + len(others))
    try:
        if tool == "uv":
            text = _uv(requires, oldest, python)
            watch.step()
            return text
        hashes: dict[str, set[str]] = {}
        for row in _report(python, requires, []):
            pin = f"{row['metadata']['name'].lower()}=={row['metadata']['version']}"
            hashes.setdefault(pin, set()).update(_hashes(row))
        watch.step()
    except ToolFailed as failed:
        raise _unresolved(name, tool, failed, python, requires) from failed
    for version in others:
        target = ["--python-version", version, "--only-binary=:all:", "--no-deps"]
        for pin in hashes:
            try:
                for row in _report(python, [pin], [*target, "--target", "unused"]):
                    hashes[pin].update(_hashes(row))
            except ToolFailed:
                continue  # no wheel for that version: the source's hash is there already
        watch.step(f"Python {version}")
    lines = []
    for pin in sorted(hashes):
        parts = [pin, *(f"    --hash=sha256:{digest}" for digest in sorted(hashes[pin]))]
        lines.append(" \\\n".join(parts))
    return "\n".join(lines) + "\n"


def header(command: str, requires: Sequence[str], python: HostPython, *, is_required: bool) -> str:
    """The lines in front of a lock: what writes it anew, for which Pythons and platforms it is, and
    what was required. No line says when, or where: a lock that is pinned again is the same."""
    oldest = python.minor if is_required else MINIMUM_PYTHON
    if resolver_name() == "uv":
        scope = f"CPython {oldest} and later, on every platform; resolved by uv"
    else:
        others = [one for one in _supported(oldest) if one != python.minor]
        also = f", and files for {', '.join(others)}" if others else ""
        here = f"{sys.platform} {platform.machine()}"
        scope = f"CPython {python.minor}{also}, on {here}; resolved by pip"
    lines = [f"# written by: {command}", f"# for: {scope}"]
    return "\n".join([*lines, *(f"{REQUIRED}{one}" for one in requires)]) + "\n"


def _supported(oldest: str) -> list[str]:
    """The supported versions of CPython, from this one on."""
    return [one for one in OTHER_PYTHONS if int(one[2:]) >= int(oldest[2:])]


def _uv(requires: Sequence[str], oldest: str, python: HostPython | None) -> str:
    options = ["--generate-hashes", "--universal", "--no-header", "--no-annotate", "--quiet"]
    if python is not None:
        options += ["--python", python.executable]
    argv = [shutil.which("uv") or "uv", "pip", "compile", *options]
    return processes.output([*argv, "--python-version", oldest, "-"], text="\n".join(requires))


def _pip(python: HostPython | None, options: Sequence[str], requires: Sequence[str]) -> list[str]:
    where = [] if python is None else ["--python", python.executable]
    argv = [sys.executable, "-m", "pip", *where, "install", "--dry-run", "--ignore-installed"]
    return [*argv, "--disable-pip-version-check", *options, *requires]


def _report(
    python: HostPython | None, requires: Sequence[str], options: Sequence[str]
) -> list[dict[str, Any]]:
    printed = processes.output(_pip(python, ["--quiet", "--report", "-", *options], requires))
    rows: list[dict[str, Any]] = json.loads(printed)["install"]
    return rows


def _hashes(row: Mapping[str, Any]) -> set[str]:
    return {row["download_info"]["archive_info"]["hashes"]["sha256"]}


def _unresolved(
    name: str, tool: str, failed: ToolFailed, python: HostPython | None, requires: Sequence[str]
) -> MoltBuildError:
    """What to say of a resolver that failed: its own reason, and whether it is the network's."""
    reason = _reason(failed.printed) or failed.how
    if "ResolutionImpossible" in failed.printed:
        reason = _conflict(python, requires) or reason
    message = f"{tool} could not resolve what {name} requires:\n{reason}"
    if _NETWORK.search(failed.printed):
        return SourceUnreachable(message, "check the network, and what pip says: pip config list")
    hint = f"change requires in the manifest of {name}"
    if "from versions: none" in failed.printed:  # an index that does not answer may look like that
        hint += "; where it is right, check the network"
    return UsageError(message, hint)


def _reason(printed: str) -> str:
    """What the resolver calls errors, else its last lines."""
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return "\n".join((errors or lines)[-REASON_LINES:])


def _conflict(python: HostPython | None, requires: Sequence[str]) -> str:
    """What pip says of a conflict, which it does not say when it is to be quiet."""
    said = processes.run(_pip(python, [], requires), text="", timeout_s=None).stdout
    _, begun, rest = said.partition("The conflict is caused by:")
    lines = [line.rstrip() for line in rest.partition("To fix this")[0].splitlines()]
    return "\n".join([begun, *filter(None, lines)][:REASON_LINES]) if begun else ""
