"""What no schema can say of a toolchain: of its names, tools, stages, files and targets.

Its templates are checked in `placeholder_checks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from molt_build.manifests import (
    built_checks,
    differential_checks,
    output_checks,
    placeholders,
)
from molt_build.manifests.built_checks import made_by
from molt_build.manifests.diagnostics import Finding, KeyPath, near_miss, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.placeholder_checks import names_in
from molt_build.manifests.python_versions import fault, is_possible
from molt_build.manifests.value_checks import leaves, once
from molt_build.manifests.workload_checks import of_source

# Those of the programs that `molt-build conformance` comes with.
CONFORMANCE_TAGS = frozenset(
    ("numbers", "output", "arguments", "imports", "unicode", "exceptions", "syntax-errors")
)

# Placeholders of folders that are known when a stage runs.
_EACH_TIME = placeholders.FOLDERS.difference(placeholders.EVERYWHERE, placeholders.WITH_ENVIRONMENT)


def findings(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything that does not fit together within the toolchain."""
    top = manifest.top
    yield from _engine(top)
    yield from _python(manifest, definitions)
    yield from _uses(top, definitions)
    yield from built_checks.findings(top, definitions)
    yield from _names(top)
    yield from _questions(top)
    for artifact in top["artifacts"].named_tables():
        yield from of_source(artifact, definitions.project)
    yield from _stages(top)
    yield from _tags(manifest, definitions)
    yield from differential_checks.of_toolchain(manifest, definitions)
    stages = _stage_names(top)
    for of_profile in top["flags"].named_tables():
        for flags in of_profile.values():
            yield from _is_a_stage(Part(flags.key, flags.path), stages)
    for target in top["targets"].named_tables():
        yield from _target(target, top, stages)
    for refused in top["unsupported"].tables():
        for target in refused["targets"].words():
            message = f"there is no target {quote(target.text)}"
            yield from target.among(top["targets"].keys, message, "targets", "it has no targets")


def cycles(edges: Mapping[str, Mapping[str, KeyPath]]) -> Iterator[tuple[str, KeyPath, str]]:
    """Every edge of cycles: its node, the path that makes it, and the cycle as a -> b -> a.

    No two of the cycles share a node; there are twenty at most.
    """
    left = {node: list(others) for node, others in edges.items()}
    for _ in range(20):
        try:
            TopologicalSorter(left).prepare()
            return
        except CycleError as error:
            cycle: list[str] = list(reversed(error.args[1]))
        lowest = cycle.index(min(cycle))
        cycle = [*cycle[lowest:-1], *cycle[: lowest + 1]]
        for node, other in pairwise(cycle):
            yield node, edges[node][other], " -> ".join(cycle)
            left.pop(node, None)


def _engine(top: Part) -> Iterator[Finding]:
    engine = top["engine"].text
    has_stages, has_targets = "stages" in top, "targets" in top
    if engine == "interpreter" and has_stages:
        hint = 'a compiler has: engine = "compiler"'
        yield top["stages"].wrong("an interpreter has no stages", hint)
    if engine == "compiler" and not has_stages and "provides" not in top:
        hint = 'a toolchain without stages is an engine = "interpreter"'
        yield top["engine"].wrong("a compiler needs stages, or a role that it provides", hint)
    if not has_targets and (has_stages or engine == "interpreter"):
        yield top["targets"].wrong("missing key", "[targets.native] says how a program is run")
    for target in top["targets"].named_tables() if engine == "interpreter" else ():
        if "run" not in target:
            yield target["run"].wrong("missing key: an interpreter runs programs")
    if has_targets and not top["accepts"].words():
        message = "missing key: it takes no language at all"
        yield top["accepts"].wrong(message, 'such as ["python"]')


def _python(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """One interpreter is chosen for all of a project's own toolchains: there must be such a one."""
    required = manifest.top["requires_python"]
    if not required.text or fault(required.text):
        return
    if not is_possible((required.text,)):
        yield required.wrong(f"no version of Python is {quote(required.text)}")
        return
    together = [required.text]
    for other in definitions.all("toolchain"):
        if other is manifest or manifest.file.is_bundled or other.file.is_bundled:
            return
        theirs = other.top["requires_python"]
        if not theirs.text or fault(theirs.text) or not is_possible((theirs.text,)):
            continue
        together.append(theirs.text)
        if not is_possible(tuple(together)):
            line = other.document.position(theirs.path).line
            also = f"{quote(other.name)} requires {quote(theirs.text)}"
            message = f"no version of Python is {quote(required.text)} too, where {also}"
            place = f"{other.file.shown}:{line}"
            yield required.wrong(message, f"{place}; a project has one interpreter")
            return


def _uses(top: Part, definitions: Definitions) -> Iterator[Finding]:
    """What other toolchains do for this one: play roles."""
    for role in top["uses"].values():
        for name in role.words():
            used = definitions.get("toolchain", name.text)
            if used is not None:
                offered = [one.key for one in used.top["provides"].named_tables()]
                message = f"{quote(name.text)} does not provide the role {quote(role.key)}"
                wanted = Part(role.key, name.path)
                yield from wanted.among(offered, message, "it provides", "it provides no role")


def _names(top: Part) -> Iterator[Finding]:
    """Tools, artifacts, queries and roles share one space of names with the placeholders."""
    taken: dict[str, str] = {}
    nouns = {"executables": "executable", "artifacts": "artifact"}
    nouns |= {"queries": "query", "uses": "role"}
    yield from _free(top, nouns, taken)
    for stage in top["stages"].tables():
        yield from _free(stage, {"inputs": "input", "outputs": "output"}, dict(taken))


def _free(owner: Part, nouns: Mapping[str, str], taken: dict[str, str]) -> Iterator[Finding]:
    for key, noun in nouns.items():
        for named in owner[key].values():
            name = named.key
            if name in placeholders.RESERVED:
                yield named.wrong(f"{{{name}}} is a placeholder with a meaning of its own")
            elif name in taken:
                yield named.wrong(f"the {taken[name]} {quote(name)} has this name already")
            taken.setdefault(name, noun)


def _questions(top: Part) -> Iterator[Finding]:
    """What finds executables and artifacts must not go round in circles."""
    edges: dict[str, dict[str, KeyPath]] = {}
    queries = {query.key: query for query in top["queries"].named_tables()}
    for executable in [*top["executables"].named_tables(), *top["artifacts"].named_tables()]:
        path, query = executable["path"], executable["query"]
        needs = edges[executable.key] = dict.fromkeys(names_in(path.text), path.path)
        if ".." in path.text.split("/"):
            yield path.wrong(f"{quote(path.text)} has a '..'")
        else:
            yield from _to_something(path)
        if query.text:
            needs[query.text] = query.path
            message = f"there is no query {quote(query.text)}"
            yield from query.among(queries, message, "queries")
            if query.text in queries and queries[query.text]["list"].value is True:
                yield query.wrong(f"the query {quote(query.text)} is a list", "a path is one word")
    for file in top["identity_files"].words():
        yield from _to_something(file)
    for name, query in queries.items():
        words = query["argv"].words()
        edges[name] = {used: word.path for word in words for used in names_in(word.text)}
    for _, edge, cycle in cycles(edges):
        yield edge, f"a cycle: {cycle}", None


def _to_something(path: Part) -> Iterator[Finding]:
    """A tool's path is looked up wherever the command was typed: it must not depend on that."""
    if path.text and not path.text.startswith(("/", "{")):
        message = f"{quote(path.text)} is a relative path, and nothing says to what"
        yield path.wrong(message, f"say {{project}}/{path.text}")


def _stages(top: Part) -> Iterator[Finding]:
    made = made_by(top)
    yield from once(top["stages"], "name", "stage", "it is stages[{}] already")
    stages = top["stages"].tables()
    needs: dict[str, dict[str, KeyPath]] = {}
    for stage in stages:
        needs[stage["name"].text] = {
            one.text.split(".")[0]: one.path
            for one in stage["inputs"].named_words()
            if one.text in made
        }
    circular: set[KeyPath] = set()
    for _, edge, cycle in cycles(needs):
        circular.add(edge)
        yield edge, f"the stages need each other: {cycle}", None
    for stage in stages:
        for wanted in stage["inputs"].named_words():
            yield from wanted.among(made, f"no stage makes {quote(wanted.text)}", "outputs")
            maker = made.get(wanted.text, stage)
            if int(maker.path[1]) > int(stage.path[1]) and wanted.path not in circular:
                message = f"{quote(wanted.text)} is made by a later stage"
                yield wanted.wrong(message, "stages run in their order")
        yield from output_checks.findings(stage, made)
        yield from _reads(stage, top)
        comments = stage["meaningful_comments"]
        if comments.value and stage["digest"].text != "tokens":
            yield comments.wrong('has no effect without digest = "tokens"')


def _reads(stage: Part, top: Part) -> Iterator[Finding]:
    """What a stage reads must be told by someone: by a depfile, or by the manifest."""
    roots, reads = stage["import_roots"], stage["reads"]
    if roots.value and stage["imports"].text != "python":
        yield roots.wrong("has no effect without imports", 'imports = "python" reads them')
    in_place = False
    for root in roots.words():
        first = next(iter(root.text.split("/")))
        named = names_in(first)
        in_place |= not first or _is_absolute(named, top)
        if each_time := {*names_in(root.text)}.intersection(_EACH_TIME):
            message = f"{{{sorted(each_time)[0]}}} is another folder each time that the stage runs"
            yield root.wrong(message, "a relative path lies in the source, which is staged")
        elif leaves(root.text) and not in_place:
            yield root.wrong(f"{quote(root.text)} leaves the source", "say {project}/...")
    if reads.text and "depfile" in stage:
        message = "contradicts the depfile, which tells what was read"
        yield reads.wrong(message, "leave one of them out")
    depfile = stage["depfile"]
    if depfile["format"].text == "python-audit" and "shard" in names_in(depfile["path"].text):
        message = "an audit hook appends to its log, and the shard is kept"
        yield depfile["path"].wrong(message, "let it lie in the staging directory")
    if in_place and "depfile" not in stage and not reads.text:
        message = "nobody tells what is read there: an import of a computed name would not be seen"
        yield roots.wrong(message, 'give the stage a depfile, or reads = "declared"')


def _is_absolute(names: tuple[str, ...], top: Part) -> bool:
    """Whether a path that begins with these placeholders is absolute."""
    named = {*top["executables"].keys, *top["queries"].keys, *top["artifacts"].keys}
    return any(name in named or name in placeholders.FOLDERS for name in names)


def _stage_names(top: Part) -> list[str]:
    return [stage["name"].text for stage in top["stages"].tables() if stage["name"].text]


def _tags(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Tags that a project's own toolchain does not take, and that no program has.

    Asked by `check` alone: conformance tries a toolchain in a project without all of its programs.
    """
    if manifest.file.is_bundled or definitions.project is None or definitions.unreadable:
        return
    owners = [*definitions.all("workload"), *definitions.all("suite")]
    programs = [program for owner in owners for program in owner.top["programs"].tables()]
    tags = CONFORMANCE_TAGS.union(*(program["tags"].texts for program in programs))
    for refused in manifest.top["unsupported"].tables():
        for tag in refused["tags"].words():
            yield from tag.among(tags, f"no program has the tag {quote(tag.text)}", "tags")


def _is_a_stage(name: Part, stages: list[str]) -> Iterator[Finding]:
    message = f"there is no stage {quote(name.text)}"
    yield from name.among(stages, message, "stages", "it has no stages")


def _target(target: Part, top: Part, stages: list[str]) -> Iterator[Finding]:
    made = made_by(top)
    chosen = target["stages"].texts if "stages" in target else stages
    for stage in target["stages"].words():
        yield from _is_a_stage(stage, stages)
    if "stages" in target:
        yield from _closed(target["stages"], chosen, top)
    if stages and "results" not in target:
        yield target["results"].wrong("missing key", near_miss("", made, "outputs"))
    taken: dict[str, str] = {}
    for result in target["results"].words():
        message = f"no stage makes {quote(result.text)}"
        yield from result.among(made, message, "outputs", "it has no stages")
        if result.text not in made:
            continue
        maker, path = result.text.split(".")[0], made[result.text].text
        if maker not in chosen:
            yield result.wrong(f"the stage {quote(maker)} is not among the target's stages")
        for other, whose in taken.items():
            if path.rstrip("/") == other.rstrip("/"):
                yield result.wrong(f"has the same path {quote(path)} as {quote(whose)}")
            elif output_checks.is_inside(path, other) or output_checks.is_inside(other, path):
                yield result.wrong(f"{quote(path)} and {quote(other)} of {quote(whose)} overlap")
        taken.setdefault(path, result.text)
    drive = target["drive"]
    used = {name for word in drive.texts for name in names_in(word)}
    for name, what in (("driver", "the script that it runs"), ("args", "the script's arguments")):
        if drive.texts and name not in used:
            yield drive.wrong(f"{{{name}}} is missing: {what}")


def _closed(listed: Part, chosen: list[str], top: Part) -> Iterator[Finding]:
    """A target's stages must contain, earlier, what each of them needs."""
    for stage in top["stages"].tables():
        name = stage["name"].text
        if name not in chosen:
            continue
        at = listed[chosen.index(name)]
        for wanted in stage["inputs"].named_words():
            maker = wanted.text.split(".")[0]
            if maker not in chosen:
                message = f"{quote(name)} needs the stage {quote(maker)}, which is missing"
                yield at.wrong(message)
            elif chosen.index(maker) > chosen.index(name):
                yield at.wrong(f"{quote(name)} comes before {quote(maker)}, which it needs")
