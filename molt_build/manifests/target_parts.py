"""A toolchain as one of its targets needs it: without what only its other targets mention.

A front end may lead to machine code and to WebAssembly. What the second takes (another C compiler,
a runtime, an environment, a folder of libraries) must be there for the second alone, and be part of
its identity alone.

A part (an executable, an artifact, a query, a role, the Python environment) is *mentioned* by a
target where a template of its command or of one of its stages names it, or names what names it.
What several targets mention belongs to each of them, and so does what none mentions: it is declared
for the identity alone. Such a part goes where a part goes that it names: the file behind a compiler
that only one target runs. What the toolchain offers in a role, and the files of its identity,
belong to all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from molt_build.manifests.placeholders import WITH_ENVIRONMENT, names
from molt_build.manifests.toolchain import Stage, Target, Toolchain


def for_target(toolchain: Toolchain, target: str) -> Toolchain:
    """The toolchain without what only targets other than this one need.

    For a target that it does not have, as one that plays a role is asked for: all of it.
    """
    left_out = _left_out(toolchain, target)
    if not left_out:
        return toolchain
    is_environment_needless = left_out >= WITH_ENVIRONMENT.keys()
    return replace(
        toolchain,
        python=None if is_environment_needless else toolchain.python,
        uses={role: them for role, them in toolchain.uses.items() if role not in left_out},
        executables=tuple(one for one in toolchain.executables if one.name not in left_out),
        artifacts=tuple(one for one in toolchain.artifacts if one.name not in left_out),
        queries=tuple(one for one in toolchain.queries if one.name not in left_out),
    )


def differs_by_target(toolchain: Toolchain) -> bool:
    """Whether what it needs is not the same for all of its targets."""
    return any(_left_out(toolchain, target.name) for target in toolchain.targets)


def _left_out(toolchain: Toolchain, target: str) -> set[str]:
    """The names of the parts that only other targets need."""
    if len(toolchain.targets) < 2 or all(one.name != target for one in toolchain.targets):
        return set()
    leads = _leads(toolchain)
    reached = {one.name: _reached(_templates(toolchain, one), leads) for one in toolchain.targets}
    anywhere = set().union(*reached.values())
    left_out = (anywhere - reached[target]) & leads.keys()
    while behind := {
        name
        for name, named in leads.items()
        if name not in anywhere and name not in left_out and named & left_out
    }:
        left_out |= behind
    return left_out


def _leads(toolchain: Toolchain) -> dict[str, set[str]]:
    """Part -> the names that its own templates mention."""
    leads: dict[str, set[str]] = {role: set() for role in toolchain.uses}
    if toolchain.python is not None:
        leads |= {name: {*WITH_ENVIRONMENT} for name in WITH_ENVIRONMENT}
    for one in toolchain.executables:
        asked = set() if one.query is None else {one.query}
        leads[one.name] = asked | _names([one.path or "", *one.version])
    leads |= {one.name: _names([one.path or ""]) for one in toolchain.artifacts}
    leads |= {one.name: _names(one.argv) for one in toolchain.queries}
    return leads


def _templates(toolchain: Toolchain, target: Target) -> list[str]:
    """Every template that leads to results for the target, or runs them."""
    found = [*target.run, *target.drive, *target.environment.values(), *toolchain.identity_files]
    for stage in toolchain.stages:
        if stage.name in target.stages:
            found += _of_stage(stage)
    offered = toolchain.provides
    if offered is not None:
        found += [*offered.command, *offered.search_path, *offered.environment.values()]
        found += [word for words in offered.flags.values() for word in words]
    return found


def _of_stage(stage: Stage) -> list[str]:
    written = [one.path for one in (stage.depfile, stage.metrics) if one is not None]
    return [
        *stage.argv,
        *stage.outputs.values(),
        *stage.environment.values(),
        *stage.search_path,
        *stage.import_roots,
        *stage.candidates,
        *stage.absences,
        *stage.optional,
        *stage.fetch,
        *written,
        stage.stdin or "",
    ]


def _reached(templates: Iterable[str], leads: dict[str, set[str]]) -> set[str]:
    """The parts that templates mention, and those that these stand on."""
    reached: set[str] = set()
    waiting = _names(templates)
    while waiting:
        reached |= waiting
        waiting = set().union(*(leads.get(name, set()) for name in waiting)) - reached
    return reached


def _names(templates: Iterable[str]) -> set[str]:
    """The parts that templates name: of `{ROLE.PURPOSE}` the role."""
    return {name.partition(".")[0] for template in templates for name in names(template)}
