"""`molt-build reduce`: the smallest program on which an engine still says something else."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build import STATE_FOLDER, voice
from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from molt_build.building.session import Session
    from molt_build.engines import Engine

EXAMPLES = (
    "molt-build reduce diff_int_division --engine mycc",
    "molt-build reduce found.py --engine cython@wasm --reference cpython-3.12 --output small.py",
)
LANGUAGE = "python"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("program", metavar="PROGRAM", help="of a workload, or the path of a file")
    parser.add_argument(
        "--engine",
        required=True,
        metavar="E",
        help="under which it diverges: TOOLCHAIN[:PROFILE][@TARGET]",
    )
    parser.add_argument(
        "--reference", metavar="E", help="whose word is right (default: differential's, or cpython)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="where the smallest so far is kept (default: below .molt-build/reduced)",
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Reduce; exit code 1 when the program does not diverge, 3 without the reducer."""
    from molt_build.building.opening import open_session
    from molt_build.differential.observing import observer
    from molt_build.differential.reducing import reduce_program
    from molt_build.differential.shrinking import check_reducer

    check_reducer()
    with open_session(args.project, voice.detail) as session:
        differential = session.manifests.project.differential
        first = differential.references[0] if differential else "cpython"
        engine = _engine(args.engine, session)
        reference = _engine(args.reference or first, session)
        program, words = _program(args.program, session)
        name = str(engine).replace(":", "-").replace("@", "-")
        default = Path(args.project) / STATE_FOLDER / "reduced" / name / f"{program.stem}.py"
        file = args.output or default
        with observer(session) as looking:
            reduced = reduce_program(
                looking, program, engine, reference, file.absolute(), voice.tell, args=words
            )
    if args.json:
        print_document(reduced)
    else:
        print(reduced.source, end="")
        for line in reduced.differences:
            voice.tell(line)
    voice.tell(reduced.summary)
    voice.tell(f"kept: {os.path.relpath(reduced.file)}")
    return EXIT_DONE


def _engine(text: str, session: Session) -> Engine:
    """An engine with all its parts; raises `UsageError` for what there is not."""
    from molt_build.engines import Engine, parse
    from molt_build.toolchains.wanted import in_full

    engine = parse(text)
    if engine.revision is not None:
        message = "what is reduced is a program as it is under the project as it is"
        raise UsageError(message, "check the revision out, or leave it away")
    whole = in_full(session.manifests, engine)
    if why_not := session.manifests.toolchains[whole.toolchain].why_not(LANGUAGE):
        raise UsageError(why_not, "Python programs alone can be reduced")
    return Engine(*whole)


def _program(text: str, session: Session) -> tuple[Path, tuple[str, ...]]:
    """The file of a program, and its arguments."""
    from molt_build.building.builder import find_program

    if text.endswith(".py") and text not in session.manifests.programs:
        if not Path(text).is_file():
            raise UsageError(f"there is no file {text}")
        return Path(text).absolute(), ()
    program, workload = find_program(session.manifests, text)
    if workload.language != LANGUAGE:
        raise UsageError(f"{text} is {workload.language}: Python programs alone can be reduced")
    return session.source_root(workload.source) / program.entry, program.args
