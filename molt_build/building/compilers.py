"""The builds that toolchains are made of: each made once in a command, for all who need it.

A compiler that is itself built (by cargo, say) and the libraries that it links are outputs of
builds like any other. The first who needs one has it built, and the rest of the command (other
toolchains, engines, lanes, outputs of the same program) finds it here, whether the store is on or
off: the results lie materialised in the project. What one toolchain needs of the same builder,
under the same profile and for the same target, is built side by side.

A command that only looks builds nothing. What is up to date lies where it was written; of what the
store has, a copy is laid out in the cache for as long as the command lives, so that it can be
asked for its version; and what has to be executed stands in keys as "(not built yet)".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from molt_build.actions.action import output_name, program_values
from molt_build.building.builder import build, find_program
from molt_build.building.outcome import BuildReport, CompilerBuild, StageResult
from molt_build.building.request import Request
from molt_build.building.session import Session
from molt_build.errors import (
    EXIT_ENVIRONMENT,
    BuildFailed,
    EnvironmentFailed,
    MoltBuildError,
)
from molt_build.manifests.placeholders import expand_word
from molt_build.plan.warm import UP_TO_DATE
from molt_build.store.blob import Blob
from molt_build.toolchains.resolved import NOT_BUILT, Built, NotBuilt, ResolvedToolchain, Watched
from molt_build.toolchains.wanted import Wanted, looking_closer


class Compilers:
    """Makes them, one toolchain's at a time; `session` is there once the command has begun."""

    def __init__(
        self,
        session: Callable[[], Session],
        jobs: int,
        *,
        only_look: bool = False,
        is_assumed: bool = False,  # what is not built is taken for built, and else missing
        keep_staging: bool = False,  # of an action that fails
    ) -> None:
        self._session = session
        self._jobs = jobs
        self._only_look = only_look
        self._is_assumed = is_assumed
        self._keep_staging = keep_staging
        self._placed: dict[tuple[Wanted, str], Built] = {}
        self._copies: list[Path] = []

    def build(self, wanted: Sequence[Wanted]) -> None:
        """Build what is not built yet, those of one builder side by side; failures are kept.

        Raises what stops a build before it begins: a tool that is missing, a name that is unknown.
        """
        made = self._session().compilers
        groups: dict[tuple[str, str, str], list[str]] = {}
        for one in wanted:
            if one not in made:
                groups.setdefault(one[1:], []).append(one.program)
        for group, programs in groups.items():
            request = Request(
                *group,
                tuple(programs),
                jobs=self._jobs,
                keep_staging=self._keep_staging,
                dry_run=self._only_look,
            )
            self._note(build(self._session(), request), programs)

    def built(self, wanted: Wanted, output: str) -> Built:
        """Where an output (STAGE.OUTPUT) of a build lies.

        Raises `BuildFailed` when it does not build, `EnvironmentFailed` when that is the
        environment's fault, and `ToolMissing` when it is not built and this is not the time for it.
        """
        made = self._session().compilers
        if wanted not in made:
            self.build([wanted])
        compiler = made.get(wanted)
        if compiler is None or compiler.failure:
            raise _failure(wanted, compiler, is_kept=self._keep_staging)
        if (wanted, output) not in self._placed:
            self._placed[wanted, output] = self._place(compiler, output)
        return self._placed[wanted, output]

    def _note(self, report: BuildReport, programs: Sequence[str]) -> None:
        session = self._session()
        for name in programs:
            actions = tuple(row for row in report.actions if row.program == name)
            program = report.programs[name]
            if not actions and not program.is_unsupported:
                continue  # another one failed before it was begun
            session.compilers[Wanted(name, *report.request)] = CompilerBuild(
                wanted=Wanted(name, *report.request),
                actions=actions,
                program=program,
                needs=report.needs,
                watched=Watched.all_of([report.watched, program.watched]),
            )

    def _place(self, compiler: CompilerBuild, output: str) -> Built:
        session, wanted = self._session(), compiler.wanted
        stage, _, name = output.partition(".")
        blob = _blob(compiler.actions, stage, name)
        compilers = tuple(dict.fromkeys((*compiler.needs, wanted)))
        folder = compiler.program.out_dir
        is_up_to_date = all(action.status == UP_TO_DATE for action in compiler.actions)
        if not self._only_look or is_up_to_date:
            assert blob is not None  # manifests are checked: it is a result
            path = compiler.program.outputs[output]
            component = _component(session, blob)
            return Built(path, compiler.watched, component, blob.is_folder, compilers=compilers)
        if not self._is_assumed:
            builder = f"{wanted.toolchain} ({wanted.profile})"
            message = f"{wanted.program}, which {builder} builds, is not built yet"
            raise NotBuilt(message, wanted.command)
        if blob is None:
            toolchain = session.resolver.resolve(*wanted[1:])
            path = f"{folder}/{_name_of(session, toolchain, wanted, stage, name)}"
            component, copy = NOT_BUILT, None
        else:
            path = f"{folder}/{blob.path}"
            component = _component(session, blob)
            copy = None if blob.is_folder else partial(self._copy, session, blob)
        return Built(
            path=path.rstrip("/"),
            watched=compiler.watched,
            component=component,
            is_folder=path.endswith("/"),
            is_there=False,
            copy=copy,
            compilers=compilers,
        )

    def _copy(self, session: Session, blob: Blob) -> str | None:
        """A copy of a stored output, to be asked; None when that is gone."""
        if session.store is None or not blob.is_stored:
            return None
        place = session.staging.fresh("compiler-")
        self._copies.append(place)
        copy = place / Path(blob.path).name
        return str(copy) if session.store.materialise(blob, copy, place) else None

    def close(self) -> None:
        """Remove the copies."""
        for place in self._copies:
            self._session().staging.discard(place)
        self._copies.clear()


def _failure(wanted: Wanted, compiler: CompilerBuild | None, *, is_kept: bool) -> MoltBuildError:
    """That a build of a toolchain failed, in words that begin with who builds what."""
    message = f"{wanted.program} is not built by {wanted.toolchain} ({wanted.profile})"
    if compiler is None:
        return BuildFailed(f"{message}: the command is being ended")
    message = f"{message}: {compiler.failure}"
    if any(action.exit_code == EXIT_ENVIRONMENT for action in compiler.actions):
        return EnvironmentFailed(message)
    return BuildFailed(message, None if is_kept else looking_closer(wanted))


def _component(session: Session, blob: Blob) -> str:
    """What stands in keys for an output that a toolchain is made of: its content."""
    session.stat_cache.pair(blob.xxh3, blob.sha256)
    return f"{blob.xxh3} executable" if blob.is_executable else blob.xxh3


def _blob(actions: Sequence[StageResult], stage: str, output: str) -> Blob | None:
    """What a stage gave, where an entry of it is known."""
    for action in actions:
        if action.stage == stage and action.entry is not None:
            return action.entry.outputs.get(output)
    return None


def _name_of(
    session: Session, toolchain: ResolvedToolchain, wanted: Wanted, stage: str, output: str
) -> str:
    """What an output that is not built yet will be called below the folder of its results."""
    program, _ = find_program(session.manifests, wanted.program)
    templates = {one.name: one.outputs for one in toolchain.manifest.stages}
    values = {**toolchain.values, **program_values(program)}
    values |= {"profile": wanted.profile, "source_dir": "."}
    return output_name(expand_word(templates[stage][output], values))
