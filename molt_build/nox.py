"""The Nox extension: sessions from manifests.

`register_sessions` reads the lane manifests and registers a session for each, under the lane's own
name, with its description and tags; one session `compile_progress` for all case manifests, where
there are any; one session `differential` where the project says what it compares; two for all gate
manifests, `gates` and `gate_canary`; `dashboard` where there are gates or tracks; and one session
`friends` with a parameter, the suite, for all suite manifests: `nox -s friends` measures all of
them into one run. Listing sessions imports nothing outside Nox and the standard library, so `nox -l
--json` can feed a CI matrix on a machine that has only Nox. Everything after `--` goes to the
command.

A session runs molt_build with the interpreter that runs Nox where molt_build is installed there;
otherwise, and where the noxfile chooses an interpreter or a backend, it gets a virtual environment
of its own, with `install` installed in it.

What sessions promise each other (docs/nox.md has it for users):

- They measure, so none runs beside another: `nox -j` gives them no company, and a second Nox
  process ends with a sentence that names the first, unless it is told to `--wait`.
- All of one Nox process, the workers of `nox -j` included, add to one run of suites; with
  `MOLT_BUILD_RUN` set, all of several processes do.
- A command that Nox ends is given time to put away what it has. One that gets none, since it is
  killed or a noxfile starts it itself, loses the block that it was in.
"""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nox

_NEEDED = ("re2", "xxhash", "rich", "platformdirs", "packaging")

# After Ctrl-C a command ends what it started, keeps what it has and removes what it made: Nox's own
# patience of 0.3 s, and of 0.2 s more after SIGTERM, would kill it in the middle of that.
_PATIENCE_S = 60.0

_CASES, _FRIENDS = "compile_progress", "friends"  # sessions for all manifests of a kind
_DIFFERENTIAL = "differential"  # the session of a project that says what it compares
_GATES, _CANARY = "gates", "gate_canary"  # sessions for all gate manifests
_DASHBOARD = "dashboard"  # the session of a project with tracks or gates
_CHARTS, _CHARTS_MODULE = "vl-convert-python>=1.9", "vl_convert"  # which it needs besides
# All sessions of one Nox process add to one run, and so do the processes of their own that `nox -j`
# gives them: they inherit its name. Names of runs are formed here too, as listing sessions imports
# nothing of molt_build.
_RUN = os.environ.setdefault("_RUN_OF_THIS_NOX", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
_GIVEN_RUN = "MOLT_BUILD_RUN"  # names it for all processes that have it


def register_sessions(
    manifests: str | os.PathLike[str] = "manifests",
    *,
    install: str | Sequence[str] = "molt-build",
    options: Mapping[str, Sequence[str]] | None = None,
    tags: Mapping[str, Sequence[str]] | None = None,
    python: str | Sequence[str] | None = None,
    venv_backend: str | None = None,
) -> list[str]:
    """Register the sessions of lanes, cases, suites, gates and tracks; returns their names.

    Args:
        manifests: the manifests folder, relative to the noxfile's folder (Nox's working folder).
        install: what to install (words for `pip install`) where molt_build is not yet.
        options: by session, words that its command always gets, before those after `--`:
            `{"bench_native": ["--quick"]}`.
        tags: by session, tags beside those that it has by itself: `{"bench_native": ["ci"]}`.
        python: the interpreter of the sessions' environments, or several of them, as in
            `nox.session`: each session then has one for each.
        venv_backend: what makes the environments, as in `nox.session`.

    Raises `ValueError` for options or tags of a session that there is not.
    """
    folder = Path(manifests).absolute()
    words = (install,) if isinstance(install, str) else tuple(install)
    project = ["--project", str(folder.parent)]
    has_own = not is_installed_here() or python is not None or venv_backend is not None
    sessions: dict[str, tuple[Callable[..., None], str, list[str]]] = {}
    suites: list[str] = []
    has_gates = has_tracks = False

    def run_command(
        session: nox.Session,
        name: str,
        command: Sequence[str],
        needed: Sequence[str] = (),
        *,
        is_apart: bool = has_own,
    ) -> None:
        given = [*(options or {}).get(name, ()), *session.posargs]
        arguments = [*project, *command, *given]
        run_molt_build(session, arguments, (*words, *needed), has_own_environment=is_apart)

    def run_words(name: str, *command: str) -> Callable[[nox.Session], None]:
        return lambda session: run_command(session, name, command)

    def run_dashboard(session: nox.Session) -> None:
        is_apart = has_own or lacks_charts
        run_command(session, _DASHBOARD, (_DASHBOARD,), (_CHARTS,), is_apart=is_apart)

    def run_suite(session: nox.Session, suite: str) -> None:
        wanted, given = _split(session.posargs, "--suite")
        if wanted and suite not in wanted:
            session.skip(f"only {', '.join(wanted)} was asked for")
        is_named = any(word.partition("=")[0] in ("--run", "--resume") for word in given)
        run = [] if is_named or os.environ.get(_GIVEN_RUN) else ["--run", _RUN]
        always = (options or {}).get(_FRIENDS, ())
        arguments = [*project, _FRIENDS, "--suite", suite, *run, *always, *given]
        run_molt_build(session, arguments, words, has_own_environment=has_own)

    for manifest in _read_manifests(folder):
        kind, name = manifest["kind"], str(manifest["name"])
        if kind == "suite":
            suites.append(name)
        elif kind == "lane":
            own = _tags(manifest)
            description = str(manifest.get("description", ""))
            sessions[name] = (run_words(name, "bench", name), description, own)
        elif kind == "project":
            description = "Say where compiled programs diverge from the reference."
            own = _tags(manifest[_DIFFERENTIAL])
            sessions[_DIFFERENTIAL] = (run_words(_DIFFERENTIAL, _DIFFERENTIAL), description, own)
        elif kind == "gate":
            has_gates = True
        elif kind == "track":
            has_tracks = True
        elif _CASES not in sessions:
            description = "Measure build latency, case by case, and judge the KPIs."
            sessions[_CASES] = (run_words(_CASES, _CASES), description, ["bench"])
    if has_gates:
        description = "Say whether anything is worse than it may be, by recorded runs."
        sessions[_GATES] = (run_words(_GATES, _GATES), description, [])
        description = "Try each gate with runs that are made up: does it fire where it must?"
        sessions[_CANARY] = (run_words(_CANARY, _GATES, "--canary"), description, [])
    lacks_charts = importlib.util.find_spec(_CHARTS_MODULE) is None
    if has_gates or has_tracks:
        description = "Write one HTML file with all that recorded runs say."
        sessions[_DASHBOARD] = (run_dashboard, description, [])
    if suites:
        description = "Measure friend projects' own suites, and say who wins."
        run_each = nox.parametrize("suite", suites)(run_suite)
        sessions[_FRIENDS] = (run_each, description, ["bench", "nightly"])
    for what, by_name in (("options", options or {}), ("tags", tags or {})):
        _check_names(what, by_name, sessions)
    for name, (run, description, own) in sessions.items():
        run.__doc__, run.__name__ = description, name
        settings: dict[str, Any] = {"name": name}
        settings["tags"] = [*dict.fromkeys((*own, *(tags or {}).get(name, ())))]
        if has_own or (name == _DASHBOARD and lacks_charts):
            settings |= {"python": python, "venv_backend": venv_backend, "reuse_venv": True}
        else:
            settings["python"] = False
        if "allow_parallel" in inspect.signature(nox.session).parameters:  # newer ones have `-j`
            settings["allow_parallel"] = False
        nox.session(**settings)(run)
    return [*sessions]


def _tags(table: Mapping[str, Any]) -> list[str]:
    declared = table.get("tags", [])
    return [str(tag) for tag in declared] if isinstance(declared, list) else []


def _check_names(what: str, given: Iterable[str], there: Iterable[str]) -> None:
    """Raises `ValueError` for a session that no manifest gives."""
    names = sorted(there)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            meant = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
            raise ValueError(f"{what} of {name}: no manifest gives a session of that name; {meant}")


def _split(words: Sequence[str], option: str) -> tuple[list[str], list[str]]:
    """The values of an option that takes several and may be repeated, and the words without it."""
    values: list[str] = []
    rest: list[str] = []
    is_value = False  # whether what follows, and is no option, is one
    for word in words:
        is_value = word == option or (is_value and not word.startswith("-"))
        if word.startswith(option + "="):
            values.append(word.partition("=")[2])
        elif not is_value:
            rest.append(word)
        elif word != option:
            values.append(word)
    return values, rest


def is_installed_here() -> bool:
    """Whether the interpreter that runs Nox has all that molt_build needs."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


def run_molt_build(
    session: nox.Session,
    arguments: Sequence[str],
    install: Sequence[str] = ("molt-build",),
    *,
    has_own_environment: bool = False,
) -> None:
    """Run a molt_build command in a session, and give it the time to end in order.

    By the interpreter that runs Nox, where molt_build is installed there, and not in the session's
    own environment all the same.
    """
    is_here = is_installed_here() and not has_own_environment
    package_parent = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH", "")]))
    if not is_here:
        session.install(*install)
    session.run(
        *(sys.executable if is_here else "python", "-m", "molt_build", *arguments),
        external=is_here or None,
        env={"PYTHONPATH": path} if is_here else None,
        stderr=None,  # kept apart from results, as `nox -s X -- --json > FILE` expects
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
        is_session = manifest.get("kind") in ("lane", "case", "suite", "gate", "track")
        if manifest.get("kind") == "project":  # which compares nothing unless it says so
            is_session = isinstance(manifest.get(_DIFFERENTIAL), dict)
        if is_session and isinstance(manifest.get("name"), str):
            found.append(manifest)
    return found
