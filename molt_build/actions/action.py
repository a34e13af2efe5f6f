"""Actions and their keys: one stage applied to one program under one profile.

A key is the digest of named *components*. The static ones are known before anything runs: argv and
environment under symbolic roots, the identity of the tools the stage mentions, the digests of the
program's sources or of the upstream outputs, and declared absences. The discovered ones come from
the depfile of an earlier run: each file read with its digest, and each file that would have been
read instead had it existed (`molt_build.building.reads`). The set of discovered paths for a static
key is its *recipe*; a recipe and the files as they are now give the full key.

`prepare` makes an action in steps: what the placeholders stand for; the files that the stage may
read (`molt_build.actions.inputs`); the components of the command, of those files and of what every
action depends on. The coarse scope (`molt_build.actions.scope`) is the plain way: every candidate
is a static component, by its text, and a downstream stage takes its upstream's key instead of its
outputs.
"""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from molt_build.actions.import_roots import names_component, vouchers
from molt_build.actions.inputs import (
    ABSENT,
    InPlace,
    Inputs,
    Unit,
    files_in_place,
    program_inputs,
    staged_component,
    stdin_path,
)
from molt_build.actions.scope import COARSE
from molt_build.errors import BuildFailed
from molt_build.manifests.placeholders import expand, expand_word
from molt_build.manifests.toolchain import Stage
from molt_build.manifests.workload import Program
from molt_build.store.blob import Blob
from molt_build.store.digest import StatCache, digest_value
from molt_build.store.store import Entry
from molt_build.toolchains.host_python import cpu_identity
from molt_build.toolchains.resolved import (
    TOOL_PATH,
    ResolvedToolchain,
    Value,
    Watched,
    names_in,
)
from molt_build.toolchains.roots import Roots

KEY_FORMAT = "3"
AUDIT_HOOK = str(Path(__file__).parents[1] / "audit_hook.py")  # see there


@dataclass(frozen=True)
class Action:
    """One stage of one program, ready to be looked up or run."""

    unit: Unit
    stage: Stage
    values: Mapping[str, Value]  # placeholders, {stage} and {shard} left symbolic
    inputs: Inputs
    in_place: InPlace
    earlier: Mapping[str, Entry]  # stage -> what it gave
    upstream: Mapping[str, Blob]  # path in staging -> that of it which is an input
    components: Mapping[str, str]
    static_key: str

    @property
    def program(self) -> str:
        """The program's name."""
        return self.unit.program.name

    @property
    def toolchain(self) -> ResolvedToolchain:
        """Who does the work."""
        return self.unit.toolchain

    @property
    def title(self) -> str:
        """What messages about its command begin with."""
        return f"{self.program}: {self.toolchain.name} {self.stage.name}"

    def again(self, stat_cache: StatCache) -> Action:
        """The same, prepared anew from what is there now; raises as `prepare` does."""
        return prepare(self.unit, self.stage, self.earlier, stat_cache)

    @property
    def needs_shard(self) -> bool:
        """Whether it runs in a slot of a shard: it says so, or what it uses does."""
        used = used_by(self.stage, self.toolchain)
        return self.stage.needs_shard or any(each.provides.needs_shard for each in used)

    @property
    def watched(self) -> Watched:
        """What the static key stands on."""
        inputs, in_place = self.inputs, self.in_place
        files = [*inputs.sources.values(), *inputs.imported, *inputs.names]
        if self.unit.ambient.is_coarse:
            files += [*inputs.candidates.values(), *inputs.beyond.values()]
        missing = [str(self.unit.source_root / path) for path in inputs.absences]
        return Watched(
            (*files, *inputs.folders, *in_place.there),
            (*missing, *in_place.absent, *in_place.absent_above),
        )

    def held_paths(self) -> frozenset[str]:
        """What the key holds of the toolchain where it lies, absolute: the executables that the
        command mentions, the files of its identity, and the files and folders of artifacts."""
        toolchain = self.toolchain
        tools = (toolchain.values[e.name] for e in toolchain.manifest.executables)
        argv = set(self.argv({}))
        held = {path for path in tools if isinstance(path, str) and path in argv}
        held |= {*expand(toolchain.manifest.identity_files, toolchain.values)}
        for component, artifact in toolchain.artifacts.items():
            if component in self.components:
                held |= artifact.rows.keys()
        return frozenset(held)

    def argv(self, roots: Mapping[str, str]) -> list[str]:
        """The command line with `{stage}` and `{shard}` as they are this time."""
        return [place(word, roots) for word in expand(self.stage.argv, self.values)]

    def environment(self, roots: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of the command: nothing else is inherited."""
        declared = _declared_environment(self.stage, self.toolchain, self.values)
        depfile = self.stage.depfile
        if depfile is not None and depfile.format == "python-audit":
            log = "{stage}/" + expand_word(depfile.path, self.values)
            declared = {"AUDIT_HOOK": AUDIT_HOOK, "AUDIT_LOG": log, **declared}
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
        return {**self.unit.ambient.variables, **placed}

    def output_paths(self, roots: Mapping[str, str]) -> dict[str, str]:
        """Name -> where the stage writes it, absolute."""
        return {name: self.path_of(path, roots) for name, path in self.stage.outputs.items()}

    def path_of(self, template: str, roots: Mapping[str, str]) -> str:
        """Where a file lies that the stage writes in staging or in its shard, absolute."""
        return os.path.join(roots["stage"], place(expand_word(template, self.values), roots))

    @property
    def stdin(self) -> str | None:
        """The path in staging of what the command reads as its standard input, if anything."""
        return None if self.stage.stdin is None else stdin_path(self.stage.stdin, self.values)

    def output_name(self, name: str) -> str:
        """The output's path relative to the staging directory of whoever uses it.

        A folder's ends with "/".
        """
        return output_name(expand_word(self.stage.outputs[name], self.values))


def output_name(path: str) -> str:
    """Outputs in the shard are known by their base name, others by their relative path."""
    name = PurePosixPath(path).name if path.startswith("{shard}/") else os.path.normpath(path)
    return f"{name}/" if path.endswith("/") else name


def prepare(
    unit: Unit,
    stage: Stage,
    earlier: Mapping[str, Entry],  # stage -> what it gave
    stat_cache: StatCache,
) -> Action:
    """The action for a stage whose earlier stages' results are known.

    Raises `UsageError` when the program's entry is not there, and `BuildFailed` when the stage
    would write outside of its directory.
    """
    ambient, symbolic = unit.ambient, unit.toolchain.roots.symbolic
    if ambient.is_coarse:
        stage = replace(stage, digest="text")
    taken: dict[str, tuple[Entry, Blob]] = {}
    for name, origin in stage.inputs.items():
        giver, _, output = origin.partition(".")
        taken[name] = earlier[giver], earlier[giver].outputs[output]
    paths = {name: blob.path.removesuffix("/") for name, (_, blob) in taken.items()}
    values = _values(unit, stage, paths)
    inputs = program_inputs(unit, stage, values, stat_cache)
    if stage.stdin is not None:
        _must_be_staged(unit, stage, stdin_path(stage.stdin, values), inputs, paths.values())
    in_place = files_in_place(ambient, stage, stat_cache)

    components = _command_components(stage, unit.toolchain, values, stat_cache)
    keyed = dict(inputs.sources)
    if ambient.is_coarse:
        keyed |= {**inputs.candidates, **inputs.beyond}
    for path, absolute in keyed.items():
        components[f"source {path}"] = staged_component(stage, absolute, stat_cache)
    for path in inputs.imported:
        components[f"source {symbolic(path)}"] = staged_component(stage, path, stat_cache)
    for folder, names in inputs.names.items():
        text = names_component(stat_cache, folder, names)
        components[f"names {symbolic(folder)}"] = text
    components |= vouchers(inputs.roots, unit.toolchain)
    by_key = {s.name for s in unit.toolchain.manifest.stages if s.nondeterministic}
    for entry, blob in taken.values():
        is_by_key = ambient.is_coarse or entry.stage in by_key
        stat_cache.pair(entry.key, entry.key_sha256)
        stat_cache.pair(blob.xxh3, blob.sha256)
        components[f"input {blob.path}"] = f"key {entry.key}" if is_by_key else blob.xxh3
    if ambient.is_coarse:
        components["scope"] = COARSE
    components |= {f"absent {{source}}/{path}": ABSENT for path in inputs.absences}
    for name, text in ambient.variables.items():
        components.setdefault(f"environment {name}", text)  # a stage's own declaration wins
    components |= in_place.components
    return Action(
        unit=unit,
        stage=stage,
        values=values,
        inputs=inputs,
        in_place=in_place,
        earlier={entry.stage: entry for entry, _ in taken.values()},
        upstream={blob.path: blob for _, blob in taken.values()},
        components=components,
        static_key=digest_value(components),
    )


def _values(unit: Unit, stage: Stage, inputs: Mapping[str, str]) -> dict[str, Value]:
    """What the placeholders of a stage stand for; `inputs` are those of earlier stages' outputs."""
    toolchain, profile = unit.toolchain, unit.profile
    values: dict[str, Value] = {**toolchain.values, **program_values(unit.program)}
    values |= {"source_dir": ".", "profile": profile.name}
    values["flags"] = toolchain.manifest.flags.get(profile.name, {}).get(stage.name, ())
    for role, used in toolchain.roles.items():
        offered, given = used.provides.flags, profile.roles.get(role, {})
        for purpose in {*offered, *given}:
            words = tuple(expand(offered.get(purpose, ()), used.values))
            values[f"{role}.{purpose}"] = words + given.get(purpose, ())
    values |= inputs
    for name, template in stage.outputs.items():
        path = _staying(unit.program, stage, expand_word(template, values))
        values[name] = path.removesuffix("/")
    if stage.depfile is not None:
        _staying(unit.program, stage, expand_word(stage.depfile.path, values))
    if stage.metrics is not None:
        _staying(unit.program, stage, expand_word(stage.metrics.path, values))
    return values


def _staying(program: Program, stage: Stage, path: str) -> str:
    """The path of a file that a stage writes; raises `BuildFailed` when it is not its own.

    Manifests are checked for this, but not what programs and queries put into a path.
    """
    below = path.removeprefix("{shard}/")
    if os.path.isabs(below) or ".." in below.split("/") or os.path.normpath(below) == ".":
        message = f"{program.name}: {stage.name} would write {path}, which is outside of its"
        raise BuildFailed(f"{message} directory", "an output is relative and has no '..'")
    return path


def _must_be_staged(
    unit: Unit, stage: Stage, stdin: str, inputs: Inputs, upstream: Iterable[str]
) -> None:
    """Raise `BuildFailed` when a stage's standard input is none of the files that are staged."""
    is_below = any(stdin == path or stdin.startswith(f"{path}/") for path in upstream)
    if not (is_below or stdin in inputs.sources or stdin in inputs.unkeyed):
        message = f"{unit.program.name}: {stdin}, the standard input of {stage.name}, is not staged"
        raise BuildFailed(message, "declare it: an input, or one of the candidates of the stage")


def program_values(program: Program) -> dict[str, Value]:
    """The placeholders that a program defines."""
    return {
        "program": program.name,
        "entry": program.entry,
        "module": PurePosixPath(program.entry).stem,
        "args": program.args,
    }


def key_of(components: Mapping[str, str]) -> str:
    """The key on this machine: xxh3 over the components in canonical JSON."""
    return digest_value(components)


def key_sha256(components: Mapping[str, str], stat_cache: StatCache) -> str:
    """The same key for use beyond this machine: every digest in it is a SHA-256, all the way down.

    "" where one of them is not known.
    """
    return stat_cache.sha256_of(components) or ""


def why_unsupported(toolchain: ResolvedToolchain, program: Program, target: str) -> str | None:
    """Why its manifest says that the toolchain does not take the program for a target, or None."""
    for row in toolchain.manifest.unsupported:
        if row.targets and target not in row.targets:
            continue
        named = any(fnmatch.fnmatchcase(program.name, pattern) for pattern in row.programs)
        if named or set(row.tags) & set(program.tags):
            return row.reason
    return None


def _command_components(
    stage: Stage,
    toolchain: ResolvedToolchain,
    values: Mapping[str, Value],
    stat_cache: StatCache,
) -> dict[str, str]:
    """What the command is, and the identity of the tools that it mentions."""
    roots = toolchain.roots
    argv = [_symbolic_word(roots, word) for word in expand(stage.argv, values)]
    components = {"format": KEY_FORMAT, "argv": json.dumps(argv)}
    declared = _declared_environment(stage, toolchain, values)
    for name, text in declared.items():
        components[f"environment {name}"] = roots.text(text)
    made = {name: expand_word(path, values) for name, path in sorted(stage.outputs.items())}
    components["outputs"] = json.dumps(made)
    if stage.metrics is not None:  # an entry holds exactly those that are declared
        told = [expand_word(stage.metrics.path, values), dict(sorted(stage.metrics.values.items()))]
        components["metrics"] = json.dumps(told)
    if stage.stdin is not None:
        components["stdin"] = stdin_path(stage.stdin, values)
    if stage.stdout is not None:
        components["stdout"] = stage.stdout
    if stage.fetch:
        components["fetch"] = json.dumps(stage.fetch)
    used = _mentioned(stage)
    used |= {name.partition(".")[0] for name in used}
    used |= names_in(tuple(stage.outputs.values()))
    # A driver's word is not enough: the programs behind it that do the work are part of it.
    behind = {q.name for q in toolchain.manifest.queries if q.is_file and names_in(q.argv) & used}
    for name in sorted(used | behind):
        components |= toolchain.parts.get(name, {})
    components |= toolchain.always
    words = [*argv, *(word for text in declared.values() for word in text.split())]
    if "cpu" not in components and _is_native(toolchain, words, used):
        components["cpu"] = cpu_identity(stat_cache)
    return components


def _is_native(toolchain: ResolvedToolchain, argv: list[str], used: set[str]) -> bool:
    words = set(argv)
    own = toolchain.manifest.provides
    if words & {*toolchain.manifest.native_flags, *(own.native_flags if own else ())}:
        return True
    return any(
        role in used and words & set(resolved.provides.native_flags)
        for role, resolved in toolchain.roles.items()
    )


def used_by(stage: Stage, toolchain: ResolvedToolchain) -> list[ResolvedToolchain]:
    """The toolchains whose roles the stage's command or environment mentions."""
    roles = {name.partition(".")[0] for name in _mentioned(stage)}
    return [used for role, used in toolchain.roles.items() if role in roles]


def _mentioned(stage: Stage) -> set[str]:
    return names_in((*stage.argv, *stage.environment.values()))


def _declared_environment(
    stage: Stage, toolchain: ResolvedToolchain, values: Mapping[str, Value]
) -> dict[str, str]:
    declared: dict[str, str] = {}
    for used in used_by(stage, toolchain):
        for name, template in used.provides.environment.items():
            declared[name] = expand_word(template, used.values)
    for name, template in stage.environment.items():
        declared[name] = " ".join(expand((template,), values))
    return declared


def _symbolic_word(roots: Roots, word: str) -> str:
    text = roots.text(word)
    return "{system}" + text if text.startswith("/") else text


def place(text: str, roots: Mapping[str, str]) -> str:
    """`text` with the directories of one execution in place of their symbolic names."""
    for name, path in roots.items():
        text = text.replace("{" + name + "}", path)
    return text
