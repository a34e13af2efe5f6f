"""What no schema can say of a toolchain: of its placeholders, tools, stages, files and targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from molt_build.manifests import placeholder_checks, placeholders
from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    accepted,
    it_accepts,
    language_of,
    string_items,
    subtables,
    table,
    tables,
    text,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import RELATIVE, among, leaves, once

STAYS = f"{RELATIVE}; it may begin with {{shard}}/ where needs_shard = true"


def findings(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """Everything that does not fit together within the toolchain."""
    raw = manifest.raw
    yield from _engine(raw)
    yield from _uses(raw, definitions)
    yield from _names(raw)
    yield from _questions(raw, definitions)
    yield from _stages(raw, definitions)
    yield from _flags(raw)
    yield from _targets(raw, definitions)


def outputs(raw: Mapping[str, Any]) -> dict[str, int]:
    """Every STAGE.OUTPUT of a toolchain, with the index of the stage that makes it."""
    return {
        f"{stage['name']}.{output}": index
        for index, stage in tables(raw.get("stages"))
        if isinstance(stage.get("name"), str)
        for output in table(stage.get("outputs"))
    }


def cycles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Cycles of a graph as [a, b, ..., a], no two of which share a node; twenty at most."""
    left = {node: list(others) for node, others in edges.items()}
    found: list[list[str]] = []
    while len(found) < 20:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            cycle: list[str] = list(reversed(error.args[1]))
            lowest = cycle.index(min(cycle))
            found.append([*cycle[lowest:-1], *cycle[: lowest + 1]])
            for node in cycle:
                left.pop(node, None)
        else:
            break
    return found


def _engine(raw: Mapping[str, Any]) -> Iterator[Finding]:
    engine = raw.get("engine")
    has_stages, has_targets = "stages" in raw, "targets" in raw
    if engine == "interpreter" and has_stages:
        yield ("stages",), "an interpreter has no stages", 'a compiler has: engine = "compiler"'
    if engine == "compiler" and not has_stages and "provides" not in raw:
        message = "a compiler needs stages, or a role that it provides"
        yield ("engine",), message, 'a toolchain without stages is an engine = "interpreter"'
    if not has_targets and (has_stages or engine == "interpreter"):
        yield ("targets",), "missing key", "[targets.native] says how a program is run"
    if has_targets and not words(raw.get("accepts")):
        yield ("accepts",), "missing key: it takes no language at all", 'such as ["python"]'


def _drive(value: object, path: KeyPath, known: placeholder_checks.Known) -> Iterator[Finding]:
    """The command must run the script, and hand on the script's arguments."""
    yield from placeholder_checks.check_argv(value, path, {**known, **placeholders.OF_A_DRIVE})
    argv = [word for _, word in words(value)]
    used = {name for word in argv for name in placeholder_checks.names_in(word)}
    for name, what in (("driver", "the script that it runs"), ("args", "the script's arguments")):
        if argv and name not in used:
            yield path, f"{{{name}}} is missing: {what}", None


def _uses(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    """What other toolchains do for this one: play roles, build executables."""
    for role, names in table(raw.get("uses")).items():
        for index, name in words(names):
            used = definitions.get("toolchain", name)
            if used is not None:
                message = f"{quote(name)} does not provide the role {quote(role)}"
                offered = subtables(used.raw.get("provides"))
                path: KeyPath = ("uses", role, index)
                nothing = "it provides no role"
                yield from among(role, offered, path, message, "it provides", nothing)
    for name, executable in subtables(raw.get("executables")).items():
        built = table(executable.get("built_by"))
        yield from _built_by(built, ("executables", name, "built_by"), definitions)


def _built_by(
    built: Mapping[str, object], path: KeyPath, definitions: Definitions
) -> Iterator[Finding]:
    builder = definitions.get("toolchain", text(built.get("toolchain")) or "")
    if builder is None:
        return
    output = text(built.get("output"))
    if output is not None:
        message = f"no stage of {quote(builder.name)} makes {quote(output)}"
        yield from among(output, outputs(builder.raw), (*path, "output"), message, "outputs")
    for workload, _ in definitions.programs.get(text(built.get("program")) or "", [])[:1]:
        language = language_of(workload)
        if language is not None and language not in accepted(builder):
            message = (
                f"{quote(builder.name)} does not accept {quote(language)}, the program's language"
            )
            yield (*path, "toolchain"), message, it_accepts(builder)


def _names(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Executables, queries and roles share one space of names with the placeholders."""
    taken: dict[str, str] = {}
    for key, noun in (("executables", "executable"), ("queries", "query"), ("uses", "role")):
        for name in table(raw.get(key)):
            if name in placeholders.RESERVED:
                yield (key, name), f"{{{name}}} is a placeholder with a meaning of its own", None
            elif name in taken:
                yield (key, name), f"the {taken[name]} {quote(name)} has this name already", None
            taken.setdefault(name, noun)
    for index, stage in tables(raw.get("stages")):
        here = dict(taken)
        for key, noun in (("inputs", "input"), ("outputs", "output")):
            for name in table(stage.get(key)):
                path = ("stages", index, key, name)
                if name in placeholders.RESERVED:
                    yield path, f"{{{name}}} is a placeholder with a meaning of its own", None
                elif name in here:
                    yield path, f"the {here[name]} {quote(name)} has this name already", None
                here.setdefault(name, noun)


def _questions(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    known = placeholder_checks.in_questions(raw, definitions)
    for index, word in words(raw.get("identity_files")):
        yield from placeholder_checks.check_word(
            word, ("identity_files", index), known, may_splice=True
        )
    edges: dict[str, dict[str, KeyPath]] = {}
    for name, executable in subtables(raw.get("executables")).items():
        path: KeyPath = ("executables", name)
        edges[name] = {}
        yield from placeholder_checks.check_argv(
            executable.get("version"), (*path, "version"), known
        )
        template = text(executable.get("path"))
        if template is not None:
            yield from placeholder_checks.check_word(template, (*path, "path"), known)
            edges[name].update(
                dict.fromkeys(placeholder_checks.names_in(template), (*path, "path"))
            )
            if ".." in template.split("/"):
                yield (*path, "path"), f"{quote(template)} has a '..'", None
        query = text(executable.get("query"))
        queries = subtables(raw.get("queries"))
        if query is not None:
            edges[name][query] = (*path, "query")
            message = f"there is no query {quote(query)}"
            yield from among(query, queries, (*path, "query"), message, "queries")
            if query in queries and queries[query].get("list") is True:
                yield (*path, "query"), f"the query {quote(query)} is a list", "a path is one word"
    for name, query_table in subtables(raw.get("queries")).items():
        yield from placeholder_checks.check_argv(
            query_table.get("argv"), ("queries", name, "argv"), known
        )
        edges[name] = {
            used: ("queries", name, "argv", index)
            for index, word in words(query_table.get("argv"))
            for used in placeholder_checks.names_in(word)
        }
    for cycle in cycles(edges):
        for name, other in pairwise(cycle):
            yield edges[name][other], f"a cycle: {' -> '.join(cycle)}", None
    for role, provided in subtables(raw.get("provides")).items():
        yield from _provided(provided, ("provides", role), raw, definitions)


def _provided(
    provided: Mapping[str, Any], path: KeyPath, raw: Mapping[str, Any], definitions: Definitions
) -> Iterator[Finding]:
    known = placeholder_checks.in_questions(
        raw, definitions, needs_shard=provided.get("needs_shard") is True
    )
    for key in ("command", "search_path"):
        yield from placeholder_checks.check_argv(provided.get(key), (*path, key), known)
    yield from placeholder_checks.check_plain(provided.get("native_flags"), (*path, "native_flags"))
    for purpose, flags in table(provided.get("flags")).items():
        yield from placeholder_checks.check_argv(flags, (*path, "flags", purpose), known)
    yield from placeholder_checks.check_environment(provided, path, known)


def _stages(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    stages = tables(raw.get("stages"))
    everything = outputs(raw)
    yield from once(raw.get("stages"), "name", ("stages",), "stage", "it is stages[{}] already")
    needs: dict[str, dict[str, KeyPath]] = {}
    for index, stage in stages:
        needs[text(stage.get("name")) or ""] = {
            wanted.split(".")[0]: ("stages", index, "inputs", key)
            for key, wanted in string_items(stage.get("inputs")).items()
            if wanted in everything
        }
    circular: set[KeyPath] = set()
    for cycle in cycles(needs):
        for one, other in pairwise(cycle):
            circular.add(needs[one][other])
            yield needs[one][other], f"the stages need each other: {' -> '.join(cycle)}", None
    paths = _output_paths(raw)
    for index, stage in stages:
        for key, wanted in string_items(stage.get("inputs")).items():
            path: KeyPath = ("stages", index, "inputs", key)
            yield from among(wanted, everything, path, f"no stage makes {quote(wanted)}", "outputs")
            if path not in circular and everything.get(wanted, 0) > index:
                yield path, f"{quote(wanted)} is made by a later stage", "stages run in their order"
        yield from _stage(stage, ("stages", index), raw, definitions)
        yield from _stage_files(stage, ("stages", index), paths)


def _output_paths(raw: Mapping[str, Any]) -> dict[str, str]:
    """STAGE.OUTPUT -> the path it has."""
    return {
        f"{stage.get('name')}.{output}": path
        for _, stage in tables(raw.get("stages"))
        for output, path in string_items(stage.get("outputs")).items()
    }


def _stage_files(
    stage: Mapping[str, Any], path: KeyPath, paths: Mapping[str, str]
) -> Iterator[Finding]:
    """No two of a stage's inputs and outputs may lie in the same place."""
    taken = {
        paths[wanted]: f"the input {quote(name)}"
        for name, wanted in string_items(stage.get("inputs")).items()
        if wanted in paths
    }
    for name, output in string_items(stage.get("outputs")).items():
        if output in taken:
            message = f"{quote(output)} is the path of {taken[output]} already"
            yield (*path, "outputs", name), message, None
        taken.setdefault(output, f"the output {quote(name)}")


def _stage(
    stage: Mapping[str, Any], path: KeyPath, raw: Mapping[str, Any], definitions: Definitions
) -> Iterator[Finding]:
    known = placeholder_checks.in_questions(
        raw, definitions, needs_shard=stage.get("needs_shard") is True
    )
    known.update(placeholders.OF_A_PROGRAM)
    known.update(placeholders.OF_A_STAGE)
    known.update(placeholder_checks.of_roles(raw, definitions))
    in_paths = dict(known)
    known.update(dict.fromkeys(table(stage.get("inputs")), False))
    known.update(dict.fromkeys(table(stage.get("outputs")), False))
    for key in ("argv", "search_path"):
        yield from placeholder_checks.check_argv(stage.get(key), (*path, key), known)
    for key in ("candidates", "absences"):
        for index, value in words(stage.get(key)):
            yield from placeholder_checks.check_word(value, (*path, key, index), known)
    yield from placeholder_checks.check_environment(stage, path, known)
    files = [
        (("outputs", name), value) for name, value in string_items(stage.get("outputs")).items()
    ]
    depfile = text(table(stage.get("depfile")).get("path"))
    if depfile is not None:
        files.append((("depfile", "path"), depfile))
    for key_path, value in files:
        malformed = list(placeholder_checks.check_word(value, (*path, *key_path), in_paths))
        yield from malformed or _stays(value, (*path, *key_path), raw)
    if stage.get("meaningful_comments") and stage.get("digest") != "tokens":
        message = 'has no effect without digest = "tokens"'
        yield (*path, "meaningful_comments"), message, None


def _stays(template: str, path: KeyPath, raw: Mapping[str, Any]) -> Iterator[Finding]:
    """What a stage writes lies in its staging directory, or in its shard; nowhere else."""
    names = placeholder_checks.names_in(template)
    tools = {name for key in ("executables", "uses") for name in table(raw.get(key))}
    elsewhere = [name for name in names if name in placeholders.FOLDERS or name in tools]
    in_shard = template.removeprefix("{shard}/")
    if in_shard != template and elsewhere == ["shard"]:
        elsewhere = []
    if elsewhere:
        message = f"{{{elsewhere[0]}}} leads out of the staging directory"
        if elsewhere[0] in ("stage", "shard"):
            message = f"{{{elsewhere[0]}}} has no place here"
        yield path, f"{quote(template)}: {message}", STAYS
    elif leaves(in_shard):
        yield path, f"{quote(template)} leaves the staging directory", STAYS


def _flags(raw: Mapping[str, Any]) -> Iterator[Finding]:
    names = _stage_names(raw)
    yield from placeholder_checks.check_plain(raw.get("native_flags"), ("native_flags",))
    for profile, by_stage in subtables(raw.get("flags")).items():
        for stage, flags in by_stage.items():
            path = ("flags", profile, stage)
            yield from _among_stages(stage, names, path)
            yield from placeholder_checks.check_plain(flags, path)


def _among_stages(stage: str, names: list[str], path: KeyPath) -> Iterator[Finding]:
    message = f"there is no stage {quote(stage)}"
    yield from among(stage, names, path, message, "stages", "it has no stages")


def _stage_names(raw: Mapping[str, Any]) -> list[str]:
    names = [text(stage.get("name")) for _, stage in tables(raw.get("stages"))]
    return [name for name in names if name is not None]


def _targets(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    everything = outputs(raw)
    paths = _output_paths(raw)
    names = _stage_names(raw)
    for name, target in subtables(raw.get("targets")).items():
        path = ("targets", name)
        chosen = [stage for _, stage in words(target.get("stages", names))]
        for index, stage in words(target.get("stages")):
            yield from _among_stages(stage, names, (*path, "stages", index))
        yield from _closed(raw, path, chosen, is_listed="stages" in target)
        if names and "results" not in target:
            yield (*path, "results"), "missing key", near_miss("", everything, "outputs")
        taken: dict[str, str] = {}
        for index, result in words(target.get("results")):
            where = (*path, "results", index)
            stage = result.split(".")[0]
            message = f"no stage makes {quote(result)}"
            yield from among(result, everything, where, message, "outputs", "it has no stages")
            if result not in everything:
                continue
            if stage not in chosen:
                yield where, f"the stage {quote(stage)} is not among the target's stages", None
            output = paths.get(result, result)
            if output in taken:
                message = f"has the same path {quote(output)} as {quote(taken[output])}"
                yield where, message, None
            taken.setdefault(output, result)
        known = placeholder_checks.in_questions(raw, definitions)
        known.update(placeholders.OF_A_PROGRAM)
        known.update(placeholders.OF_A_TARGET)
        results = [result for _, result in words(target.get("results"))]
        known.update({result.split(".", 1)[1]: False for result in results if "." in result})
        yield from placeholder_checks.check_argv(target.get("run"), (*path, "run"), known)
        yield from _drive(target.get("drive"), (*path, "drive"), known)
        yield from placeholder_checks.check_environment(target, path, known)


def _closed(
    raw: Mapping[str, Any], path: KeyPath, chosen: list[str], *, is_listed: bool
) -> Iterator[Finding]:
    """A target's stages must contain, earlier, what each of them needs."""
    for _, stage in tables(raw.get("stages")):
        name = text(stage.get("name"))
        if not is_listed or name not in chosen:
            continue
        where = (*path, "stages", chosen.index(name))
        for wanted in string_items(stage.get("inputs")).values():
            maker = wanted.split(".")[0]
            if maker not in chosen:
                yield where, f"{quote(name)} needs the stage {quote(maker)}, which is missing", None
            elif chosen.index(maker) > chosen.index(name):
                yield where, f"{quote(name)} comes before {quote(maker)}, which it needs", None
