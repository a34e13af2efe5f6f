"""What no schema can say of a manifest: that the names it uses exist, and fit together.

Each finding belongs to one manifest and one key path in it. What schemas mark is checked in
`value_checks` and `placeholder_checks`, whatever the kind; here is the rest of the small kinds, and
what goes round between manifests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain

from molt_build.engines import Engine, parse
from molt_build.errors import UsageError
from molt_build.manifests import (
    case_checks,
    differential_checks,
    gate_checks,
    placeholder_checks,
    register_checks,
    signal_checks,
    suite_checks,
    toolchain_checks,
    track_checks,
    workload_checks,
)
from molt_build.manifests.built_checks import built_parts, unbuildable
from molt_build.manifests.diagnostics import Finding, KeyPath, quote
from molt_build.manifests.model import LockTimes
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.toolchain_checks import cycles
from molt_build.manifests.value_checks import has_target, known, leaves, of_marks, runs

# What every stage is given by molt_build itself, whatever the builder's environment says.
OWN_VARIABLES = (
    "HOME",
    "TMPDIR",
    "PATH",
    "LANG",
    "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE",
    "SOURCE_DATE_EPOCH",
)

STEADY_METRIC = "steady_s"


def findings(
    definitions: Definitions, loaded: Iterable[Parsed]
) -> Iterator[tuple[Parsed, Finding]]:
    """Every dangling or ill-fitting reference."""
    for manifest in loaded:
        checks = (of_marks, placeholder_checks.findings, _OF_KIND[manifest.kind])
        for finding in chain.from_iterable(check(manifest, definitions) for check in checks):
            yield manifest, finding
    yield from _cycles("profile", "inherit from itself", definitions, _inherited)
    yield from _cycles("toolchain", "need itself", definitions, _needed)


def _of_project(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    top = manifest.top
    profile = top["default_profile"]
    for name, at in ((top["default_toolchain"], profile), (top["subject"], top["subject"])):
        toolchain = definitions.get("toolchain", name.text)
        if toolchain is not None and profile.text:
            yield from unbuildable(toolchain, profile.text, "native", definitions, at)
    differential = top["differential"]
    if differential.keys:
        for engine in (*differential["engines"].words(), *differential["references"].words()):
            yield from _engine(engine, differential, definitions)
        yield from differential_checks.of_project(differential, definitions)


def _of_profile(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    if definitions.unreadable:
        return  # a role may be provided by what could not be read
    provided = [one.top["provides"].named_tables() for one in definitions.all("toolchain")]
    roles = {role.key for role in chain.from_iterable(provided)}
    for role in manifest.top["roles"].named_tables():
        message = f"no toolchain provides the role {quote(role.key)}"
        yield from Part(role.key, role.path).among(roles, message, "roles")
        if role.key not in roles:
            continue
        asked = placeholder_checks.purposes_asked_for(role.key, definitions)
        for flags in role.values():
            name = f"{{{role.key}.{flags.key}}}"
            message = f"no stage asks for {name}, and no provider has such flags"
            yield from Part(flags.key, flags.path).among(asked, message, "purposes")


def _of_cache(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Key files that do not exist, rules that never apply; the files only with a project."""
    for name in manifest.top["key"]["environment"].words():
        if name.text in OWN_VARIABLES:
            message = "is the same for every stage, and never the builder's"
            yield name.wrong(f"{quote(name.text)} {message}")
    project = definitions.project
    for file in manifest.top["key"]["files"].words() if project is not None else ():
        if not leaves(file.text) and not os.path.isfile(os.path.join(project or "", file.text)):
            yield file.wrong(f"there is no file {quote(file.text)}")
    earlier: list[list[object]] = []
    for rule in manifest.top["shards"].tables():
        names = [rule.value.get(part, "*") for part in ("toolchain", "profile", "workload")]
        for number, other in enumerate(earlier):
            if all(wanted in ("*", name) for wanted, name in zip(other, names, strict=True)):
                message = f"never applies: shards[{number}] fits all that it fits, and comes first"
                yield rule.wrong(message, "put the rule for more shards last")
                break
        earlier.append(names)
    locks = manifest.top["locks"]
    low, high = locks["backoff_min_s"], locks["backoff_max_s"]
    shortest = LockTimes.backoff_min_s if low.value is None else low.value
    longest = LockTimes.backoff_max_s if high.value is None else high.value
    if all(isinstance(one, int | float) for one in (shortest, longest)) and shortest > longest:
        at = low if high.value is None else high
        message = f"the longest sleep, {longest:g} s, is less than the shortest, {shortest:g} s"
        yield at.wrong(message)


def _of_lane(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    top = manifest.top
    subject, startup = top["subject"], top["startup_program"]
    for _, program in definitions.programs.get(startup.text, [])[:1]:
        if program["skip"].text:
            message = f"{quote(startup.text)} is skipped, and tells nothing of starting"
            yield startup.wrong(message, program["skip"].text)
    for one in (top["reference"], subject):
        yield from _engine(one, top, definitions)
    profile = top["profile"].text or default_profile(definitions)
    target = top["target"].text or "native"
    measured: dict[str, Engine] = {}
    for key in ("engines", "optional"):
        written: list[str] = []
        for name in top[key].words():
            yield from _engine(name, top, definitions)
            with suppress(UsageError):  # which the schema has reported
                engine = parse(name.text)
                known_as = engine.named(profile, target)
                if known_as in measured and name.text not in written:
                    yield name.wrong(f"{quote(name.text)} is among the engines already")
                if key == "engines":
                    measured.setdefault(known_as, engine)
            written.append(name.text)
    engines = [engine.toolchain for engine in measured.values()]
    if subject.text and engines and definitions.is_known("toolchain", subject.text):
        message = f"{quote(subject.text)} is not among the lane's engines"
        yield from subject.among(engines, message, "toolchains of the lane")
    workloads = [definitions.get("workload", name) for name in top["workloads"].texts]
    can_be_driven = any(one is None or "adapter" in one.top for one in workloads)
    for metric in top["columns"].words():
        if metric.text == STEADY_METRIC and not can_be_driven:
            message = "the steady state is of driven programs, and no workload has an adapter"
            yield metric.wrong(message)
    yield from _pairs(top, definitions, profile, target)


def _pairs(lane: Part, definitions: Definitions, profile: str, target: str) -> Iterator[Finding]:
    """Both engines of a pair are the lane's, and two; no pair is written twice."""
    written = [lane["reference"], *lane["engines"].words(), *lane["optional"].words()]
    names = {name: one.text for one in written if (name := _named(one, profile, target))}
    seen: dict[tuple[str, str], int] = {}
    for number, pair in enumerate(lane["pairs"].tables()):
        named = [_named(pair[key], profile, target) for key in ("engine", "over")]
        for key, name in zip(("engine", "over"), named, strict=True):
            if name and name not in names:
                unknown = list(_engine(pair[key], lane, definitions))
                message = f"{quote(pair[key].text)} is not among the lane's engines"
                yield from unknown or pair[key].among(
                    [*names.values()], message, "engines of the lane"
                )
        engine, over = named
        if not engine or not over:
            continue
        if engine == over:
            yield pair["over"].wrong("is the engine itself: a pair is of two")
        first = seen.setdefault((engine, over), number)
        if first != number:
            yield pair.wrong(f"is the same pair as pairs[{first}]")


def _named(written: Part, profile: str, target: str) -> str:
    """The name of an engine in a lane; "" for what is none, which the schema has reported."""
    try:
        return parse(written.text).named(profile, target)
    except UsageError:
        return ""


def default_profile(definitions: Definitions) -> str:
    """The project's, "" where it is not known."""
    projects = definitions.all("project")
    return projects[0].top["default_profile"].text if projects else ""


def _engine(written: Part, lane: Part, definitions: Definitions) -> Iterator[Finding]:
    """The parts of an engine must exist; its toolchain must take the lane's workloads.

    What an engine at a revision is made of, the manifests of that revision say.
    """
    try:
        engine = parse(written.text)
    except UsageError:
        return  # the schema has reported it
    if engine.revision is not None:
        return
    yield from known(Part(engine.toolchain, written.path), "toolchain", definitions)
    yield from known(Part(engine.profile, written.path), "profile", definitions)
    toolchain = definitions.get("toolchain", engine.toolchain)
    if toolchain is None:
        return
    target = engine.target or lane["target"].text_or("native")
    no_target = list(has_target(toolchain, target, written))
    yield from no_target
    yield from runs(toolchain, target, written)
    if not no_target:
        profile = engine.profile or lane["profile"].text or default_profile(definitions)
        yield from unbuildable(toolchain, profile, target, definitions, written)
    for name in lane["workloads"].texts:
        language = definitions.language_of(name)
        if language and language not in toolchain.takes:
            message = f"{quote(toolchain.name)} does not accept {quote(language)}"
            message = f"{message}, the language of the workload {quote(name)}"
            yield written.wrong(message, toolchain.what_it_takes)
            return


_OF_KIND: Mapping[str, Callable[[Parsed, Definitions], Iterator[Finding]]] = {
    "project": _of_project,
    "profile": _of_profile,
    "workload": workload_checks.findings,
    "lane": _of_lane,
    "cache": _of_cache,
    "case": case_checks.findings,
    "suite": suite_checks.findings,
    "signal": signal_checks.findings,
    "track": track_checks.findings,
    "gate": gate_checks.findings,
    "register": register_checks.findings,
    "toolchain": toolchain_checks.findings,
}


def _inherited(profile: Part) -> dict[str, KeyPath]:
    parent = profile["inherits"]
    return {parent.text: parent.path} if parent.text else {}


def _needed(toolchain: Part) -> dict[str, KeyPath]:
    named = [name for role in toolchain["uses"].values() for name in role.words()]
    named += [built["toolchain"] for built in built_parts(toolchain)]
    needed: dict[str, KeyPath] = {}
    for name in named:
        if name.text:
            needed.setdefault(name.text, name.path)
    return needed


def _cycles(
    kind: str, verb: str, definitions: Definitions, edges: Callable[[Part], dict[str, KeyPath]]
) -> Iterator[tuple[Parsed, Finding]]:
    """Every edge of every cycle, each at the key that makes it."""
    manifests = {manifest.name: manifest for manifest in definitions.all(kind)}
    needs = {name: edges(manifest.top) for name, manifest in manifests.items()}
    for name, edge, cycle in cycles(needs):
        yield manifests[name], (edge, f"makes the {kind} {quote(name)} {verb}: {cycle}", None)
