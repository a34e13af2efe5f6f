"""The Nox extension: sessions from manifests.

`register_sessions` reads the lane manifests and registers a session for each, under the lane's own
name, with its description and tags; one session `compile_progress` for all case manifests, where
there are any; and one session `friends` with a parameter, the suite, for all suite manifests:
`nox -s friends` measures all of them into one run. Listing sessions imports nothing outside Nox and
the standard library, so `nox -l --json` can feed a CI matrix on a machine that has only Nox.
Everything after `--` goes to the command.

A session runs molt_build with the interpreter that runs Nox where molt_build is installed there;
otherwise it gets a virtual environment of its own, with `install` installed in it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nox

_NEEDED = ("re2", "xxhash", "rich", "platformdirs", "packaging")

# After Ctrl-C a command ends what it started, keeps what it has and removes what it made: Nox's own
# patience of 0.3 s, and of 0.2 s more after SIGTERM, would kill it in the middle of that.
_PATIENCE_S = 60.0

# A manifest kind whose every manifest is a session -> the command that serves it.
_SESSION_KINDS = {"lane": "bench"}
# A manifest kind all of whose manifests are one session -> its name, command and description.
_SHARED_SESSIONS = {
    "case": (
        "compile_progress",
        "compile-progress",
        "Measure build latency, case by case, and judge the KPIs.",
    )
}
_FRIENDS = "friends"
# All sessions of one Nox process add to one run. Its name is written here too, as listing sessions
# imports nothing of molt_build.
_RUN = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def register_sessions(
    manifests: str | os.PathLike[str] = "manifests",
    *,
    install: str | Sequence[str] = "molt-build",
) -> list[str]:
    """Register the sessions of lanes, of cases and of suites; returns their names.

    Args:
        manifests: the manifests folder, relative to the noxfile's folder (Nox's working folder).
        install: what to install (words for `pip install`) where molt_build is not yet.
    """
    folder = Path(manifests).absolute()
    words = (install,) if isinstance(install, str) else tuple(install)
    names: list[str] = []
    suites: list[str] = []
    for manifest in _read_manifests(folder):
        kind = manifest["kind"]
        if kind == "suite":
            suites.append(str(manifest["name"]))
            continue
        if kind in _SESSION_KINDS:
            name, command = str(manifest["name"]), [_SESSION_KINDS[kind], str(manifest["name"])]
            description, tags = str(manifest.get("description", "")), manifest.get("tags", [])
        else:
            name, shared, description = _SHARED_SESSIONS[kind]
            command, tags = [shared], ["bench"]
            if name in names:
                continue
        _register(name, description, tags, ["--project", str(folder.parent), *command], words)
        names.append(name)
    if suites:
        _register_friends(suites, ["--project", str(folder.parent), _FRIENDS], words)
        names.append(_FRIENDS)
    return names


def _register_friends(suites: list[str], words: list[str], install: tuple[str, ...]) -> None:
    @nox.parametrize("suite", suites)
    def run_suite(session: nox.Session, suite: str) -> None:
        wanted, given = _split(session.posargs, "--suite")
        if wanted and suite not in wanted:
            session.skip(f"only {', '.join(wanted)} was asked for")
        is_named = any(word.partition("=")[0] in ("--run", "--resume") for word in given)
        run = [] if is_named else ["--run", _RUN]
        run_molt_build(session, [*words, "--suite", suite, *run, *given], install)

    run_suite.__doc__ = "Measure friend projects' own suites, and say who wins."
    run_suite.__name__ = _FRIENDS
    _decorated(run_suite, _FRIENDS, ["bench", "nightly"])


def _split(words: Sequence[str], option: str) -> tuple[list[str], list[str]]:
    """The values of an option that may be repeated, and the words without it."""
    values, rest = [], []
    left = iter(words)
    for word in left:
        if word == option:
            values.append(next(left, ""))
        elif word.startswith(option + "="):
            values.append(word.partition("=")[2])
        else:
            rest.append(word)
    return values, rest


def _register(
    name: str, description: str, tags: object, words: list[str], install: tuple[str, ...]
) -> None:
    def run(session: nox.Session) -> None:
        run_molt_build(session, [*words, *session.posargs], install)

    run.__doc__ = description
    run.__name__ = name
    _decorated(run, name, [str(tag) for tag in tags] if isinstance(tags, list) else [])


def _decorated(run: Callable[..., None], name: str, tags: list[str]) -> None:
    if is_installed_here():
        nox.session(name=name, python=False, tags=tags)(run)
    else:
        nox.session(name=name, reuse_venv=True, tags=tags)(run)


def is_installed_here() -> bool:
    """Whether the interpreter that runs Nox has all that molt_build needs."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


def run_molt_build(
    session: nox.Session, arguments: Sequence[str], install: Sequence[str] = ("molt-build",)
) -> None:
    """Run a molt_build command in a session, in this interpreter or the session's own."""
    if is_installed_here():
        package_parent = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH", "")]))
        session.run(
            sys.executable,
            "-m",
            "molt_build",
            *arguments,
            external=True,
            env={"PYTHONPATH": path},
            interrupt_timeout=_PATIENCE_S,
            terminate_timeout=_PATIENCE_S,
        )
        return
    session.install(*install)
    words = ("python", "-m", "molt_build", *arguments)
    session.run(*words, interrupt_timeout=_PATIENCE_S, terminate_timeout=_PATIENCE_S)


def _read_manifests(folder: Path) -> list[dict[str, Any]]:
    """The manifests that become sessions; what cannot be read is left to `molt-build check`."""
    found = []
    for path in sorted(folder.rglob("*.toml")):
        try:
            manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            print(f"{path}: not read: {error} (see molt-build check)", file=sys.stderr)
            continue
        is_session = manifest.get("kind") in (*_SESSION_KINDS, *_SHARED_SESSIONS, "suite")
        if is_session and isinstance(manifest.get("name"), str):
            found.append(manifest)
    return found
