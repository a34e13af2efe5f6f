"""A program under all engines, and where they part from the reference.

The reference is run first. An engine that does not say the same is run once more, and so is the
reference: what diverges both times is real, the rest is *flaky*, which is a finding too, but of
another kind. What is declared is looked up last, so that a cell tells in any case what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from molt_build.bench.pasting import pasted
from molt_build.building.outcome import ProgramBuild
from molt_build.differential.declared import declared
from molt_build.differential.observing import (
    HASH_SEED,
    Answer,
    Observed,
    Observer,
    Refused,
    differences,
    output_diff,
)
from molt_build.differential.ready import Ready, ReadyEngine
from molt_build.manifests.workload import Program
from molt_build.processes import how_it_ended
from molt_build.results.differential import ComparedCell, ComparedStatus

# Nothing is learnt from another run, and no divergence: a refusal is declared as unsupported.
NOT_RUN = ("build-failed", "elsewhere")


def compare_program(observer: Observer, program: Program, ready: Ready) -> list[ComparedCell]:
    """The cells of a program, in the order of `ready.compared`."""
    one = _Program(observer, program, ready)
    first = one.answer(ready.reference)
    if isinstance(first, Refused) and first.kind == "unsupported":
        return [one.without(engine, "refused", first.reason) for engine in ready.compared]
    problem = _no_reference(first, program)
    if problem or isinstance(first, Refused):
        reason = f"{ready.reference.name} is no reference here: it {problem}"
        return [one.without(engine, "unchecked", reason) for engine in ready.compared]
    answers = {engine.name: one.answer(engine) for engine in ready.compared}
    others = [engine.name for engine in ready.references[1:] if answers[engine.name] != first]
    cells = []
    for engine in ready.compared:
        answer = answers[engine.name]
        alike = [name for name in others if name != engine.name and answers[name] == answer]
        cells.append(replace(one.cell(engine, first, answer), same_as=tuple(alike)))
    return cells


@dataclass(frozen=True)
class _Program:
    observer: Observer
    program: Program
    ready: Ready

    def made(self, engine: ReadyEngine) -> ProgramBuild:
        """The program as the engine built it."""
        return engine.made[self.program.name]

    def answer(self, engine: ReadyEngine) -> Answer:
        """What it says under an engine."""
        return self.observer.run(self.made(engine), PurePosixPath(self.program.entry).stem)

    def without(self, engine: ReadyEngine, status: ComparedStatus, reason: str) -> ComparedCell:
        """A cell that was not run, or has nothing to be compared with."""
        return ComparedCell(
            program=self.program.name,
            engine=engine.name,
            status=status,
            reason=reason,
            differences=(),
            diff=(),
            runs=0,
            exit_status=None,
            last_line="",
            same_as=(),
            command=_command(self.made(self.ready.reference)) if status == "unchecked" else "",
        )

    def cell(self, engine: ReadyEngine, first: Observed, answer: Answer) -> ComparedCell:
        """What came of it beside the reference's answer."""
        if isinstance(answer, Refused) and answer.kind == "unsupported":
            return self.without(engine, "refused", answer.reason)
        cell = self.without(engine, "equal", "")
        if isinstance(answer, Observed):
            cell = replace(cell, exit_status=answer.exit_status, last_line=answer.last_line)
        says = self._says(first, answer)
        if not says:
            return replace(cell, runs=1)
        cell = replace(cell, differences=says, command=_command(self.made(engine)))
        if isinstance(answer, Observed):
            names = self.ready.reference.name, engine.name
            cell = replace(cell, diff=output_diff(first, answer, names))
        unexplained = replace(cell, status="unexplained", reason="; ".join(says))
        if isinstance(answer, Refused) and answer.kind in NOT_RUN:
            return unexplained
        if why := self._flaky(engine, first, says):
            return replace(cell, runs=2, status="flaky", reason=why)
        row = declared(engine.manifest, engine.target, self.program.name)
        if row is not None:
            return replace(cell, runs=2, status="declared", reason=row.reason)
        return replace(unexplained, runs=2)

    def _says(self, first: Observed, answer: Answer) -> tuple[str, ...]:
        """How an answer parts from the reference's, a sentence each; () where it does not."""
        if isinstance(answer, Observed):
            return differences(first, answer)
        before = {"build-failed": "it does not build: ", "elsewhere": ""}.get(answer.kind, "it ")
        return (before + answer.reason,)

    def _flaky(self, engine: ReadyEngine, first: Observed, says: tuple[str, ...]) -> str:
        """Why a divergence is not one to rely on, after another run of both; "" where it is."""
        name, again = self.ready.reference.name, self.answer(self.ready.reference)
        if apart := self._says(first, again):
            return f"{name} does not say the same each time: {'; '.join(apart)}"
        if not self._says(first, self.answer(engine)):
            return f"it diverged once, and not the second time: {'; '.join(says)}"
        return ""


def _no_reference(answer: Answer, program: Program) -> str:
    """Why the reference's answer is none to compare with; "" where it is."""
    if isinstance(answer, Refused):
        return answer.reason
    if answer.exit_status == program.exit_status:
        return ""
    how = how_it_ended(answer.exit_status) if answer.exit_status else "ended with exit status 0"
    last = f" ({answer.last_line})" if answer.last_line else ""
    return f"{how}{last}, and the program is to end with {program.exit_status}"


def _command(made: ProgramBuild) -> str:
    """The line that runs it again; "" where there is nothing to run."""
    if not made.argv:
        return ""
    return pasted(made.argv, {**made.environment, "PYTHONHASHSEED": HASH_SEED})
