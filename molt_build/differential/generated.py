"""Generated programs in a run of the differential job: as a workload, and reduced where they part.

They are a workload like any other, of a folder below `.molt-build`, so all else of the job is as it
is for programs that somebody wrote. Nobody knows these, though: each divergence is reduced, and the
run's folder keeps the small program (`reduced/ENGINE/NAME.py`) and the whole one beside it
(`NAME.whole.py`), with the same names whoever makes them from the seed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from molt_build.building.session import Session
from molt_build.differential.generating import generate
from molt_build.differential.observing import LANGUAGE, observer
from molt_build.differential.reducing import reduce_program
from molt_build.differential.selection import Selection
from molt_build.differential.shrinking import check_reducer
from molt_build.errors import MeasurementFailed
from molt_build.manifests.model import Manifests
from molt_build.manifests.workload import Program, Source, Workload
from molt_build.results.differential import (
    GENERATED,
    ComparedCell,
    DifferentialAsked,
    ReducedProgram,
)
from molt_build.temporary import write_whole
from molt_build.watch import Watch, counted

REDUCED = "reduced"  # in a run's folder


def session_with_generated(session: Session, asked: DifferentialAsked) -> Session:
    """The session of such manifests; raises as `with_generated`."""
    return replace(session, manifests=with_generated(session.manifests, session.state, asked))


def with_generated(manifests: Manifests, state: Path, asked: DifferentialAsked) -> Manifests:
    """Manifests that have the generated workload, where generated programs are asked for.

    A workload of the project's own that is called so gives way to it. Raises `ToolMissing` where
    what generates or reduces them is not installed.
    """
    if asked.generate is None:
        return manifests
    folder = state / GENERATED / str(asked.seed)
    source = Source(project=str(folder))
    there = manifests.workloads.get(GENERATED)
    if there is not None and there.source == source:
        return manifests  # they are made already
    check_reducer()
    folder.mkdir(parents=True, exist_ok=True)
    programs = []
    for one in generate(asked.generate, asked.seed, asked.families):
        file = folder / f"{one.name}.py"
        if not file.is_file() or file.read_text(encoding="utf-8") != one.source:
            write_whole(file, one.source)
        about = f"Generated of the seed {asked.seed}."
        programs.append(Program(one.name, file.name, family=one.family, description=about))
    workload = Workload(GENERATED, "Generated programs.", LANGUAGE, source, tuple(programs))
    return replace(manifests, workloads={**manifests.workloads, GENERATED: workload})


def can_be_reduced(cell: ComparedCell) -> bool:
    """Whether a divergence of a generated program is one that can be made smaller."""
    return cell.status == "unexplained" and cell.exit_status is not None


def reduce_all(
    session: Session,
    selection: Selection,
    cells: Sequence[ComparedCell],
    folder: Path,
    watch: Watch,
) -> Iterator[ReducedProgram]:
    """What these divergences of generated programs come down to, each when it is known."""
    if not cells:
        return
    engines = {one.name: one.engine for one in selection.all_engines}
    root = session.state / GENERATED / str(selection.asked.seed)
    watch.phase(f"reducing {counted(len(cells), 'program')}", len(cells))
    quiet = replace(session, progress=lambda line: None)  # of hundreds of texts nobody reads it
    with observer(quiet, timeout_s=selection.run_timeout_s) as looking:
        for cell in cells:
            place = folder / REDUCED / cell.engine.replace(":", "-").replace("@", "-")
            whole = root / f"{cell.program}.py"
            file = place / whole.name
            place.mkdir(parents=True, exist_ok=True)
            write_whole(file.with_suffix(".whole.py"), whole.read_text(encoding="utf-8"))
            engine = engines[cell.engine]
            reference = selection.reference.engine
            try:
                found = reduce_program(looking, whole, engine, reference, file, lambda line: None)
            except MeasurementFailed as error:
                watch.note(f"{cell.program} under {cell.engine} is not reduced: {error.message}")
                watch.step()
                continue
            yield replace(found, engine=cell.engine, file=str(file.relative_to(folder)))
            watch.step(f"{cell.program} under {cell.engine}: {counted(found.lines, 'line')}")
