"""One toolchain being resolved: its executables are found, its queries asked, as they are needed.

Whatever a value stands on becomes a component of the identity, under the placeholder that has the
value; whatever was looked at on the way becomes evidence.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from molt_build.errors import EnvironmentFailed, ToolMissing
from molt_build.manifests.lock_checks import installed
from molt_build.manifests.placeholders import expand
from molt_build.manifests.toolchain import Artifact, BuiltBy, Executable, Query, Toolchain
from molt_build.sources.source import SOURCES_FOLDER
from molt_build.store.digest import StatCache, digest_bytes
from molt_build.store.made_once import marker
from molt_build.store.tree import NotKept, tree_of
from molt_build.toolchains.answers import ask, words_of
from molt_build.toolchains.artifacts import Contents, contents
from molt_build.toolchains.environments import Environments, environment_python
from molt_build.toolchains.host_python import HostPython, cpu_identity
from molt_build.toolchains.interpreters import find_python
from molt_build.toolchains.pinned import Pinned, pinned
from molt_build.toolchains.resolved import (
    NOT_BUILT,
    TOOL_PATH,
    Built,
    Evidence,
    ResolvedToolchain,
    Value,
    Watched,
    names_in,
)
from molt_build.toolchains.roots import EACH_TIME, Roots
from molt_build.toolchains.wanted import Wanted, wanted, wanted_by

NOT_INSTALLED = "(not installed yet)"  # what an environment that is assumed's tools answer


@dataclass(frozen=True)
class Host:
    """What toolchains are resolved on."""

    project: str
    stat_cache: StatCache
    environments: Environments  # and the interpreter that they are made with
    # Builds what a toolchain is made of, as far as it can be: each once in a command ...
    build: Callable[[Sequence[Wanted]], None]
    built: Callable[[Wanted, str], Built]  # ... and says where an output of it (STAGE.OUTPUT) is


class Resolution:
    """A toolchain of which values are known as far as they were asked for."""

    def __init__(
        self,
        manifest: Toolchain,  # as the target needs it
        here: str,  # the folder of its file
        host: Host,
        evidence: Evidence,
        profile: str,
        target: str,
    ) -> None:
        self.manifest = manifest
        self._host = host
        self._asked = (profile, target)
        self._environment: str | None = None
        self._is_assumed = False
        self._evidence = evidence
        self._executables = {e.name: e for e in manifest.executables}
        self._artifacts = {a.name: a for a in manifest.artifacts}
        self._queries = {q.name: q for q in manifest.queries}
        self._roles: dict[str, ResolvedToolchain] = {}
        self._held: dict[str, Contents] = {}
        self._pinned: dict[str, Pinned] = {}
        self._built_on: list[Watched] = []
        self._compilers: dict[Wanted, None] = {}
        # Of built executables that do not lie at their paths.
        self._copies: dict[str, Callable[[], str | None]] = {}
        self._not_built: set[str] = set()
        self._versions: dict[str, str] = {}
        self._packages: tuple[str, ...] = ()
        own = host.environments.python
        python = {"python": f"{own.version} {own.identity}"}
        self._values: dict[str, Value] = {
            "python": own.executable,
            "project": host.project,
            "here": here,
            "system": "",
            **{name: f"{{{name}}}" for name in EACH_TIME},
        }
        self._parts: dict[str, dict[str, str]] = {"python": python}
        if manifest.python is not None:
            name = manifest.name
            commands = (f"molt-build pin {name}", f"molt-build prepare {name}")
            environment = host.environments.of(name, manifest.python, *commands)
            self._environment = str(environment)
            wanted = manifest.python
            self._packages = installed(wanted.requires, wanted.lock_text, own.version)
            self._is_assumed = not marker(environment).exists()
            evidence.look_at(str(marker(environment)))
            digest = host.stat_cache.digest_text(manifest.python.lock_text)
            lock = {f"{name} lock": digest, **python}
            self._values["env"] = self._environment
            self._values["env_python"] = environment_python(environment)
            self._parts["env"] = self._parts["env_python"] = lock
        roots = {"env": self._environment, "here": here, "project": host.project, "base": own.base}
        sources = str(host.environments.cache / SOURCES_FOLDER)
        self._roots = Roots({**roots, "sources": sources})

    def use(self, role: str, used: ResolvedToolchain) -> None:
        """Take another toolchain in a role: its command becomes the value `{role}`."""
        provides = used.provides
        self._roles[role] = used
        names = names_in(provides.command) | names_in(provides.search_path)
        for words in [*provides.flags.values(), tuple(provides.environment.values())]:
            names |= names_in(words)
        # A driver's word is not enough: the programs that do the work are part of it.
        names |= {e.name for e in used.manifest.executables}
        names |= {q.name for q in used.manifest.queries if q.is_file}
        part = dict(used.always)
        for name in sorted(names):
            part.update(used.parts.get(name, {}))
        self._parts[role] = {f"{role}: {key}": value for key, value in part.items()}
        self._values[role] = tuple(expand(provides.command, used.values))
        self._held |= {f"{role}: {key}": held for key, held in used.artifacts.items()}
        self._pinned |= {f"{role}: {key}": held for key, held in used.pinned.items()}
        self._built_on.append(used.built_on)
        self._compilers |= dict.fromkeys(used.compilers)

    def finish(self) -> ResolvedToolchain:
        """The toolchain, all of its values known; raises `ToolMissing` when a part is absent."""
        always: dict[str, str] = {}
        try:
            self._build()
            for name in [*self._executables, *self._artifacts, *self._queries]:
                self._value(name)
            for template in self.manifest.identity_files:
                for path in self._expand((template,)):
                    always[f"{self.manifest.name} file {template}"] = self._file(path)
        except FileNotFoundError as error:
            raise ToolMissing(f"{self.manifest.name} needs {error.filename}") from error
        if self.manifest.cpu_specific:
            always["cpu"] = cpu_identity(self._host.stat_cache)
        return ResolvedToolchain(
            manifest=self.manifest,
            values=self._values,
            parts=self._parts,
            always=always,
            roles=self._roles,
            roots=self._roots,
            guard=self._evidence.files,
            guard_absent=tuple(dict.fromkeys(self._evidence.absent)),
            artifacts=self._held,
            pinned=self._pinned,
            built_on=Watched.all_of(self._built_on),
            compilers=tuple(self._compilers),
            versions=self._versions,
            packages=self._packages,
        )

    def _value(self, name: str) -> Value:
        """The value of a placeholder, worked out on first use."""
        if name not in self._values:
            if name in self._executables:
                self._find(self._executables[name])
            elif name in self._artifacts:
                self._take(self._artifacts[name])
            elif name in self._queries:
                self._ask(self._queries[name])
            else:
                raise ToolMissing(f"{self.manifest.name}: {{{name}}} has no value here")
        return self._values[name]

    def _expand(self, templates: tuple[str, ...]) -> list[str]:
        for name in names_in(templates):
            self._value(name)
        return expand(templates, self._values)

    def _depends(self, templates: tuple[str, ...]) -> dict[str, str]:
        """The components that words stand on."""
        merged: dict[str, str] = {}
        for name in sorted(names_in(templates)):
            self._value(name)
            merged.update(self._parts.get(name, {}))
        return merged

    def _file(self, path: str) -> str:
        """The content digest of a tool's file."""
        self._evidence.look_at(path)
        self._evidence.look_at(os.path.realpath(path))
        return self._host.stat_cache.digest(path)

    def _find(self, executable: Executable) -> None:
        label = f"{self.manifest.name} {executable.name}"
        part: dict[str, str] = {}
        built: Built | None = None
        if executable.built_by is not None:
            built = self._built(executable.built_by)
            path = built.path
        elif executable.path is not None:
            path = self._expand((executable.path,))[0]
            part.update(self._depends((executable.path,)))
        elif executable.query is not None:
            answer = self._value(executable.query)
            path = answer if isinstance(answer, str) else answer[0]
            part.update(self._parts[executable.query])
        elif executable.python is not None:
            python = self._python(executable, executable.python)
            path = python.executable
            part[f"{label} python"] = f"{python.version} {python.identity}"
        else:
            path = self._search(executable)
        awaited = self._awaited(path)
        if built is not None and not built.is_there:
            awaited = built.component
        is_vouched_for, is_assumed = self._vouched_for(path)
        if awaited is None and not is_assumed and not os.access(path, os.X_OK):
            message = f"{self.manifest.name} needs the executable {executable.name} at {path}"
            raise ToolMissing(message, executable.install_hint or None)
        self._values[executable.name] = path
        if awaited is not None:
            part[f"{label} executable"] = awaited.removesuffix(" executable")
        elif not is_vouched_for:
            part[f"{label} executable"] = self._file(path)
        self._parts[executable.name] = part
        if executable.version:
            argv = self._expand(executable.version)
            told = self._answer(argv, "both", [path, *self._contents_of(executable.version)])
            shown = self._roots.text(told).strip()
            part[f"{label} version"] = shown
            self._versions[executable.name] = next(iter(shown.splitlines()), "")

    def _build(self) -> None:
        """Have built what the toolchain is made of."""
        builds = wanted_by(self.manifest, *self._asked)
        try:
            self._host.build(builds)
        except ToolMissing as error:
            programs = " and ".join(str(one) for one in builds)
            message = f"{self.manifest.name} is made of {programs}: {error.message}"
            raise ToolMissing(message, error.hint) from error

    def _built(self, built_by: BuiltBy) -> Built:
        """An output of a build, which has been made by now if it is to be made."""
        built = self._host.built(
            wanted(self.manifest.name, built_by, *self._asked), built_by.output
        )
        self._built_on.append(built.watched)
        self._compilers |= dict.fromkeys(built.compilers)
        if not built.is_there and built.copy is not None:
            self._copies[built.path] = built.copy
        elif not built.is_there:
            self._not_built.add(built.path)
        return built

    def _take(self, artifact: Artifact) -> None:
        """A file or a folder, which commands read where it lies."""
        label = f"{self.manifest.name} {artifact.name} artifact"
        part: dict[str, str] = {}
        if artifact.source is not None:
            self._take_pinned(artifact, label)
            return
        component: str | None = None
        built: Built | None = None
        project = self._host.project
        if artifact.built_by is not None:
            built = self._built(artifact.built_by)
            path = built.path
            component = None if built.is_there else built.component
        else:
            assert artifact.path is not None
            path = self._expand((artifact.path,))[0]
            part.update(self._depends((artifact.path,)))
            component = NOT_INSTALLED if self._vouched_for(path)[1] else self._awaited(path)
        if component is None:
            try:
                if built is not None:  # all of it counts, as it was made; links were seen to then
                    held = contents(path, ("**", "**/*.pyc"), self._host.stat_cache, None)
                    self._must_be_as_built(built, held)
                else:
                    held = contents(path, artifact.files, self._host.stat_cache, project)
            except FileNotFoundError as error:
                self._evidence.absent.append(path)
                message = f"{self.manifest.name} needs the artifact {artifact.name} at {path}"
                raise ToolMissing(message) from error
            if not held.count and built is None:
                message = f"{self.manifest.name}: no file of the artifact {artifact.name}, {path}, "
                raise ToolMissing(f"{message}counts: {' '.join(artifact.files) or 'it is empty'}")
            self._held[label] = held
            component = held.component if built is None else built.component
        part[label] = component
        self._values[artifact.name] = path
        self._parts[artifact.name] = part

    def _take_pinned(self, artifact: Artifact, label: str) -> None:
        """A pinned source, which its pin vouches for."""
        name, (_, target) = self.manifest.name, self._asked
        found = pinned(name, artifact, self._host.project, target, self._host.environments)
        self._evidence.look_at(str(found.marker))
        self._pinned[label] = found
        self._values[artifact.name] = str(found.root)
        self._parts[artifact.name] = {label: found.identity}

    def _vouched_for(self, path: str) -> tuple[bool, bool]:
        """Whether a lock or a pin vouches for what lies at a path, and whether that is not there
        yet, and only assumed to be."""
        if self._environment is not None and path.startswith(f"{self._environment}/"):
            return True, self._is_assumed
        for one in self._pinned.values():
            if path.startswith(f"{one.place}/"):
                return True, not one.is_there
        return False, False

    def _must_be_as_built(self, built: Built, held: Contents) -> None:
        """Raise `EnvironmentFailed` when what lies at an artifact's path is not what keys will say.

        Another build of this checkout may have put its own there since.
        """
        there = held.component
        if built.is_folder:
            try:
                tree = tree_of(built.path, self._host.stat_cache.both_digests)
                there = digest_bytes(tree.document())
            except NotKept:
                there = ""
        if there != built.component:
            message = f"{built.path} changed while {self.manifest.name} was looked at"
            raise EnvironmentFailed(message, "build again")

    def _contents_of(self, templates: tuple[str, ...]) -> list[str]:
        """Of words that a tool is asked with: what lies at the artifacts and built executables
        that they name, which may change while the words stay the same."""
        built = {e.name for e in self.manifest.executables if e.built_by is not None}
        names = sorted(names_in(templates) & {*self._artifacts, *built})
        return [f"{key} {value}" for name in names for key, value in self._parts[name].items()]

    def _python(self, executable: Executable, version: str) -> HostPython:
        """The interpreter of a version of CPython."""
        search = find_python(self._host.stat_cache, version)
        for path in search.looked_at:
            self._evidence.look_at(path)
        self._evidence.absent.extend(search.absent)
        if search.python is not None:
            return search.python
        message = f"{self.manifest.name}: CPython {version} is not on PATH, nor in pyenv or uv"
        why = f" ({'; '.join(search.failed)})" if search.failed else ""
        raise ToolMissing(message + why, executable.install_hint or None)

    def _search(self, executable: Executable) -> str:
        """The first of the executable's names that is on PATH."""
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
        absolute = [folder for folder in folders if os.path.isabs(folder)]
        path = self._found(os.path.join(f, name) for name in executable.names for f in absolute)
        if path is not None:
            return path
        names = " or ".join(executable.names)
        message = f"{self.manifest.name}: {names} is not on PATH"
        raise ToolMissing(message, executable.install_hint or None)

    def _found(self, paths: Iterable[str]) -> str | None:
        """The first path with an executable. Others are noted: one may appear there."""
        for path in paths:
            if shutil.which(path) is not None:
                return path
            if os.path.lexists(path):
                self._evidence.look_at(path)
            else:
                self._evidence.absent.append(path)
        return None

    def _ask(self, query: Query) -> None:
        argv = self._expand(query.argv)
        answer = self._answer(argv, query.stream, [*argv, *self._contents_of(query.argv)])
        if self._awaited(answer) is not None:
            found = [answer]
        else:
            found = words_of(query, answer, self.manifest.name, argv[0])
        part = self._depends(query.argv)
        if query.is_file and self._awaited(answer) is not None:
            part[f"{self.manifest.name} {query.name} file"] = answer
        elif query.is_file:
            path = found[0]
            if not os.path.isabs(path):  # a stage finds it by its own PATH
                places = (os.path.join(folder, path) for folder in TOOL_PATH.split(os.pathsep))
                path = self._found(places) or path
            found = [os.path.realpath(path)]
            part[f"{self.manifest.name} {query.name} file"] = self._file(found[0])
        else:
            shown = self._roots.text("\n".join(found) if query.is_list else found[0])
            part[f"{self.manifest.name} {query.name}"] = shown
        self._values[query.name] = tuple(found) if query.is_list else found[0]
        self._parts[query.name] = part

    def _answer(self, argv: list[str], stream: str, named: list[str]) -> str:
        """What a tool answers, or that it is not there yet to be asked.

        `named` is by what names it was found, and whatever else the answer hangs on.
        """
        awaited = next(filter(None, map(self._awaited, argv)), None)
        if awaited is not None:
            return awaited
        laid: dict[str, str] = {}
        if any(_names(word, path) and word != path for path in self._copies for word in argv):
            return NOT_BUILT
        for path in self._copies.keys() & {*argv, named[0]}:
            copy = self._copies[path]()
            if copy is None:
                return NOT_BUILT
            laid[path] = copy
        asked_of = laid.get(named[0], os.path.realpath(named[0]))
        if self._host.environments.assume_installed and not os.path.exists(asked_of):
            return NOT_INSTALLED
        words = [laid.get(word, word) for word in argv]
        name = self.manifest.name
        answer = ask(self._host.stat_cache, words, stream, [asked_of, *named], name)
        for path, copy_of_it in laid.items():
            answer = answer.replace(copy_of_it, path)
        return answer

    def _awaited(self, text: str) -> str | None:
        """What a text that names something which is not there yet stands for; None: it does not."""
        if text in (NOT_INSTALLED, NOT_BUILT):
            return text
        return NOT_BUILT if any(_names(text, path) for path in self._not_built) else None


def _names(text: str, path: str) -> bool:
    """Whether a text has this path in it, or one below it, and not just one that begins alike."""
    _, found, after = text.partition(path)
    if not found:
        return False
    return after[:1] in ("", *"/:,=;'\" ") or _names(after, path)
