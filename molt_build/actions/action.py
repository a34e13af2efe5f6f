"""Actions and their keys: one stage applied to one program under one profile.

A key is the digest of named *components*. The static ones are known before anything runs: argv and
environment under symbolic roots, the identity of the tools the stage mentions, the digests of the
program's sources or of the upstream outputs, and declared absences. The discovered ones come from
the depfile of an earlier run: each file read with its digest, and each file that would have been
read instead had it existed (`molt_build.building.reads`). The set of discovered paths for a static
key is its *recipe*; a recipe and the files as they are now give the full key.

The coarse scope (`molt_build.actions.scope`) is the plain way: every candidate is a static
component, by its text, and a downstream stage takes its upstream's key instead of its outputs.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from molt_build.actions.imports import local_imports
from molt_build.actions.scope import COARSE, COARSE_PATTERNS
from molt_build.actions.tokens import FORMAT as TOKENS_FORMAT
from molt_build.actions.tokens import token_digest
from molt_build.errors import BuildFailed, UsageError
from molt_build.manifests.model import Profile, Program, Stage, Workload
from molt_build.manifests.placeholders import expand, expand_word
from molt_build.store.digest import StatCache, digest_bytes, digest_value
from molt_build.toolchains.host_python import cpu_identity
from molt_build.toolchains.resolved import TOOL_PATH, ResolvedToolchain, Value, names_in
from molt_build.toolchains.roots import Roots

KEY_FORMAT = "2"


@dataclass(frozen=True)
class Output:
    """An output that exists somewhere: what downstream stages and materialisation need."""

    path: str  # relative to the staging directory; a shard's output by its base name
    xxh3: str
    is_executable: bool


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
    in_place: tuple[
        str, ...
    ]  # files of the key that a command finds where they lie, not in staging
    absent_in_place: tuple[str, ...]  # such files that are not there
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
    upstream_keys: Mapping[str, str],  # of the stages that are keyed by their inputs alone
    source_root: Path,
    stat_cache: StatCache,
    given: Mapping[str, str],  # variables of the builder's environment
    key_files: Mapping[str, str],  # path in the project -> absolute path
    folders_above: Sequence[str],  # of where stages run, the nearest first
    is_coarse: bool,
) -> Action:
    """The action for a stage whose earlier stages' outputs are known."""
    if is_coarse:
        stage = replace(stage, digest="text")
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
    keyed_upstream: dict[str, str] = {}
    for name, origin in stage.inputs.items():
        from_stage, _, from_output = origin.partition(".")
        output = upstream[from_stage][from_output]
        values[name] = output.path
        staged_upstream[output.path] = output
        if from_stage in upstream_keys:
            keyed_upstream[output.path] = f"key {upstream_keys[from_stage]}"
        else:
            keyed_upstream[output.path] = output.xxh3
    for name, template in stage.outputs.items():
        values[name] = _staying(program, stage, expand_word(template, values))
    if stage.depfile is not None:
        _staying(program, stage, expand_word(stage.depfile.path, values))

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
        for template in (*workload.candidates, *stage.candidates):
            pattern = expand_word(template, values)
            for path, absolute in _matching(source_root, pattern, stat_cache, watched):
                if path not in sources:
                    candidates[path] = absolute
    if stage.depfile is None:
        sources |= candidates
        candidates = {}
    keyed = dict(sources)
    if is_coarse:
        keyed |= candidates
        for pattern in COARSE_PATTERNS if stage.takes_source and stage.imports else ():
            keyed |= _matching(source_root, pattern, stat_cache, watched)
        watched += keyed.values()

    components = _components(stage, toolchain, values, stat_cache, keyed, keyed_upstream)
    if is_coarse:
        components["scope"] = COARSE
    for path in static_absences:
        components[f"absent {{source}}/{path}"] = "absent"
    for name, text in given.items():
        components.setdefault(f"environment {name}", text)  # a stage's own declaration wins
    missing: list[str] = []
    in_place: list[str] = []
    for path, absolute in key_files.items():
        try:
            components[f"file {path}"] = stat_cache.digest(absolute)
            in_place.append(absolute)
        except OSError:
            components[f"file {path}"] = "absent"
            missing.append(absolute)
    absent_in_place = tuple(missing)
    for name in stage.looks_above:
        paths = [os.path.join(folder, name) for folder in folders_above]
        there = [path for path in paths if os.path.isfile(path)]
        in_place += (path for path in paths if os.path.lexists(path))  # also what is no file yet
        # By content and order alone: where the cache lies is this machine's affair.
        components[f"above {name}"] = json.dumps([stat_cache.digest(path) for path in there])
        missing += (path for path in paths if not os.path.lexists(path))
    needs_shard = stage.needs_shard or any(
        provides is not None and provides.needs_shard and mentions(stage, role)
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
        watched=tuple(dict.fromkeys((*watched, *in_place))),
        watched_absent=(*(str(source_root / path) for path in static_absences), *missing),
        in_place=tuple(in_place),
        absent_in_place=absent_in_place,
        given=given,
    )


def _staying(program: Program, stage: Stage, path: str) -> str:
    """The path of a file that a stage writes; raises `BuildFailed` when it is not its own.

    Manifests are checked for this, but not what programs and queries put into a path.
    """
    below = path.removeprefix("{shard}/")
    if os.path.isabs(below) or ".." in below.split("/") or os.path.normpath(below) == ".":
        message = f"{program.name}: {stage.name} would write {path}, which is outside of its"
        raise BuildFailed(f"{message} directory", "an output is relative and has no '..'")
    return path


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


def key_of(components: Mapping[str, str]) -> str:
    """The key on this machine: xxh3 over the components in canonical JSON."""
    return digest_value(components)


def key_sha256(components: Mapping[str, str]) -> str:
    """The same key for use beyond this machine."""
    canonical = json.dumps(components, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def content_digest(stage: Stage, path: str, data: bytes) -> str:
    """The digest of a source's bytes, by text or by tokens as the stage declares."""
    if stage.digest != "tokens" or not path.endswith((".py", ".pyi")):
        return digest_bytes(data)
    return token_digest(data, stage.meaningful_comments)


def with_mode(digest: str, *, is_executable: bool) -> str:
    """What stands in a key for a file that is staged: its digest, and whether it is executable.

    That is all of its mode that is staged: what else a checkout's umask gave it is not seen.
    """
    return f"{digest} executable" if is_executable else digest


def source_digest(stage: Stage, path: str, stat_cache: StatCache) -> str:
    """`content_digest` of a file, remembered while its stat data stay the same."""
    if stage.digest != "tokens" or not path.endswith((".py", ".pyi")):
        return stat_cache.digest(path)
    kept = stage.meaningful_comments
    kind = f"{TOKENS_FORMAT} {digest_value(list(kept))}"
    return stat_cache.fact(kind, path, lambda data: token_digest(data, kept))


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
    upstream: Mapping[str, str],  # path in staging -> what stands for it in the key
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
    # A driver's word is not enough: the programs behind it that do the work are part of it.
    behind = {q.name for q in toolchain.manifest.queries if q.is_file and names_in(q.argv) & used}
    for name in sorted(used | behind):
        components |= toolchain.parts.get(name, {})
    components |= toolchain.always
    declared = _declared_environment(stage, toolchain, values).values()
    words = [*argv, *(word for text in declared for word in text.split())]
    if "cpu" not in components and _is_native(toolchain, words, used):
        components["cpu"] = cpu_identity()
    for path, absolute in sources.items():
        digest = source_digest(stage, absolute, stat_cache)
        is_executable = stat_cache.is_executable(absolute)
        components[f"source {path}"] = with_mode(digest, is_executable=is_executable)
    for path, stands_for in upstream.items():
        components[f"input {path}"] = stands_for
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


def mentions(stage: Stage, role: str) -> bool:
    """Whether the stage's command or environment uses what plays the role."""
    names = names_in(stage.argv) | names_in(tuple(stage.environment.values()))
    return any(name.partition(".")[0] == role for name in names)


def _declared_environment(
    stage: Stage, toolchain: ResolvedToolchain, values: Mapping[str, Value]
) -> dict[str, str]:
    declared: dict[str, str] = {}
    for role, used in toolchain.roles.items():
        provides = used.manifest.provides
        if provides is not None and mentions(stage, role):
            own = {**used.values, "stage": "{stage}", "shard": "{shard}"}
            for name, template in provides.environment.items():
                declared[name] = expand_word(template, own)
    for name, template in stage.environment.items():
        declared[name] = " ".join(expand((template,), values))
    return declared


def _symbolic_word(roots: Roots, word: str) -> str:
    text = roots.text(word)
    return "{system}" + text if text.startswith("/") else text


def _matching(
    source_root: Path, pattern: str, stat_cache: StatCache, watched: list[str]
) -> list[tuple[str, str]]:
    """(path, absolute path) of the files that match; adds the folders that were searched."""
    files, folders = stat_cache.listings.matching(source_root, pattern)
    watched += folders
    return [(path, f"{source_root}/{path}") for path in files]


def place(text: str, roots: Mapping[str, str]) -> str:
    """`text` with the directories of one execution in place of their symbolic names."""
    for name, path in roots.items():
        text = text.replace("{" + name + "}", path)
    return text
