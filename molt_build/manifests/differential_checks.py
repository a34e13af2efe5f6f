"""What no schema can say of divergences: of a project's `[differential]`, and of `[[divergences]]`.

Programs and families are asked for by `check` alone, and of a project's own manifests: what comes
with molt_build names programs of molt_build's own corpus. A date that is over is no fault of a
manifest: `molt-build differential` says so, and nothing else fails for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from molt_build.manifests.diagnostics import Finding, KeyPath, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.workload import Program


def of_toolchain(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in what a toolchain declares of its divergences."""
    top = manifest.top
    targets = [target.key for target in top["targets"].named_tables()]
    seen: dict[tuple[str, str], KeyPath] = {}
    for row in top["divergences"].tables():
        expires = row["expires"]
        if expires.text and not _is_a_date(expires.text):
            yield expires.wrong(f"there is no day {quote(expires.text)}")
        for target in row["targets"].words():
            message = f"{quote(manifest.name)} has no target {quote(target.text)}"
            yield from target.among(targets, message, "its targets")
        for program in row["programs"].words():
            keys = [(program.text, target) for target in row["targets"].texts or targets]
            twice = [seen[key] for key in keys if key in seen]
            if twice:
                message = f"{quote(program.text)} diverges for two reasons"
                yield program.wrong(message, f"it is in divergences[{twice[0][1]}] already")
            seen |= dict.fromkeys(keys, program.path)
    if manifest.file.is_bundled or definitions.project is None or definitions.unreadable:
        return
    of_lanes = _families(_workloads([one.top for one in definitions.all("lane")], definitions))
    for row in top["divergences"].tables():
        for program in row["programs"].words():
            message = f"there is no program {quote(program.text)}"
            yield from program.among(definitions.programs, message, "programs")
        for family in row["affects"].words():
            message = f"no lane has a program of the family {quote(family.text)}"
            yield from family.among(of_lanes, message, "families")


def of_project(differential: Part, definitions: Definitions) -> Iterator[Finding]:
    """Families that there are not, in what a project's `[differential]` says of them."""
    if definitions.project is None or definitions.unreadable:
        return
    own = _families(_workloads([differential], definitions))
    of_lanes = _families(_workloads([one.top for one in definitions.all("lane")], definitions))
    affects = differential["affects"]
    for families in affects.values():
        message = f"no program of these workloads is of the family {quote(families.key)}"
        yield from Part(families.key, families.path).among(own, message, "families")
        for family in families.words():
            message = f"no lane has a program of the family {quote(family.text)}"
            yield from family.among(of_lanes, message, "families")


def _workloads(owners: Iterable[Part], definitions: Definitions) -> list[Parsed]:
    names = dict.fromkeys(name for one in owners for name in one["workloads"].texts)
    found = [definitions.get("workload", name) for name in names]
    return [one for one in found if one is not None]


def _families(workloads: Iterable[Parsed]) -> dict[str, None]:
    programs = [program for one in workloads for program in one.top["programs"].tables()]
    return dict.fromkeys(program["family"].text_or(Program.family) for program in programs)


def _is_a_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
