"""Actions and their keys: one stage applied to one program under one profile.

A key is the digest of named *components*. The static ones are known before anything runs: argv and
environment under symbolic roots, the identity of the tools the stage mentions, the digests of the
program's sources or of the upstream outputs, and declared absences. The discovered ones come from
the depfile of an earlier run: each file read with its digest, and each file that would have been
read instead had it existed. The set of discovered paths for a static key is its *recipe*; a recipe
and the files as they are now give the full key.
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from molt_build.build.host_python import cpu_identity
from molt_build.build.imports import local_imports
from molt_build.build.roots import Roots
from molt_build.build.tokens import token_digest
from molt_build.build.toolchains import TOOL_PATH, ResolvedToolchain, Value, names_in
from molt_build.errors import BuildFailed, UsageError
from molt_build.manifests.model import Profile, Program, Stage, Workload
from molt_build.manifests.placeholders import expand, expand_word
from molt_build.store.digest import StatCache, digest_bytes, digest_value

KEY_FORMAT = "1"


@dataclass(frozen=True)
class Output:
    """An output that exists somewhere: what downstream stages and materialisation need."""

    path: str  # relative to the staging directory; a shard's output by its base name
    xxh3: str
    mode: int


@dataclass(frozen=True)
class Action:
    """One stage of one program, ready to be looked up or run."""

    program: str
    workload: str
    stage: Stage
    toolchain: ResolvedToolchain
    profile: str
    components: Mapping[str, str]
    static_key: str
    sources: Mapping[str, str]  # path in staging -> absolute path of a project file
    candidates: Mapping[str, str]  # the same, for files that may be read
    upstream: Mapping[str, Output]  # path in staging -> an earlier stage's output
    source_root: str
    values: Mapping[str, Value]  # placeholders, {stage} and {shard} left symbolic
    needs_shard: bool
    watched: tuple[str, ...]  # files and folders whose change must be looked at
    watched_absent: tuple[str, ...]  # paths that must stay absent
    given: Mapping[str, str]  # variables of the builder's environment that every stage gets

    def argv(self, roots: Mapping[str, str]) -> list[str]:
        """The command line with `{stage}` and `{shard}` as they are this time."""
        return [place(word, roots) for word in expand(self.stage.argv, self.values)]

    def environment(self, roots: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of the command: nothing else is inherited."""
        declared = _declared_environment(self.stage, self.toolchain, self.values)
        base = {
            "HOME": "{home}",
            "TMPDIR": "{tmp}",
            "PATH": TOOL_PATH,
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "SOURCE_DATE_EPOCH": "315532800",
        }
        placed = {name: place(text, roots) for name, text in {**base, **declared}.items()}
        return {**self.given, **placed}

    def output_paths(self, roots: Mapping[str, str]) -> dict[str, str]:
        """Name -> where the stage writes it, absolute."""
        found = {}
        for name, template in self.stage.outputs.items():
            path = place(expand_word(template, self.values), roots)
            found[name] = path if os.path.isabs(path) else os.path.join(roots["stage"], path)
        return found

    def output_name(self, name: str) -> str:
        """The output's path relative to the staging directory of whoever uses it."""
        return output_name(expand_word(self.stage.outputs[name], self.values))


def output_name(path: str) -> str:
    """Outputs in the shard are known by their base name, others by their relative path."""
    return PurePosixPath(path).name if path.startswith("{shard}/") else os.path.normpath(path)


def prepare(
    *,
    stage: Stage,
    program: Program,
    workload: Workload,
    toolchain: ResolvedToolchain,
    profiles: list[Profile],
    upstream: Mapping[str, Mapping[str, Output]],  # stage -> output name -> output
    source_root: Path,
    stat_cache: StatCache,
    given: Mapping[str, str],  # variables of the builder's environment
    key_files: Mapping[str, str],  # path in the project -> absolute path
) -> Action:
    """The action for a stage whose earlier stages' outputs are known."""
    roles = {role: used.manifest.provides for role, used in toolchain.roles.items()}
    values = dict(toolchain.values)
    values |= program_values(program)
    values |= {"stage": "{stage}", "shard": "{shard}", "home": "{home}", "source_dir": "."}
    values["profile"] = profiles[0].name
    values["flags"] = stage_flags(toolchain, profiles, stage.name)
    for role, provides in roles.items():
        assert provides is not None
        purposes = set(provides.flags) | {p for pr in profiles for p in pr.roles.get(role, {})}
        own = {**toolchain.roles[role].values, "stage": "{stage}", "shard": "{shard}"}
        for purpose in purposes:
            words = tuple(expand(provides.flags.get(purpose, ()), own))
            values[f"{role}.{purpose}"] = words + role_flags(profiles, role, purpose)
    staged_upstream: dict[str, Output] = {}
    for name, origin in stage.inputs.items():
        from_stage, _, from_output = origin.partition(".")
        output = upstream[from_stage][from_output]
        values[name] = output.path
        staged_upstream[output.path] = output
    for name, template in stage.outputs.items():
        values[name] = expand_word(template, values)

    sources: dict[str, str] = {}
    candidates: dict[str, str] = {}
    static_absences: list[str] = []
    watched: list[str] = []
    if stage.takes_source:
        sources[program.entry] = str(source_root / program.entry)
        if not os.path.isfile(sources[program.entry]):
            raise UsageError(f"{program.name}: {sources[program.entry]} does not exist")
        if stage.imports == "python":
            found = local_imports(str(source_root), program.entry, stat_cache)
            sources |= {path: str(source_root / path) for path in found.inputs}
            static_absences += found.absences
        for template in stage.absences:
            beside = os.path.dirname(program.entry)
            path = os.path.normpath(os.path.join(beside, expand_word(template, values)))
            if (source_root / path).is_file():
                sources[path] = str(source_root / path)
            else:
                static_absences.append(path)
        patterns = [*workload.candidates, *stage.candidates]
        for template in patterns:
            pattern = expand_word(template, values)
            folders = _folders(source_root, pattern)
            for folder in folders:
                stat_cache.look(folder)  # before its content: what appears later is news
            watched += folders
            for path in glob.glob(pattern, root_dir=source_root, recursive=True):
                if path not in sources and (source_root / path).is_file():
                    candidates[path] = str(source_root / path)
    if stage.depfile is None:
        sources |= candidates
        candidates = {}

    components = _components(stage, toolchain, values, stat_cache, sources, staged_upstream)
    for path in static_absences:
        components[f"absent {{source}}/{path}"] = "absent"
    for name, text in given.items():
        components.setdefault(f"environment {name}", text)  # a stage's own declaration wins
    missing: list[str] = []
    for path, absolute in key_files.items():
        try:
            components[f"file {path}"] = stat_cache.digest(absolute)
            watched.append(absolute)
        except OSError:
            components[f"file {path}"] = "absent"
            missing.append(absolute)
    needs_shard = stage.needs_shard or any(
        provides is not None and provides.needs_shard and _mentions(stage, role)
        for role, provides in roles.items()
    )
    return Action(
        program=program.name,
        workload=workload.name,
        stage=stage,
        toolchain=toolchain,
        profile=profiles[0].name,
        components=components,
        static_key=digest_value(components),
        sources=sources,
        candidates=candidates,
        upstream=staged_upstream,
        source_root=str(source_root),
        values=values,
        needs_shard=needs_shard,
        watched=tuple(dict.fromkeys(watched)),
        watched_absent=(*(str(source_root / path) for path in static_absences), *missing),
        given=given,
    )


def program_values(program: Program) -> dict[str, Value]:
    """The placeholders that a program defines."""
    return {
        "program": program.name,
        "entry": program.entry,
        "module": PurePosixPath(program.entry).stem,
        "args": program.args,
    }


def stage_flags(
    toolchain: ResolvedToolchain, profiles: list[Profile], stage: str
) -> tuple[str, ...]:
    """The toolchain's flags for a stage: the profile's own, else those of what it inherits."""
    for profile in profiles:
        flags = toolchain.manifest.flags.get(profile.name, {})
        if stage in flags:
            return flags[stage]
    return ()


def role_flags(profiles: list[Profile], role: str, purpose: str) -> tuple[str, ...]:
    """The profile's flags for a role's purpose, its own or inherited."""
    for profile in profiles:
        if purpose in profile.roles.get(role, {}):
            return profile.roles[role][purpose]
    return ()


def full_components(
    action: Action,
    discovered: tuple[str, ...],
    absences: tuple[str, ...],
    stat_cache: StatCache,
) -> dict[str, str] | None:
    """All components, the discovered files as they are now; None when one is gone or appeared."""
    components = dict(action.components)
    roots = action_roots(action)
    try:
        for symbolic in absences:
            if _exists(action, roots, symbolic):
                return None
            components[f"absent {symbolic}"] = "absent"
        for symbolic in discovered:
            components[f"read {symbolic}"] = read_digest(action, roots, symbolic, stat_cache)
    except OSError:  # gone, or under a root that this interpreter does not have
        return None
    return components


def described_components(
    action: Action,
    discovered: tuple[str, ...],
    absences: tuple[str, ...],
    stat_cache: StatCache,
) -> dict[str, str]:
    """Like `full_components`, but what is gone or appeared is said instead: for explanations."""
    components = dict(action.components)
    roots = action_roots(action)
    for symbolic in absences:
        try:
            state = "present" if _exists(action, roots, symbolic) else "absent"
        except OSError:
            state = "elsewhere"
        components[f"absent {symbolic}"] = state
    for symbolic in discovered:
        try:
            components[f"read {symbolic}"] = read_digest(action, roots, symbolic, stat_cache)
        except OSError:
            components[f"read {symbolic}"] = "missing"
    return components


def key_of(components: Mapping[str, str]) -> str:
    """The key on this machine: xxh3 over the components in canonical JSON."""
    return digest_value(components)


def key_sha256(components: Mapping[str, str]) -> str:
    """The same key for use beyond this machine."""
    canonical = json.dumps(components, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def action_roots(action: Action) -> Roots:
    """The toolchain's roots; `{stage}` paths are resolved against sources instead."""
    return action.toolchain.roots


def read_digest(action: Action, roots: Roots, symbolic: str, stat_cache: StatCache) -> str:
    """The digest of a file that the action read, by its symbolic path; raises `OSError`."""
    if symbolic.startswith("{stage}/"):
        path = symbolic.removeprefix("{stage}/")
        absolute = action.candidates.get(path)
        if absolute is None:
            raise FileNotFoundError(path)
        return source_digest(action.stage, absolute, stat_cache)
    return stat_cache.digest(roots.absolute(symbolic))


def absolute_path(action: Action, symbolic: str) -> str:
    """Where a symbolic path of this action lies on this machine."""
    if symbolic.startswith("{stage}/"):
        return os.path.join(action.source_root, symbolic.removeprefix("{stage}/"))
    return action_roots(action).absolute(symbolic)


def content_digest(stage: Stage, path: str, data: bytes) -> str:
    """The digest of a source's bytes, by text or by tokens as the stage declares."""
    if stage.digest != "tokens" or not path.endswith((".py", ".pyi")):
        return digest_bytes(data)
    return token_digest(data, stage.meaningful_comments)


def source_digest(stage: Stage, path: str, stat_cache: StatCache) -> str:
    """`content_digest` of a file, remembered while its stat data stay the same."""
    if stage.digest != "tokens" or not path.endswith((".py", ".pyi")):
        return stat_cache.digest(path)
    prefixes = stage.meaningful_comments
    kind = "tokens " + digest_value(list(prefixes))
    return stat_cache.fact(kind, path, lambda data: token_digest(data, prefixes))


def collect_reads(
    action: Action, paths: list[str], stage_dir: str, shard_dir: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(discovered, absences) from the paths of a depfile, under symbolic roots.

    Raises `BuildFailed` when a file of the project was read that was not a candidate.
    """
    roots = action_roots(action)
    discovered: dict[str, None] = {}
    absences: dict[str, None] = {}
    folders = _search_path(action, stage_dir, shard_dir)
    made_here = {os.path.normpath(p) for p in (stage_dir, shard_dir) if p}
    stage_real = os.path.realpath(stage_dir)
    reads = [os.path.normpath(os.path.join(stage_dir, path)) for path in paths]
    reads = [
        stage_dir + path[len(stage_real) :] if path.startswith(stage_real + "/") else path
        for path in reads
    ]
    for absolute in reads:
        symbolic = _symbolic(roots, absolute, stage_dir)
        if symbolic.startswith("{stage}/"):
            if symbolic.removeprefix("{stage}/") in action.candidates:
                discovered[symbolic] = None
            continue
        if any(absolute.startswith(own + "/") for own in made_here):
            continue
        if symbolic.startswith("{env}/"):
            continue  # vouched for by the lock
        if symbolic.startswith("{project}/") or absolute.startswith(action.source_root + os.sep):
            message = (
                f"{action.program}: {action.stage.name} read {symbolic}, which is no candidate"
            )
            hint = f"declare it in candidates of {action.workload} or of the stage"
            raise BuildFailed(message, hint)
        if os.path.isfile(absolute):
            discovered[symbolic] = None
    own = [path for path in action.candidates if "{stage}/" + path in discovered]
    beside = {os.path.dirname(os.path.join(stage_dir, path)) for path in (*action.sources, *own)}
    for path in _found_first(reads, folders, sorted(beside)):
        symbolic = _symbolic(roots, path, stage_dir)
        if symbolic not in discovered and not _exists(action, roots, symbolic):
            absences[symbolic] = None
    return tuple(sorted(discovered)), tuple(sorted(absences))


def _found_first(reads: list[str], folders: list[str], beside: list[str]) -> set[str]:
    """The paths that would have been read instead of `reads`, had they existed.

    A file found in one of `folders` is looked for in all earlier ones, and, where an include is
    quoted, first in the folder of the file that includes it: one of `beside`.
    """
    found: set[str] = set()
    for absolute in reads:
        for number, folder in enumerate(folders):
            if absolute.startswith(folder + "/"):
                relative = absolute[len(folder) + 1 :]
                found.update(f"{earlier}/{relative}" for earlier in [*beside, *folders[:number]])
    return found - set(reads)


def is_unsupported(toolchain: ResolvedToolchain, program: Program) -> str | None:
    """Why the toolchain's manifest says that it does not take the program, or None."""
    for row in toolchain.manifest.unsupported:
        named = any(fnmatch.fnmatchcase(program.name, pattern) for pattern in row.programs)
        if named or set(row.tags) & set(program.tags):
            return row.reason
    return None


def _components(
    stage: Stage,
    toolchain: ResolvedToolchain,
    values: Mapping[str, Value],
    stat_cache: StatCache,
    sources: Mapping[str, str],
    upstream: Mapping[str, Output],
) -> dict[str, str]:
    roots = toolchain.roots
    argv = [_symbolic_word(roots, word) for word in expand(stage.argv, values)]
    components = {"format": KEY_FORMAT, "argv": json.dumps(argv)}
    for name, text in _declared_environment(stage, toolchain, values).items():
        components[f"environment {name}"] = roots.text(text)
    components["outputs"] = json.dumps({k: str(values[k]) for k in sorted(stage.outputs)})
    used = names_in(stage.argv) | names_in(tuple(stage.environment.values()))
    used |= {name.partition(".")[0] for name in used}
    used |= names_in(tuple(stage.outputs.values()))
    for name in sorted(used):
        components |= toolchain.parts.get(name, {})
    components |= toolchain.always
    declared = _declared_environment(stage, toolchain, values).values()
    words = [*argv, *(word for text in declared for word in text.split())]
    if "cpu" not in components and _is_native(toolchain, words, used):
        components["cpu"] = cpu_identity()
    for path, absolute in sources.items():
        components[f"source {path}"] = source_digest(stage, absolute, stat_cache)
    for path, output in upstream.items():
        components[f"input {path}"] = output.xxh3
    return components


def _is_native(toolchain: ResolvedToolchain, argv: list[str], used: set[str]) -> bool:
    words = set(argv)
    own = toolchain.manifest.provides
    if words & {*toolchain.manifest.native_flags, *(own.native_flags if own else ())}:
        return True
    for role, resolved in toolchain.roles.items():
        provides = resolved.manifest.provides
        if role in used and provides is not None and words & set(provides.native_flags):
            return True
    return False


def _mentions(stage: Stage, role: str) -> bool:
    names = names_in(stage.argv) | names_in(tuple(stage.environment.values()))
    return any(name.partition(".")[0] == role for name in names)


def _declared_environment(
    stage: Stage, toolchain: ResolvedToolchain, values: Mapping[str, Value]
) -> dict[str, str]:
    declared: dict[str, str] = {}
    for role, used in toolchain.roles.items():
        provides = used.manifest.provides
        if provides is not None and _mentions(stage, role):
            own = {**used.values, "stage": "{stage}", "shard": "{shard}"}
            for name, template in provides.environment.items():
                declared[name] = expand_word(template, own)
    for name, template in stage.environment.items():
        declared[name] = " ".join(expand((template,), values))
    return declared


def _search_path(action: Action, stage_dir: str, shard_dir: str | None) -> list[str]:
    here = {"stage": stage_dir, "shard": shard_dir or ""}
    folders = [place(word, here) for word in expand(action.stage.search_path, action.values)]
    for role, used in action.toolchain.roles.items():
        provides = used.manifest.provides
        if provides is not None and _mentions(action.stage, role):
            folders += expand(provides.search_path, used.values)
    absolute = (os.path.normpath(os.path.join(stage_dir, folder)) for folder in folders)
    return list(dict.fromkeys(absolute))


def _symbolic_word(roots: Roots, word: str) -> str:
    text = roots.text(word)
    return "{system}" + text if text.startswith("/") else text


def _symbolic(roots: Roots, absolute: str, stage_dir: str) -> str:
    if absolute.startswith(stage_dir + "/"):
        return "{stage}/" + absolute[len(stage_dir) + 1 :]
    return roots.symbolic(absolute)


def _exists(action: Action, roots: Roots, symbolic: str) -> bool:
    if symbolic.startswith("{stage}/"):
        path = symbolic.removeprefix("{stage}/")
        return path in action.candidates or path in action.sources
    return os.path.lexists(roots.absolute(symbolic))


def _folders(source_root: Path, pattern: str) -> list[str]:
    """The folders in which a new file or folder could match the pattern."""
    parts = pattern.split("/")
    found = {str(source_root)}
    for depth in range(1, len(parts)):
        for path in glob.glob("/".join(parts[:depth]), root_dir=source_root, recursive=True):
            if (source_root / path).is_dir():
                found.add(os.path.normpath(source_root / path))
    return sorted(found)


def place(text: str, roots: Mapping[str, str]) -> str:
    """`text` with the directories of one execution in place of their symbolic names."""
    for name, path in roots.items():
        text = text.replace("{" + name + "}", path)
    return text
