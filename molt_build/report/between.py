"""What differs between two runs, as it is told on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molt_build.governance.between import Between, Changed, CommandChange, EngineChange, Rebuilt
from molt_build.names import some
from molt_build.report.components import changes, is_version, short
from molt_build.watch import counted

SHOWN = 5  # names of many
_STATUS = {
    "same": "the same",
    "changed": "changed",
    "gone": "in the earlier run only",
    "new": "in the later run only",
}


def lines(found: Between) -> Iterator[str]:
    """All of it, what most often explains other times first."""
    yield f"{_run(found, 'before')}\n{_run(found, 'after')}"
    same = [one.engine for one in found.engines if one.status == "same"]
    for engine in found.engines:
        if engine.status != "same":
            yield from _engine(engine)
    if same:
        yield f"the same: {some(same, SHOWN)}"
    for change in found.commands:
        yield from _command(change)
    for what, names in (
        ("only in the earlier run", found.programs_gone),
        ("only in the later run", found.programs_new),
        ("with other sources", found.programs_changed),
    ):
        if names:
            yield f"{counted(len(names), 'program')} {what}: {some(names, SHOWN)}"
    yield from _values("machine", found.machine)
    yield from _values("how it was measured", found.settings)
    yield from _rebuilt(found.builds, found.rebuilt)
    if found.is_equal:
        yield "nothing differs that runs record: engines, programs, commands, machine, settings"


def _run(found: Between, side: str) -> str:
    facts = found.before if side == "before" else found.after
    commit = f", commit {facts.git_commit[:12]}" if facts.git_commit else ""
    return f"{side}: {facts.run}{commit}{' with changes' if facts.git_is_dirty else ''}"


def _engine(one: EngineChange) -> Iterator[str]:
    yield f"{one.engine}: {_STATUS[one.status]}"
    if one.status == "changed" and not one.components:
        yield "  which part of it is not recorded in runs of the cases"
    for version in one.versions:
        yield f"  {version.name}: {short(version.old)} -> {short(version.new)}"
    is_said = bool(one.versions)
    rest = [c for c in one.components if not (is_said and is_version(c.name))]
    told = [c for c in rest if not (_is_digest(c.old) or _is_digest(c.new))]
    for component in told:
        yield f"  {component.name}"
        lines_of = changes(component.old, component.new, component.name)
        yield from (f"    {line}" for line in lines_of)
    others = [c.name for c in rest if c not in told]
    if others:
        yield f"  other contents: {some(others, SHOWN)}"


def _is_digest(value: str | None) -> bool:
    return value is not None and value.rpartition(" ")[2].startswith(("xxh3:", "sha256:"))


def _command(change: CommandChange) -> Iterator[str]:
    programs = counted(change.programs, "program")
    yield f"{change.engine} {change.stage}: other command lines of {programs}, as {change.program}:"
    yield f"    old: {short(change.old)}"
    yield f"    new: {short(change.new)}"


def _values(what: str, found: Sequence[Changed]) -> Iterator[str]:
    if found:
        yield f"{what}:"
    for one in found:
        yield f"  {one.name.replace('_', ' ')}: {short(one.old)} -> {short(one.new)}"


def _rebuilt(builds: int, rows: Sequence[Rebuilt]) -> Iterator[str]:
    if not builds:
        yield "no build is recorded between them"
        return
    yield f"{counted(builds, 'build')} recorded after the earlier run, up to the end of the later:"
    for row in rows:
        actions = f"{counted(row.programs, 'program')}, {counted(row.actions, 'action')}"
        why = some(row.causes, SHOWN) or "nothing that is recorded"
        cause = "new keys because of" if row.is_of_toolchain else "executed for"
        yield f"  {row.toolchain} {row.stage}: {actions}, {row.seconds:.1f} s; {cause} {why}"
    if not rows:
        yield "  nothing was executed in them"
