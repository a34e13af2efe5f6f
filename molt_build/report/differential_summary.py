"""The published page of the differential job: by engine and family what is equal, and what is not.

`docs/benchmarks/differential_summary.md`, made from the result of one run alone. Nothing of the
machine but its class is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from molt_build.errors import UsageError
from molt_build.report.formatting import NO_VALUE, plain, quoted, tool_versions
from molt_build.report.page import PAGES, Page, rendered
from molt_build.results.differential import (
    COMPARED,
    ComparedStatus,
    DeclarationState,
    DifferentialResult,
)
from molt_build.results.files import read_result
from molt_build.runs.folder import DIFFERENTIAL
from molt_build.runs.recorded import find_run, known_runs, readable_runs

PAGE = PAGES / f"{DIFFERENTIAL}_summary.md"
DIFFS_SHOWN = 40  # findings with what differs
STATUS_TITLES: dict[ComparedStatus, str] = {
    "equal": "equal",
    "declared": "as declared",
    "unexplained": "**unexplained**",
    "flaky": "flaky",
    "refused": "not taken",
    "unchecked": "no reference",
}
STATE_WORDS: dict[DeclarationState, str] = {
    "holds": "diverges",
    "expired": "**over**",
    "gone": "**gone**",
    "unseen": "not run",
}


def page_of(result: DifferentialResult, folder: str) -> Page:
    """The page of a run; raises `UsageError` where nothing was compared."""
    if not result.cells:
        raise UsageError(f"{result.run} compared nothing", "molt-build differential makes a run")
    words = rendered(
        "differential.md.j2",
        result=result,
        engines=of_engines(result),
        families=list(of_families(result)),
        declared=list(declared(result)),
        findings=findings(result),
        shown=[cell for cell in result.cells if cell.diff and cell.status != "declared"],
        most=DIFFS_SHOWN,
        refused=list(refused(result)),
        affected=list(affected(result)),
        versions=[[name, tool_versions(one)] for name, one in result.engines.items()],
    )
    return Page(words, folder)


def page_result(
    project: Path, run: str | None = None, warn: Callable[[str], None] = lambda line: None
) -> DifferentialResult:
    """The run of that name, else the latest of all programs under the project's own engines.

    Raises `UsageError` where there is none, or it is a run of another job.
    """
    if run is not None:
        result = read_result(find_run(project, run, DIFFERENTIAL, warn))
        if isinstance(result, DifferentialResult):
            return result
        raise UsageError(f"{result.run} is no run of differential", "name one: differential/latest")
    with known_runs(project, warn) as history:
        runs = readable_runs(history, project, DIFFERENTIAL, warn)
    for one in reversed(runs):
        found = read_result(project / one.folder) if one.is_of_record else None
        if isinstance(found, DifferentialResult):
            if not (found.asked.engines or found.asked.references):
                return found
            warn(f"not taken: {found.run}: it has other engines than the project's own")
    whole = "no run is about all programs, under the project's own engines"
    raise UsageError(
        whole if runs else "there is no run of differential",
        "molt-build differential makes one; --from RUN takes any",
    )


def of_engines(result: DifferentialResult) -> list[list[str]]:
    """Engine, then how many programs have each status."""
    rows = []
    for engine in result.compared:
        counts = result.counts(engine)
        rows.append([engine, *(str(counts[status]) for status in COMPARED)])
    return rows


def of_families(result: DifferentialResult) -> Iterator[list[str]]:
    """Family, programs, and of each engine: equal / as declared / unexplained."""
    for family, programs in result.families.items():
        row = [family, str(len(programs))]
        for engine in result.compared:
            counts = result.counts(engine, family)
            row.append(f"{counts['equal']} / {counts['declared']} / {counts['unexplained']}")
        yield row


def declared(result: DifferentialResult) -> Iterator[list[str]]:
    """Toolchain, programs, why, until when, what it touches, and what has become of it."""
    for one in result.divergences:
        targets = f" for {', '.join(one.targets)}" if one.targets else ""
        state = STATE_WORDS[one.state] + (f": {', '.join(one.gone)}" if one.gone else "")
        yield [
            f"{one.toolchain}{targets}",
            ", ".join(one.programs),
            quoted(one.reason),
            one.expires,
            ", ".join(one.affects) or NO_VALUE,
            state,
        ]


def findings(result: DifferentialResult) -> list[list[str]]:
    """Program, engine, status and reason of what is neither equal, declared nor not taken."""
    return [
        [cell.program, cell.engine, STATUS_TITLES[cell.status], quoted(cell.reason)]
        for cell in result.cells
        if cell.status in ("unexplained", "flaky", "unchecked")
    ]


def refused(result: DifferentialResult) -> Iterator[list[str]]:
    """Engine, programs and reason of what manifests say is not taken."""
    found: dict[tuple[str, str], list[str]] = {}
    for cell in result.cells:
        if cell.status == "refused":
            found.setdefault((cell.engine, cell.reason), []).append(cell.program)
    for (engine, reason), programs in found.items():
        yield [engine, ", ".join(programs), quoted(reason)]


def affected(result: DifferentialResult) -> Iterator[list[str]]:
    """Engine, the family of lanes' programs that it is not scored in, and why."""
    for engine, families in result.affected.items():
        for family, reasons in families.items():
            yield [engine, family, quoted("; ".join(map(plain, reasons)))]
