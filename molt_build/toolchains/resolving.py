"""From a toolchain manifest to this machine's toolchain: executables, facts, identity.

A resolved toolchain knows the value of each placeholder it defines, and for each of them the
*components* of the identity that the value stands on. A stage's key takes the components of the
placeholders it uses and no others: a new C compiler changes no translate stage. Answers of tools
(`--version` and the manifest's queries) are remembered as long as the files asked stay the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from molt_build import patterns
from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.manifests.model import (
    BuiltBy,
    Executable,
    Manifests,
    Profile,
    PythonEnvironment,
    Query,
    Toolchain,
)
from molt_build.manifests.placeholders import expand, names
from molt_build.store.digest import StatCache, digest_text, digest_value
from molt_build.store.locks import Waiting
from molt_build.toolchains.environments import (
    ensure_environment,
    environment_dir,
    environment_python,
    marker,
)
from molt_build.toolchains.host_python import HostPython, cpu_identity, host_python
from molt_build.toolchains.roots import Roots
from molt_build.toolchains.trails import Trail, trail

QUESTION_TIMEOUT_S = 60.0
ANSWER_LIMIT_CHARACTERS = 1 << 20
WORDS_LIMIT = 1000  # of an answer that is a list
NOT_INSTALLED = "(not installed yet)"  # what a foreseen environment's tools answer
TOOL_PATH = "/usr/local/bin:/usr/bin:/bin"  # the PATH of stages and of what is run
ASKING_VARIABLES = ("PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME")
USE_VARIABLE = "MOLT_BUILD_USE"  # "cc=zig": choose among the alternatives of a role

Value = str | tuple[str, ...]


@dataclass(frozen=True)
class ResolvedToolchain:
    """A toolchain on this machine."""

    manifest: Toolchain
    values: Mapping[str, Value]  # placeholder -> absolute value
    parts: Mapping[str, Mapping[str, str]]  # placeholder -> identity components
    always: Mapping[str, str]  # components that every use depends on
    roles: Mapping[str, ResolvedToolchain]
    roots: Roots
    environment: str | None  # its Python environment's directory
    guard: Mapping[str, Trail]  # files that vouch for all of the above, as they were at first
    guard_absent: tuple[str, ...]  # files that would have been found first
    built_from: tuple[str, ...]  # files and folders that its built executables stand on
    built_without: tuple[str, ...]  # paths that would change those by appearing
    versions: Mapping[str, str] = field(default_factory=dict)  # executable -> first line

    @property
    def name(self) -> str:
        """The manifest's name."""
        return self.manifest.name

    @property
    def locks(self) -> tuple[str, ...]:
        """The lock files it stands on, as manifests name them."""
        own = () if self.manifest.python is None else (self.manifest.python.lock,)
        return (*own, *(lock for used in self.roles.values() for lock in used.locks))

    @property
    def identity(self) -> str:
        """The digest of every component, those of the toolchains it uses included."""
        return digest_value(self.components())

    def components(self) -> dict[str, str]:
        """All identity components, flat."""
        merged = dict(self.always)
        for part in self.parts.values():
            merged.update(part)
        return merged


@dataclass(frozen=True)
class Built:
    """An executable that an action made, and what it stands on."""

    path: str
    watched: tuple[str, ...]  # files and folders: as they were, it is up to date
    watched_absent: tuple[str, ...]


def names_in(templates: Iterable[str]) -> set[str]:
    """The placeholders that a list of words mentions."""
    return {name for template in templates for name in names(template)}


class Resolver:
    """Resolves toolchains, each once; `build_executable` builds those that actions make.

    Without `install` an environment that is not there is a missing tool, or, to `foresee` what a
    build would do, taken for installed: its lock is its identity, and only its tools' own words
    are not known.
    """

    def __init__(
        self,
        manifests: Manifests,
        project: Path,
        cache: Path,
        stat_cache: StatCache,
        build_executable: Callable[[BuiltBy], Built],
        progress: Callable[[str], None],
        waiting: Waiting,  # for others who install the same
        *,
        install: bool = True,
        foresee: bool = False,
    ) -> None:
        self._manifests = manifests
        self._project = project
        self._cache = cache
        self._stat_cache = stat_cache
        self._build_executable = build_executable
        self._progress = progress
        self._waiting = waiting
        self._install = install
        self._foresee = foresee
        self._known: dict[str, ResolvedToolchain | MoltBuildError] = {}
        self.python: HostPython = host_python(stat_cache)

    def resolve(self, name: str) -> ResolvedToolchain:
        """The toolchain on this machine; raises `ToolMissing` when a part is absent."""
        if name not in self._known:
            try:
                self._known[name] = self._resolve(self._manifests.toolchains[name])
            except MoltBuildError as error:
                self._known[name] = error
        known = self._known[name]
        if isinstance(known, MoltBuildError):
            raise known
        return known

    def profile_chain(self, name: str) -> list[Profile]:
        """The profile, then those it inherits from."""
        chain: list[Profile] = []
        current: str | None = name
        while current is not None:
            profile = self._manifests.profiles[current]
            chain.append(profile)
            current = profile.inherits
        return chain

    def _resolve(self, manifest: Toolchain) -> ResolvedToolchain:
        work = _Work(self, manifest)
        try:
            for role, alternatives in manifest.uses.items():
                used, looked_at, looked_for = self._choose(manifest, role, alternatives)
                work.use(role, used)
                work.guard.update(looked_at)
                work.guard_absent.extend(looked_for)
            return work.finish()
        except ToolMissing as error:
            error.looked_at = {**error.looked_at, **work.guard}
            error.looked_for = tuple(dict.fromkeys((*error.looked_for, *work.guard_absent)))
            raise

    def _choose(
        self, manifest: Toolchain, role: str, alternatives: tuple[str, ...]
    ) -> tuple[ResolvedToolchain, Mapping[str, Trail], list[str]]:
        """The first alternative that is there; of those before it the files that were looked at,
        and where others were looked for."""
        wanted = dict(
            pair.split("=", 1)
            for pair in os.environ.get(USE_VARIABLE, "").replace(",", " ").split()
            if "=" in pair
        ).get(role)
        if wanted is not None:
            if wanted not in alternatives:
                message = f"{manifest.name} cannot use {wanted} as {role}"
                raise ToolMissing(
                    message, f"{USE_VARIABLE} may say {role}={'|'.join(alternatives)}"
                )
            return self.resolve(wanted), {}, []
        reasons = []
        looked_at: dict[str, Trail] = {}
        looked_for: list[str] = []
        for name in alternatives:
            try:
                return self.resolve(name), looked_at, looked_for
            except ToolMissing as error:
                looked_at |= error.looked_at
                looked_for += error.looked_for
                reasons.append(f"{name}: {error.message}")
        message = f"{manifest.name} needs a {role}, and none was found ({'; '.join(reasons)})"
        missing = ToolMissing(message, self._hint(alternatives))
        missing.looked_at, missing.looked_for = looked_at, tuple(looked_for)
        raise missing

    def _hint(self, alternatives: tuple[str, ...]) -> str | None:
        for name in alternatives:
            for executable in self._manifests.toolchains[name].executables:
                if executable.install_hint:
                    return executable.install_hint
        return None

    # What `_Work` asks of its resolver.

    def environment(self, manifest: Toolchain) -> Path:
        """The toolchain's Python environment; installed unless this resolver only looks."""
        assert manifest.python is not None
        name = manifest.name
        hint = f"molt-build build --toolchain {name}"
        return self.environment_of(name, manifest.python, f"molt-build pin {name}", hint)

    def environment_of(self, name: str, wanted: PythonEnvironment, pin: str, install: str) -> Path:
        """A Python environment that a manifest declares.

        `name` is what to call it; `pin` and `install` are the commands that lock and make it.
        """
        if not wanted.lock_text:
            message = f"{name} has no lock file {wanted.lock}"
            raise ToolMissing(message, pin)
        lock, python = wanted.lock_text, self.python
        if not self._install:
            found = environment_dir(self._cache, lock, python.identity)
            if not marker(found).exists() and not self._foresee:
                message = f"the pinned requirements of {name} are not installed yet"
                raise ToolMissing(message, install)
            return found
        return ensure_environment(
            self._cache,
            name,
            lock,
            python.executable,
            python.identity,
            self._progress,
            self._waiting,
            pin,
        )

    def built(self, built_by: BuiltBy) -> Built:
        """An executable that an action makes, built now unless this resolver only looks."""
        return self._build_executable(built_by)

    def file_digest(self, path: str) -> str:
        """The content digest of a tool's file."""
        return self._stat_cache.digest(path)

    def ask(self, argv: list[str], stream: str, asked_of: list[str], toolchain: str) -> str:
        """What a tool answers, remembered while the file asked (and the words) stay the same."""
        if self._foresee and not os.path.exists(asked_of[0]):
            return NOT_INSTALLED
        environment = _asking_environment()
        kind = "answer " + digest_value([argv, stream, *asked_of[1:], environment])
        return self._stat_cache.fact(
            kind, asked_of[0], lambda _: _ask(argv, stream, toolchain, environment)
        )

    def root_paths(self, environment: str | None) -> dict[str, str | None]:
        """The symbolic roots of a toolchain outside any action."""
        project = str(self._project)
        return {"env": environment, "project": project, "base": self.python.base}


class _Work:
    """One toolchain being resolved: values appear as they are asked for."""

    def __init__(self, resolver: Resolver, manifest: Toolchain) -> None:
        self.resolver = resolver
        self.manifest = manifest
        self.roles: dict[str, ResolvedToolchain] = {}
        self.executables = {e.name: e for e in manifest.executables}
        self.queries = {q.name: q for q in manifest.queries}
        self.guard: dict[str, Trail] = dict(resolver.python.files)
        self.guard_absent: list[str] = []
        self.built_from: list[str] = []
        self.built_without: list[str] = []
        self.versions: dict[str, str] = {}
        python = {"python": f"{resolver.python.version} {resolver.python.identity}"}
        self.values: dict[str, Value] = {
            "python": resolver.python.executable,
            "project": str(resolver._project),
            "system": "",
        }
        self.parts: dict[str, dict[str, str]] = {"python": python, "project": {}, "system": {}}
        self.environment: str | None = None
        if manifest.python is not None:
            found = resolver.environment(manifest)
            self.environment = str(found)
            self._guard(str(marker(found)))
            lock = {f"{manifest.name} lock": digest_text(manifest.python.lock_text), **python}
            self.values["env"] = self.environment
            self.values["env_python"] = environment_python(found)
            self.parts["env"] = self.parts["env_python"] = lock
        self.roots = Roots(resolver.root_paths(self.environment))

    def use(self, role: str, used: ResolvedToolchain) -> None:
        """Take another toolchain in a role: its command becomes the value `{role}`."""
        provides = used.manifest.provides
        assert provides is not None and provides.role == role
        self.roles[role] = used
        names = names_in(provides.command) | names_in(provides.search_path)
        for words in [*provides.flags.values(), tuple(provides.environment.values())]:
            names |= names_in(words)
        # A driver's word is not enough: the programs that do the work are part of it.
        names |= {e.name for e in used.manifest.executables}
        names |= {q.name for q in used.manifest.queries if q.is_file}
        part = dict(used.always)
        for name in sorted(names):
            part.update(used.parts.get(name, {}))
        self.parts[role] = {f"{role}: {key}": value for key, value in part.items()}
        self.values[role] = tuple(expand(provides.command, used.values))
        self.guard.update(used.guard)
        self.guard_absent.extend(used.guard_absent)
        self.built_from.extend(used.built_from)
        self.built_without.extend(used.built_without)

    def finish(self) -> ResolvedToolchain:
        always: dict[str, str] = {}
        try:
            for name in [*self.executables, *self.queries]:
                self.value(name)
            for template in self.manifest.identity_files:
                for path in self._expand((template,)):
                    always[f"{self.manifest.name} file {template}"] = self._file(path)
        except FileNotFoundError as error:
            raise ToolMissing(f"{self.manifest.name} needs {error.filename}") from error
        if self.manifest.cpu_specific:
            always["cpu"] = cpu_identity()
        return ResolvedToolchain(
            manifest=self.manifest,
            values=self.values,
            parts=self.parts,
            always=always,
            roles=self.roles,
            roots=self.roots,
            environment=self.environment,
            guard=self.guard,
            guard_absent=tuple(dict.fromkeys(self.guard_absent)),
            built_from=tuple(dict.fromkeys(self.built_from)),
            built_without=tuple(dict.fromkeys(self.built_without)),
            versions=self.versions,
        )

    def value(self, name: str) -> Value:
        """The value of a placeholder, worked out on first use."""
        if name not in self.values:
            if name in self.executables:
                self._find_executable(self.executables[name])
            elif name in self.queries:
                self._ask_query(self.queries[name])
            else:
                raise ToolMissing(f"{self.manifest.name}: {{{name}}} has no value here")
        return self.values[name]

    def _expand(self, templates: tuple[str, ...]) -> list[str]:
        for name in names_in(templates):
            self.value(name)
        return expand(templates, self.values)

    def _depends(self, templates: tuple[str, ...]) -> dict[str, str]:
        merged: dict[str, str] = {}
        for name in sorted(names_in(templates)):
            self.value(name)
            merged.update(self.parts.get(name, {}))
        return merged

    def _file(self, path: str) -> str:
        self._guard(path)
        if os.path.realpath(path) != path:
            self._guard(os.path.realpath(path))
        return self.resolver.file_digest(path)

    def _find_executable(self, executable: Executable) -> None:
        label = f"{self.manifest.name} {executable.name}"
        part: dict[str, str] = {}
        if executable.built_by is not None:
            built = self.resolver.built(executable.built_by)
            path = built.path
            self.built_from.extend(built.watched)
            self.built_without.extend(built.watched_absent)
        elif executable.path is not None:
            path = self._expand((executable.path,))[0]
            part.update(self._depends((executable.path,)))
        elif executable.query is not None:
            answer = self.value(executable.query)
            path = answer if isinstance(answer, str) else answer[0]
            part.update(self.parts[executable.query])
        else:
            path = self._search(executable)
        if not os.access(path, os.X_OK) and not self._is_foreseen(path):
            message = f"{self.manifest.name} needs the executable {executable.name} at {path}"
            raise ToolMissing(message, executable.install_hint or None)
        self.values[executable.name] = path
        # What lies in the environment is vouched for by its lock.
        if self.environment is None or not path.startswith(self.environment + "/"):
            part[f"{label} executable"] = self._file(path)
        self.parts[executable.name] = part
        if executable.version:
            argv = self._expand(executable.version)
            text = self.resolver.ask(
                argv, "both", [os.path.realpath(path), path], self.manifest.name
            )
            shown = self.roots.text(text).strip()
            part[f"{label} version"] = shown
            self.versions[executable.name] = next(iter(shown.splitlines()), "")

    def _is_foreseen(self, path: str) -> bool:
        own = self.environment
        return own is not None and path.startswith(own + "/") and not marker(Path(own)).exists()

    def _search(self, executable: Executable) -> str:
        for name in executable.names:
            for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
                if not os.path.isabs(folder):
                    continue
                path = os.path.join(folder, name)
                if shutil.which(path) is not None:
                    return path
                self._pass_over(path)
        hint = executable.install_hint or None
        names = " or ".join(executable.names)
        missing = ToolMissing(f"{self.manifest.name}: {names} is not on PATH", hint)
        missing.looked_for = tuple(self.guard_absent)
        raise missing

    def _pass_over(self, path: str) -> None:
        """Note a path that holds no executable: what is there may become one, or appear."""
        if os.path.lexists(path):
            self._guard(path)
        else:
            self.guard_absent.append(path)

    def _guard(self, path: str) -> None:
        """Note what a path leads to before it is used for anything: the first look counts."""
        if path not in self.guard:
            self.guard[path] = trail(path)

    def _as_stages_find(self, name: str) -> str:
        """Where a stage, with its own PATH, finds the program of this name."""
        for folder in TOOL_PATH.split(os.pathsep):
            path = os.path.join(folder, name)
            if shutil.which(path) is not None:
                return path
            self._pass_over(path)
        return name

    def _ask_query(self, query: Query) -> None:
        argv = self._expand(query.argv)
        asked_of = [os.path.realpath(argv[0]), *argv]
        answer = self.resolver.ask(argv, query.stream, asked_of, self.manifest.name)
        limit = WORDS_LIMIT + 1 if query.is_list else 1
        if query.pattern is None or answer == NOT_INSTALLED:
            found = [line.strip() for line in answer.splitlines() if line.strip()][:limit]
        else:
            found = patterns.every(query.pattern, answer, limit)
        if len(found) > WORDS_LIMIT:
            message = f"{self.manifest.name}: {query.name} got too much of an answer from {argv[0]}"
            raise ToolMissing(message, f"a list holds at most {WORDS_LIMIT} words")
        if not found:
            message = f"{self.manifest.name}: {query.name} got no answer from {argv[0]}"
            raise ToolMissing(message)
        part = self._depends(query.argv)
        if query.is_file:
            path = found[0]
            if not os.path.isabs(path):
                path = self._as_stages_find(path)
            found = [os.path.realpath(path)]
            part[f"{self.manifest.name} {query.name} file"] = self._file(found[0])
        else:
            shown = self.roots.text("\n".join(found) if query.is_list else found[0])
            part[f"{self.manifest.name} {query.name}"] = shown
        self.values[query.name] = tuple(found) if query.is_list else found[0]
        self.parts[query.name] = part


def _asking_environment() -> dict[str, str]:
    """What a tool is told when it is asked: what finds it, and what chooses among its versions.

    Nothing else of the caller's: stages run without it, and an answer must hold for them.
    """
    known = {name: os.environ[name] for name in ASKING_VARIABLES if name in os.environ}
    return {**known, "LC_ALL": "C"}


def _ask(argv: list[str], stream: str, toolchain: str, environment: Mapping[str, str]) -> str:
    try:
        result = subprocess.run(
            argv,
            env=dict(environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=QUESTION_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolMissing(f"{toolchain}: {argv[0]} does not run: {error}") from error
    if result.returncode != 0:
        message = f"{toolchain}: {argv[0]} answered with exit status {result.returncode}"
        raise ToolMissing(message, (result.stderr or result.stdout).strip()[-300:] or None)
    printed = {"stdout": result.stdout, "stderr": result.stderr}
    answer = printed.get(stream, result.stdout + result.stderr)
    if len(answer) > ANSWER_LIMIT_CHARACTERS:
        message = f"{toolchain}: {argv[0]} answered with {len(answer)} characters"
        raise ToolMissing(message, f"at most {ANSWER_LIMIT_CHARACTERS} of them are taken")
    return answer
