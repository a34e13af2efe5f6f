"""What `molt-build differential` finds: programs whose engines say what the reference says, or not.

A cell is one program under one engine, compared with the first reference. It says `equal` where
standard output, exit status and the last line of a traceback are the same; every other status has
its reason. What a toolchain's manifest declares (`[[divergences]]`) is part of the result, and so
is what has become of it, since a declaration that is no longer true is as much of a finding as a
divergence that nobody declared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from molt_build.codec import added
from molt_build.json_schema import Count, Seconds, allowing
from molt_build.measure.environment import Environment
from molt_build.results.bench import EngineBuild
from molt_build.results.facts import EngineFacts, NamedRun, SkippedEngine, Time, by_family
from molt_build.watch import counted

ComparedStatus = Literal["equal", "declared", "unexplained", "flaky", "refused", "unchecked"]
COMPARED: tuple[ComparedStatus, ...] = get_args(ComparedStatus)
GENERATED = "generated"  # the workload that generated programs are of
DeclarationState = Literal["holds", "expired", "gone", "unseen"]


@dataclass(frozen=True)
class DifferentialAsked:
    """What was asked for; the project's manifest says the rest."""

    workloads: Annotated[tuple[str, ...], "Only these workloads; the project's when empty."] = ()
    families: Annotated[tuple[str, ...], "Only programs of these families; all when empty."] = ()
    programs: Annotated[tuple[str, ...], "Only these programs, or patterns; all when empty."] = ()
    shard: Annotated[str | None, "K/N: part K of N of the programs; null: all of them."] = None
    engines: Annotated[tuple[str, ...], "These engines; the project's own when empty."] = ()
    also: Annotated[tuple[str, ...], "Engines that join the project's own."] = ()
    references: Annotated[
        tuple[str, ...], "The reference, and others beside it; the project's own when empty."
    ] = ()
    profile: Annotated[str | None, "The profile of engines that name none."] = None
    run_timeout_s: Annotated[float | None, "Seconds after which a run is ended."] = None
    is_quick: Annotated[bool, "A few programs of each family."] = False
    generate: Annotated[
        int | None, "So many generated programs, in the place of any workload's; null: none."
    ] = added(None)
    seed: Annotated[int, "What they are generated from."] = added(0)

    @property
    def narrowing(self) -> str:
        """Why a run that was asked for so says less than a whole one; "" where it does not."""
        if self.generate is not None:
            return f"its programs are generated, of the seed {self.seed}"
        if self.is_quick:
            return "it has only a few programs of each family"
        if self.shard is not None:
            return f"it is part {self.shard} of the programs"
        if self.workloads or self.families or self.programs:
            return "it has only some of the programs"
        return ""


@dataclass(frozen=True)
class ComparedProgram:
    """A program that engines were compared on."""

    workload: Annotated[str, "The workload that it belongs to."]
    family: Annotated[str, "The area of the language that it is about."]
    description: Annotated[str, "What it does; may be empty."]
    entry: Annotated[str, "Its file in the workload's source."]
    source_digest: Annotated[str | None, "The digest of its file; null where there is none."]
    exit_status: Annotated[int, "The exit status that a run should end with."]


@dataclass(frozen=True)
class ComparedCell:
    """A program under an engine, beside the reference."""

    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine."]
    status: Annotated[
        ComparedStatus,
        "equal: says what the reference says. declared: it diverges, as its toolchain's manifest "
        "declares. unexplained: it diverges, does not build or does not end, and nothing declares "
        "that. flaky: it diverged, and not when both were run once more. refused: its manifest "
        "says that it does not take the program. unchecked: the reference is no reference here.",
    ]
    reason: Annotated[str, "Why; of what is declared, as it is declared. Empty where equal."]
    differences: Annotated[tuple[str, ...], "What it says otherwise, a sentence each."]
    diff: Annotated[tuple[str, ...], "The first lines of output that differ, as a unified diff."]
    runs: Annotated[Count, "How often it was run."]
    exit_status: Annotated[int | None, "Its exit status, minus the signal; null: no run ended."]
    last_line: Annotated[str, "The last line of the traceback that it ended with; else empty."]
    same_as: Annotated[tuple[str, ...], "Other references that say what it says."]
    command: Annotated[str, "One line that runs it again; empty where it is equal."]


@dataclass(frozen=True)
class DeclaredDivergence:
    """What a toolchain's manifest declares of its divergences, and what has become of it."""

    toolchain: Annotated[str, "Whose manifest declares it."]
    programs: Annotated[tuple[str, ...], "The programs, as they are declared."]
    targets: Annotated[tuple[str, ...], "The targets that it is about; empty: all."]
    reason: Annotated[str, "Why they diverge."]
    expires: Annotated[str, "The last day on which it holds.", allowing(pattern=r"^[0-9-]{10}$")]
    affects: Annotated[tuple[str, ...], "The families of lanes' programs that it touches."]
    state: Annotated[
        DeclarationState,
        "holds: every program that was run diverges. expired: its last day is over. gone: a "
        "program that it names is equal. unseen: none of its programs was run.",
    ]
    gone: Annotated[tuple[str, ...], "PROGRAM under ENGINE of what is equal now."]


@dataclass(frozen=True)
class ReducedProgram:
    """A program on which an engine diverges, made as small as it would go."""

    program: Annotated[str, "The program's module."]
    engine: Annotated[str, "The engine under which it diverges."]
    reference: Annotated[str, "Whose word is right."]
    file: Annotated[str, "The file that has it: of a run, in the run's folder."]
    source: Annotated[str, "Its text."]
    lines: Annotated[Count, "Its lines that are not empty."]
    lines_before: Annotated[Count, "Those of the whole program."]
    differences: Annotated[tuple[str, ...], "What the engine says otherwise of it, in sentences."]
    tried: Annotated[Count, "Programs that the reference ran."]
    built: Annotated[Count, "Those of them that the engine built."]
    seconds: Annotated[Seconds, "What it took."]

    @property
    def summary(self) -> str:
        """One line on how it went."""
        lines = counted(self.lines, "line")
        tried = counted(self.tried, "program")
        return (
            f"{self.program} under {self.engine}: {self.lines_before} to {lines} in "
            f"{self.seconds:.1f} s ({tried} tried, {self.built} built)"
        )


@dataclass(frozen=True)
class DifferentialResult(NamedRun):
    """A run of the differential job: bench/results/differential/TIMESTAMP/result.json."""

    kind: Annotated[Literal["differential"], "What was found: where engines part."]
    schema_version: Annotated[Literal[2], "The version of this form."]
    command: Annotated[tuple[str, ...], "The command, as it can be typed again."]
    started: Annotated[Time, "When it began."]
    finished: Annotated[Time, "When the result was written."]
    seconds: Annotated[Seconds, "What its commands took, building included."]
    is_interrupted: Annotated[bool, "Whether something of it is not there."]
    asked: Annotated[DifferentialAsked, "What was asked for."]
    environment: Annotated[Environment, "The machine; null for what it does not tell."]
    profile: Annotated[str, "The profile of the engines that name no other."]
    run_timeout_s: Annotated[Seconds, "Seconds after which a run was ended."]
    references: Annotated[
        tuple[str, ...],
        "The reference, then the other ones, which are compared with it.",
        allowing(minItems=1),
    ]
    compared: Annotated[tuple[str, ...], "The other references, then the engines."]
    skipped: Annotated[tuple[SkippedEngine, ...], "Engines and references that were not there."]
    engines: Annotated[Mapping[str, EngineFacts], "What each engine is, references among them."]
    builds: Annotated[Mapping[str, EngineBuild], "By engine, what building did."]
    programs: Annotated[Mapping[str, ComparedProgram], "The programs that were run."]
    cells: Annotated[tuple[ComparedCell, ...], "Every program under every engine that it ran on."]
    divergences: Annotated[tuple[DeclaredDivergence, ...], "What the engines' manifests declare."]
    affected: Annotated[
        Mapping[str, Mapping[str, tuple[str, ...]]],
        "By engine, the families of lanes' programs that it is not scored in, and why.",
    ]
    reduced: Annotated[
        tuple[ReducedProgram, ...], "What divergences of generated programs come down to."
    ] = added(())

    @property
    def reference(self) -> str:
        """What all others are compared with."""
        return self.references[0]

    @property
    def is_quick(self) -> bool:
        """Whether it was a quick run."""
        return self.asked.is_quick

    @property
    def is_recorded(self) -> bool:
        """Whether it is about all programs, to the end."""
        return not (self.is_interrupted or self.asked.narrowing)

    def cells_of(self, engine: str) -> list[ComparedCell]:
        """The cells of an engine, in the order of the programs."""
        return [cell for cell in self.cells if cell.engine == engine]

    def counts(self, engine: str, family: str | None = None) -> dict[ComparedStatus, int]:
        """How many programs of an engine, or of one family under it, have each status."""
        found = Counter(
            cell.status
            for cell in self.cells_of(engine)
            if family is None or self.programs[cell.program].family == family
        )
        return {status: found[status] for status in COMPARED}

    @property
    def families(self) -> dict[str, list[str]]:
        """The programs of each family."""
        return dict(sorted(by_family(self.programs).items()))

    def in_state(self, *states: DeclarationState) -> Iterator[DeclaredDivergence]:
        """The declarations that are in one of these states."""
        return (one for one in self.divergences if one.state in states)
