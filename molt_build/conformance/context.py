"""What the checks of one toolchain share: where they build, what, and what is known already.

What takes long is done once and kept: the first build, the reference's answers, the audit.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from molt_build import STATE_FOLDER
from molt_build.building.audit import Audited, audit, find_hits
from molt_build.building.builder import build, find_program
from molt_build.building.outcome import BuildReport, ProgramBuild
from molt_build.building.request import Request
from molt_build.conformance.place import BROKEN, COUNTING, IMPORTING, Place
from molt_build.conformance.results import NotApplicable
from molt_build.conformance.trials import Trial
from molt_build.latency.equality import run_built, run_loads_elsewhere
from molt_build.manifests.model import Manifests
from molt_build.manifests.toolchain import Stage, Target, Toolchain
from molt_build.manifests.workload import Program, Workload
from molt_build.measure.process import Launcher, Sample
from molt_build.plan.warm import FAILED
from molt_build.toolchains.wanted import Asked


@dataclass
class Context:
    """A toolchain under a profile, for a target, and the places in which it is tried."""

    asked: Asked
    reference: str
    programs: tuple[str, ...]  # that all is tried with
    place: Place
    other: Place
    manifests: Manifests  # of the copies
    launcher: Launcher
    scratch: Path  # where programs run
    jobs: int
    startup: frozenset[str] = frozenset()  # the project's start-up programs among `programs`
    _caches: int = 0  # that were made for the other copy
    _trials: dict[str, Trial] = field(default_factory=dict)

    @property
    def toolchain(self) -> Toolchain:
        """Its manifest."""
        return self.manifests.toolchains[self.asked.toolchain]

    @property
    def target(self) -> Target:
        """What it builds for."""
        return self.toolchain.target(self.asked.target)

    @property
    def stages(self) -> list[Stage]:
        """Those that lead to the target, in order."""
        by_name = {stage.name: stage for stage in self.toolchain.stages}
        return [by_name[name] for name in self.target.stages]

    @cached_property
    def first(self) -> BuildReport:
        """All programs, built for the first time."""
        return self.build(self.programs)

    @cached_property
    def right(self) -> dict[str, Sample]:
        """What the reference answers, by program; of those that it takes."""
        takes = self.manifests.toolchains[self.reference].takes
        names = [name for name in self.built if takes(self.program(name)[1].language)]
        return self.answers(names, self.reference)

    @cached_property
    def audited(self) -> list[Audited]:
        """The stages of the first program, and those of the importing one that read sources."""
        asked = Request(*self.asked, programs=tuple(dict.fromkeys(self.built_few)))
        with self.place.session() as session:
            hits = find_hits(session, asked)
            wanted = [
                hit
                for hit in hits
                if hit.action.program == self.base or hit.action.stage.takes_source
            ]
            return [audit(session, hit) for hit in wanted]

    @property
    def built(self) -> list[str]:
        """The programs that could be built."""
        return [name for name in self.programs if self.first.programs[name].is_built]

    @property
    def built_few(self) -> list[str]:
        """The one that is edited, and one that imports, where they could be built."""
        return [self.base, *(name for name in (IMPORTING.name,) if name in self.built)]

    @property
    def base(self) -> str:
        """The program that is edited: ours that counts, or the first that could be built.

        Raises `NotApplicable` where none could.
        """
        built = self.built
        if not built:
            raise NotApplicable("no program could be built")
        return COUNTING.name if COUNTING.name in built else built[0]

    def is_ours(self, name: str) -> bool:
        """Whether it is one of our own programs, of which it is known what they do."""
        return self.program(name)[1].name == self.program(BROKEN.name)[1].name

    def program(self, name: str) -> tuple[Program, Workload]:
        """A program and its workload."""
        return find_program(self.manifests, name)

    def source(self, name: str, place: Place | None = None) -> Path:
        """The file of a program in a copy; raises `NotApplicable` where it lies elsewhere."""
        program, workload = self.program(name)
        if workload.source.project is None:
            raise NotApplicable(f"{name} lies in a fetched source, which is not edited")
        root = (place or self.place).project / workload.source.project / workload.source.root
        return root / program.entry

    def build(
        self,
        programs: Sequence[str],
        *,
        place: Place | None = None,
        profile: str | None = None,
        toolchain: str | None = None,
        is_dry: bool = False,
    ) -> BuildReport:
        """A build of its own session; failures are in the report."""
        name = toolchain or self.asked.toolchain
        target = self.asked.target if toolchain is None else "native"
        under = profile or self.asked.profile
        request = Request(
            name, under, target, tuple(programs), jobs=self.jobs, keep_going=True, dry_run=is_dry
        )
        with (place or self.place).session(self.jobs) as session:
            return build(session, request)

    def run(self, built: ProgramBuild) -> Sample:
        """Run what was built."""
        return run_built(self.launcher, built, self.scratch)

    def answers(
        self, programs: Sequence[str], toolchain: str | None = None, place: Place | None = None
    ) -> dict[str, Sample]:
        """Build and run programs, with the toolchain or another; those that build."""
        report = self.build(programs, toolchain=toolchain, place=place)
        made = report.programs
        return {name: self.run(made[name]) for name in programs if made[name].is_built}

    def trial(self, name: str) -> Trial:
        """A program as it is now, built and run with both; raises `NotApplicable`."""
        right = self.answers([name], self.reference)
        found = self.answers([name])
        if name not in right or name not in found:
            raise NotApplicable(f"{name} does not build any more once it is edited")
        return Trial(name, right[name], found[name])

    def first_trial(self, name: str) -> Trial:
        """A program of the reference's, as it was first built and run with both."""
        if name not in self._trials:
            built = self.first.programs[name]
            elsewhere = run_loads_elsewhere(self.launcher, built, self.scratch, self.manifests)
            self._trials[name] = Trial(name, self.right[name], self.run(built), elsewhere)
        return self._trials[name]

    def tags(self, name: str) -> tuple[str, ...]:
        """A program's tags, by which manifests may declare that it is not taken."""
        return self.program(name)[0].tags

    def why_not_right(self, name: str) -> str:
        """Why nothing can be told of what a program does: it is wrong to begin with; "": it is not.

        For checks of what runs show: `answers` has told that already.
        """
        if not self.target.run or name not in self.right or not self.first_trial(name).difference:
            return ""
        return f"answers failed: {name} does not answer as the reference (--check answers)"

    @contextmanager
    def edited(self, file: Path, text: str) -> Iterator[None]:
        """A file with another text, while the block runs."""
        before = file.read_text(encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf-8")

    def fresh(self) -> Place:
        """The other copy as if nothing was ever built in it, with a cache of its own each time."""
        shutil.rmtree(self.other.project / STATE_FOLDER, ignore_errors=True)
        self._caches += 1
        cache = self.other.cache.with_name(f"{self.other.cache.name}-{self._caches}")
        return replace(self.other, cache=cache)


def why_failed(report: BuildReport) -> list[str]:
    """PROGRAM STAGE: REASON of what failed."""
    return [
        f"{action.program} {action.stage}: {_reason(action.reason, action.message)}"
        for action in report.actions
        if action.status == FAILED
    ]


def _reason(reason: str, message: str) -> str:
    lines = [line.strip() for line in (reason or message).splitlines() if line.strip()]
    return lines[0] if lines else "it does not say why"
