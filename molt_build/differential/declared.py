"""What toolchains declare of their divergences, beside what was found.

A declaration is a promise in both directions: each program that it names diverges, and somebody
looks again when its last day is over. So it is found where it is *expired*, and where a program
that it names says the same again, it is *gone*. Engines of one toolchain and target under several
profiles count together: what diverges under one of them is not gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from molt_build.differential.ready import Ready, ReadyEngine
from molt_build.manifests.model import Differential
from molt_build.manifests.toolchain import Divergence, Toolchain
from molt_build.results.differential import (
    ComparedCell,
    ComparedProgram,
    DeclarationState,
    DeclaredDivergence,
)


def declared(manifest: Toolchain, target: str, program: str) -> Divergence | None:
    """What the manifest declares of a program as it is made for a target."""
    return next((row for row in manifest.divergences if row.is_of(program, target)), None)


def declarations(
    ready: Ready,
    settings: Differential,
    programs: Mapping[str, ComparedProgram],
    cells: Sequence[ComparedCell],
    known: Collection[str],
    today: date,
) -> tuple[DeclaredDivergence, ...]:
    """What the manifests of the compared engines declare, and what has become of it.

    `known` are all programs that the project has: a row that names none of them is about another
    project's programs.
    """
    engines: dict[str, list[ReadyEngine]] = {}
    for engine in ready.compared:
        engines.setdefault(engine.toolchain.name, []).append(engine)
    found = {(cell.program, cell.engine): cell for cell in cells}
    return tuple(
        _judged(row, _touched_by(row, settings, programs), those, found, today)
        for those in engines.values()
        for row in those[0].manifest.divergences
        if not set(row.programs).isdisjoint(known)
    )


def affected(
    ready: Ready,
    settings: Differential,
    programs: Mapping[str, ComparedProgram],
    cells: Sequence[ComparedCell],
) -> dict[str, dict[str, tuple[str, ...]]]:
    """By engine the families of lanes' programs that what was found says something about, and why.

    What is declared touches the families that the declaration names. Where it names none, not even
    an empty list, and where nothing is declared, it touches those that the project names for the
    program's own family, else the one of the same name. A program that was refused by the compiler
    means nothing else, and touches none.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for engine in ready.engines:
        of_engine: dict[str, dict[str, None]] = {}
        for cell in cells:
            if cell.engine != engine.name or not cell.runs:
                continue
            if cell.status not in ("unexplained", "declared"):
                continue
            row = declared(engine.manifest, engine.target, cell.program)
            for family in _touched(row, settings, programs[cell.program].family):
                of_engine.setdefault(family, {})[f"{cell.program}: {cell.reason}"] = None
        if of_engine:
            found[engine.name] = {family: tuple(why) for family, why in of_engine.items()}
    return found


def _touched(row: Divergence | None, settings: Differential, family: str) -> tuple[str, ...]:
    """The families of lanes' programs that the divergence of a program of a family touches."""
    if row is not None and row.affects is not None:
        return row.affects
    return settings.affects.get(family, (family,))


def _touched_by(
    row: Divergence, settings: Differential, programs: Mapping[str, ComparedProgram]
) -> tuple[str, ...]:
    """The same of a declaration, over its programs in this run."""
    of_run = [programs[name].family for name in row.programs if name in programs]
    return tuple(dict.fromkeys(one for family in of_run for one in _touched(row, settings, family)))


def _judged(
    row: Divergence,
    affects: tuple[str, ...],
    engines: Sequence[ReadyEngine],
    found: Mapping[tuple[str, str], ComparedCell],
    today: date,
) -> DeclaredDivergence:
    """A declaration of the toolchain that these engines have, and what has become of it."""
    gone: list[str] = []
    is_seen = False
    for program in row.programs:
        by_target: dict[str, list[ComparedCell]] = {}
        for engine in engines:
            cell = found.get((program, engine.name))
            if cell is not None and row.is_of(program, engine.target):
                by_target.setdefault(engine.target, []).append(cell)
        for cells in by_target.values():
            is_seen = True
            if all(cell.status == "equal" for cell in cells):
                gone += [f"{program} under {cell.engine}" for cell in cells]
    state: DeclarationState = "holds" if is_seen else "unseen"
    if gone:
        state = "gone"
    elif date.fromisoformat(row.expires) < today:
        state = "expired"
    return DeclaredDivergence(
        toolchain=engines[0].toolchain.name,
        programs=row.programs,
        targets=row.targets,
        reason=row.reason,
        expires=row.expires,
        affects=affects,
        state=state,
        gone=tuple(gone),
    )
