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

_CASES, _FRIENDS = "compile_progress", "friends"  # sessions for all manifests of a kind
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
    project = ["--project", str(folder.parent)]

    def run_words(*command: str) -> Callable[[nox.Session], None]:
        def run(session: nox.Session) -> None:
            run_molt_build(session, [*project, *command, *session.posargs], words)

        return run

    def run_suite(session: nox.Session, suite: str) -> None:
        wanted, given = _split(session.posargs, "--suite")
        if wanted and suite not in wanted:
            session.skip(f"only {', '.join(wanted)} was asked for")
        is_named = any(word.partition("=")[0] in ("--run", "--resume") for word in given)
        run = [] if is_named else ["--run", _RUN]
        run_molt_build(session, [*project, _FRIENDS, "--suite", suite, *run, *given], words)

    for manifest in _read_manifests(folder):
        kind, name = manifest["kind"], str(manifest["name"])
        if kind == "suite":
            suites.append(name)
        elif kind == "lane":
            tags = manifest.get("tags", [])
            _register(run_words("bench", name), name, manifest.get("description", ""), tags)
            names.append(name)
        elif _CASES not in names:
            description = "Measure build latency, case by case, and judge the KPIs."
            _register(run_words("compile-progress"), _CASES, description, ["bench"])
            names.append(_CASES)
    if suites:
        description = "Measure friend projects' own suites, and say who wins."
        run_each = nox.parametrize("suite", suites)(run_suite)
        _register(run_each, _FRIENDS, description, ["bench", "nightly"])
        names.append(_FRIENDS)
    return names


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


def _register(run: Callable[..., None], name: str, description: object, tags: object) -> None:
    run.__doc__ = str(description)
    run.__name__ = name
    words = [str(tag) for tag in tags] if isinstance(tags, list) else []
    if is_installed_here():
        nox.session(name=name, python=False, tags=words)(run)
    else:
        nox.session(name=name, reuse_venv=True, tags=words)(run)


def is_installed_here() -> bool:
    """Whether the interpreter that runs Nox has all that molt_build needs."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


def run_molt_build(
    session: nox.Session, arguments: Sequence[str], install: Sequence[str] = ("molt-build",)
) -> None:
    """Run a molt_build command in a session, in this interpreter or the session's own."""
    is_here = is_installed_here()
    package_parent = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH", "")]))
    if not is_here:
        session.install(*install)
    session.run(
        *(sys.executable if is_here else "python", "-m", "molt_build", *arguments),
        external=is_here or None,
        env={"PYTHONPATH": path} if is_here else None,
        interrupt_timeout=_PATIENCE_S,
        terminate_timeout=_PATIENCE_S,
    )


def _read_manifests(folder: Path) -> list[dict[str, Any]]:
    """The manifests that become sessions; what cannot be read is left to `molt-build check`."""
    found = []
    for path in sorted(folder.rglob("*.toml")):
        try:
            manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            print(f"{path}: not read: {error} (see molt-build check)", file=sys.stderr)
            continue
        is_session = manifest.get("kind") in ("lane", "case", "suite")
        if is_session and isinstance(manifest.get("name"), str):
            found.append(manifest)
    return found
