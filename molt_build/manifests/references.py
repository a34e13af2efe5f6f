"""What no schema can say of a manifest: that the names it uses exist, and fit together.

Each finding belongs to one manifest and one key path in it. What schemas mark is checked in
`value_checks`, whatever the kind; here is the rest of the small kinds, and what goes round between
manifests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, pairwise

from molt_build.engines import Engine, parse
from molt_build.manifests import (
    cache_checks,
    case_checks,
    placeholder_checks,
    suite_checks,
    toolchain_checks,
    workload_checks,
)
from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    accepted,
    it_accepts,
    language_of,
    string_items,
    subtables,
    table,
    text,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.toolchain_checks import cycles
from molt_build.manifests.value_checks import among, has_target, known, of_marks, once


def findings(
    definitions: Definitions, loaded: Iterable[Loaded]
) -> Iterator[tuple[Loaded, Finding]]:
    """Every dangling or ill-fitting reference."""
    for manifest in loaded:
        of_kind = _OF_KIND[manifest.kind](manifest, definitions)
        for finding in chain(of_marks(manifest, definitions), of_kind):
            yield manifest, finding
    yield from _cycles("profile", "inherit from itself", definitions, _inherited)
    yield from _cycles("toolchain", "need itself", definitions, _needed)


def _of_project(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    yield from once(manifest.raw.get("tracks"), "id", ("tracks",), "track")


def _of_profile(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    if definitions.unreadable.get("toolchain"):
        return  # a role may be provided by what could not be read
    roles = placeholder_checks.provided_roles(definitions)
    for role, purposes in subtables(manifest.raw.get("roles")).items():
        path: KeyPath = ("roles", role)
        yield from among(
            role, roles, path, f"no toolchain provides the role {quote(role)}", "roles"
        )
        if role not in roles:
            continue
        asked = placeholder_checks.purposes_asked_for(role, definitions)
        for purpose, flags in purposes.items():
            yield from placeholder_checks.check_plain(flags, (*path, purpose))
            message = f"no stage asks for {{{role}.{purpose}}}, and no provider has such flags"
            yield from among(purpose, asked, (*path, purpose), message, "purposes")


def _of_lane(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    raw = manifest.raw
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
    if subject is not None and engines and definitions.is_known("toolchain", subject):
        message = f"{quote(subject)} is not among the lane's toolchains"
        yield from among(subject, engines, ("subject",), message, "toolchains of the lane")


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
    yield from known(engine.toolchain, path, "toolchain", definitions)
    yield from known(engine.profile, path, "profile", definitions)
    toolchain = definitions.get("toolchain", engine.toolchain)
    if toolchain is None:
        return
    yield from has_target(toolchain, engine.target or lane.raw.get("target", "native"), path)
    for _, name in words(lane.raw.get("workloads")):
        language = language_of(definitions.get("workload", name))
        if language is not None and language not in accepted(toolchain):
            message = (
                f"{quote(toolchain.name)} does not accept {quote(language)}, "
                f"the language of the workload {quote(name)}"
            )
            yield path, message, it_accepts(toolchain)
            return


_OF_KIND: Mapping[str, Callable[[Loaded, Definitions], Iterator[Finding]]] = {
    "project": _of_project,
    "profile": _of_profile,
    "workload": workload_checks.findings,
    "lane": _of_lane,
    "cache": cache_checks.findings,
    "case": case_checks.findings,
    "suite": suite_checks.findings,
    "toolchain": toolchain_checks.findings,
}


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
