"""What no schema can say of a manifest: that the names it uses exist, and fit together.

Each finding belongs to one manifest and one key path in it. What lies within one toolchain
(stages, placeholders, executables) is in `toolchain_checks`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise

from molt_build.engines import Engine, parse
from molt_build.manifests import (
    cache_checks,
    case_checks,
    placeholder_checks,
    source_checks,
    suite_checks,
    toolchain_checks,
)
from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    string_items,
    subtables,
    table,
    tables,
    text,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.toolchain_checks import cycles
from molt_build.manifests.value_checks import inside, known, leaves


def findings(
    definitions: Definitions, loaded: Iterable[Loaded], project: str | None
) -> Iterator[tuple[Loaded, Finding]]:
    """Every dangling or ill-fitting reference; with a `project` folder also every missing file."""
    for manifest in loaded:
        if manifest.kind == "project":
            found = _of_project(manifest, definitions)
        elif manifest.kind == "profile":
            found = _of_profile(manifest, definitions)
        elif manifest.kind == "workload":
            found = _of_workload(manifest, definitions, project)
        elif manifest.kind == "lane":
            found = _of_lane(manifest, definitions)
        elif manifest.kind == "cache":
            found = cache_checks.findings(manifest, definitions, project)
        elif manifest.kind == "case":
            found = case_checks.findings(manifest, definitions)
        elif manifest.kind == "suite":
            found = suite_checks.findings(manifest, definitions, project)
        else:
            found = _of_toolchain(manifest, definitions)
        for finding in found:
            yield manifest, finding
    yield from _cycles("profile", "inherit from itself", definitions, _inherited)
    yield from _cycles("toolchain", "need itself", definitions, _needed)


def _program_name(value: object, path: KeyPath, definitions: Definitions) -> Iterator[Finding]:
    """The value must be the name of a program of some workload."""
    programs = definitions.programs()
    if isinstance(value, str) and value not in programs:
        if definitions.unreadable.get("workload"):
            return  # it may be declared in what could not be read
        hint = near_miss(value, programs, "programs")
        yield path, f"there is no program {quote(value)}", hint


def _of_project(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    for kind in ("toolchain", "profile"):
        key = f"default_{kind}"
        yield from known(manifest.raw.get(key), kind, (key,), definitions)
    yield from known(manifest.raw.get("subject"), "toolchain", ("subject",), definitions)
    seen: dict[str, int] = {}
    for index, track in tables(manifest.raw.get("tracks")):
        name = text(track.get("id"))
        if name is not None and seen.setdefault(name, index) != index:
            message = f"the track {quote(name)} is defined twice"
            yield ("tracks", index, "id"), message, f"first as element {seen[name]}"


def _of_profile(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    yield from known(manifest.raw.get("inherits"), "profile", ("inherits",), definitions)
    if definitions.unreadable.get("toolchain"):
        return  # a role may be provided by what could not be read
    roles = placeholder_checks.provided_roles(definitions)
    for role, purposes in subtables(manifest.raw.get("roles")).items():
        if role not in roles:
            hint = near_miss(role, roles, "roles")
            yield ("roles", role), f"no toolchain provides the role {quote(role)}", hint
            continue
        for purpose, flags in purposes.items():
            yield from placeholder_checks.check_plain(flags, ("roles", role, purpose))
        asked = placeholder_checks.purposes_asked_for(role, definitions)
        for purpose in purposes:
            if purpose not in asked:
                message = f"no stage asks for {{{role}.{purpose}}}, and no provider has such flags"
                hint = near_miss(purpose, asked, "purposes")
                yield ("roles", role, purpose), message, hint


def _of_workload(
    manifest: Loaded, definitions: Definitions, project: str | None
) -> Iterator[Finding]:
    raw = manifest.raw
    language = text(raw.get("language"))
    languages = {
        word
        for chain in definitions.all("toolchain")
        for _, word in words(chain.raw.get("accepts"))
    }
    unreadable = definitions.unreadable.get("toolchain")
    if language is not None and language not in languages and not unreadable:
        hint = near_miss(language, languages, "languages")
        yield ("language",), f"no toolchain accepts the language {quote(language)}", hint
    for index, glob in words(raw.get("candidates")):
        yield from inside(glob, ("candidates", index))
    yield from source_checks.findings(raw, project)
    yield from _programs(manifest, definitions, language)
    if project is not None:
        yield from _files(manifest, project)


def _programs(
    manifest: Loaded, definitions: Definitions, language: str | None
) -> Iterator[Finding]:
    everywhere = definitions.programs()
    for index, program in tables(manifest.raw.get("programs")):
        where = ("programs", index)
        entry = program.get("entry")
        if entry is None and language not in (None, "python"):
            message = "missing key, which only python programs may leave out"
            yield (*where, "entry"), message, None
        yield from inside(entry, (*where, "entry"), "leaves the source")
        name = text(program.get("name"))
        places = everywhere.get(name, []) if name is not None else []
        if len(places) < 2 or places[0] == (manifest, index):
            continue
        other, other_index = places[0]
        line = other.document.position(("programs", other_index, "name")).line
        hint = f"also at {other.file.shown}:{line}"
        yield (*where, "name"), f"the program {quote(str(name))} is defined twice", hint


def _files(manifest: Loaded, project: str) -> Iterator[Finding]:
    """Do the files exist that a workload in the project itself names?"""
    folder = source_checks.folder(manifest.raw)
    if folder is None or not os.path.isdir(os.path.join(project, folder)):
        return
    for index, program in tables(manifest.raw.get("programs")):
        name, where = program.get("name"), ("programs", index)
        key = "entry" if "entry" in program else "name"
        entry = program.get("entry", f"{name}.py")
        if not isinstance(name, str) or not isinstance(entry, str) or leaves(entry):
            continue
        if key == "name" and manifest.raw.get("language") != "python":
            continue  # that the entry is missing is reported already
        path = os.path.join(folder, entry)
        if not os.path.isfile(os.path.join(project, path)):
            missing = os.path.normpath(path)
            yield (*where, key), f"there is no file {quote(missing)}", _similar(project, missing)


def _similar(project: str, path: str) -> str | None:
    try:
        names = os.listdir(os.path.join(project, os.path.dirname(path)))
    except OSError:
        return None
    return near_miss(os.path.basename(path), names, "files there")


def _of_lane(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    raw = manifest.raw
    for index, name in words(raw.get("workloads")):
        yield from known(name, "workload", ("workloads", index), definitions)
    yield from known(raw.get("profile"), "profile", ("profile",), definitions)
    yield from _engine(raw.get("reference"), ("reference",), manifest, definitions)
    yield from _engine(raw.get("subject"), ("subject",), manifest, definitions)
    defaults = (one.raw.get("default_profile") for one in definitions.all("project"))
    profile = text(raw.get("profile")) or text(next(defaults, None)) or ""
    target = text(raw.get("target")) or "native"
    measured: dict[str, Engine] = {}
    for key in ("toolchains", "optional"):
        for index, name in words(raw.get(key)):
            yield from _engine(name, (key, index), manifest, definitions)
            with suppress(ValueError):  # which the schema has reported
                engine = parse(name)
                known_as = engine.named(profile, target)
                if known_as in measured and name not in raw[key][:index]:
                    yield (key, index), f"{quote(name)} is among the toolchains already", None
                if key == "toolchains":
                    measured.setdefault(known_as, engine)
    subject = text(raw.get("subject"))
    engines = [engine.toolchain for engine in measured.values()]
    is_known = subject is not None and definitions.is_known("toolchain", subject)
    if subject is not None and is_known and engines and subject not in engines:
        hint = near_miss(subject, engines, "toolchains of the lane")
        yield ("subject",), f"{quote(subject)} is not among the lane's toolchains", hint
    yield from _program_name(raw.get("startup_program"), ("startup_program",), definitions)


def _engine(
    value: object, path: KeyPath, lane: Loaded, definitions: Definitions
) -> Iterator[Finding]:
    """The parts of an engine must exist; its toolchain must take the lane's workloads.

    What an engine at a revision is made of, the manifests of that revision say.
    """
    try:
        engine = parse(text(value) or "")
    except ValueError:
        return  # the schema has reported it
    if engine.revision is not None:
        return
    yield from known(engine.toolchain, "toolchain", path, definitions)
    yield from known(engine.profile, "profile", path, definitions)
    toolchain = definitions.get("toolchain", engine.toolchain)
    if toolchain is None:
        return
    target = engine.target or lane.raw.get("target", "native")
    targets = subtables(toolchain.raw.get("targets"))
    if isinstance(target, str) and target not in targets:
        hint = near_miss(target, targets, "its targets") or "it has no target at all"
        yield path, f"{quote(toolchain.name)} has no target {quote(target)}", hint
    accepted = [word for _, word in words(toolchain.raw.get("accepts"))]
    for _, name in words(lane.raw.get("workloads")):
        workload = definitions.get("workload", name)
        language = None if workload is None else text(workload.raw.get("language"))
        if language is not None and language not in accepted:
            message = (
                f"{quote(toolchain.name)} does not accept {quote(language)}, "
                f"the language of the workload {quote(name)}"
            )
            yield path, message, f"it accepts: {', '.join(accepted) or 'nothing'}"
            return


def _of_toolchain(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    raw = manifest.raw
    yield from inside(table(raw.get("python")).get("lock"), ("python", "lock"))
    for role, names in table(raw.get("uses")).items():
        for index, name in words(names):
            path = ("uses", role, index)
            yield from known(name, "toolchain", path, definitions)
            used = definitions.get("toolchain", name)
            offered = subtables(used.raw.get("provides")) if used is not None else {}
            if used is not None and role not in offered:
                hint = near_miss(role, offered, "it provides") or "it provides no role"
                yield path, f"{quote(name)} does not provide the role {quote(role)}", hint
    for profile in subtables(raw.get("flags")):
        yield from known(profile, "profile", ("flags", profile), definitions)
    for name, executable in subtables(raw.get("executables")).items():
        built = table(executable.get("built_by"))
        yield from _built_by(built, ("executables", name, "built_by"), definitions)
    yield from toolchain_checks.findings(manifest, definitions)


def _built_by(
    built: Mapping[str, object], path: KeyPath, definitions: Definitions
) -> Iterator[Finding]:
    yield from known(built.get("profile"), "profile", (*path, "profile"), definitions)
    yield from known(built.get("toolchain"), "toolchain", (*path, "toolchain"), definitions)
    yield from _program_name(built.get("program"), (*path, "program"), definitions)
    builder = definitions.get("toolchain", text(built.get("toolchain")) or "")
    output = text(built.get("output"))
    if builder is None:
        return
    if output is not None:
        outputs = toolchain_checks.outputs(builder.raw)
        if output not in outputs:
            hint = near_miss(output, outputs, "outputs")
            message = f"no stage of {quote(builder.name)} makes {quote(output)}"
            yield (*path, "output"), message, hint
    programs = definitions.programs()
    program = text(built.get("program"))
    if program is not None and program in programs:
        workload, _ = programs[program][0]
        language = text(workload.raw.get("language"))
        accepted = [word for _, word in words(builder.raw.get("accepts"))]
        if language is not None and language not in accepted:
            message = (
                f"{quote(builder.name)} does not accept {quote(language)}, the program's language"
            )
            yield (*path, "toolchain"), message, f"it accepts: {', '.join(accepted) or 'nothing'}"


def _inherited(manifest: Loaded) -> dict[str, KeyPath]:
    parent = text(manifest.raw.get("inherits"))
    return {} if parent is None else {parent: ("inherits",)}


def _needed(manifest: Loaded) -> dict[str, KeyPath]:
    needed: dict[str, KeyPath] = {}
    for role, names in table(manifest.raw.get("uses")).items():
        for index, name in words(names):
            needed.setdefault(name, ("uses", role, index))
    for name, executable in subtables(manifest.raw.get("executables")).items():
        builder = string_items(executable.get("built_by")).get("toolchain")
        if builder is not None:
            needed.setdefault(builder, ("executables", name, "built_by", "toolchain"))
    return needed


def _cycles(
    kind: str,
    verb: str,
    definitions: Definitions,
    edges: Callable[[Loaded], dict[str, KeyPath]],
) -> Iterator[tuple[Loaded, Finding]]:
    """Every edge of every cycle, each at the key that makes it."""
    needs = {manifest.name: edges(manifest) for manifest in definitions.all(kind)}
    for cycle in cycles(needs):
        shown = " -> ".join(cycle)
        for name, other in pairwise(cycle):
            manifest = definitions.get(kind, name)
            if manifest is not None:
                message = f"makes the {kind} {quote(name)} {verb}: {shown}"
                yield manifest, (needs[name][other], message, None)
