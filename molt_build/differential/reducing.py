"""A program on which an engine and its reference part, made as small as it will go.

A smaller program is taken where it *diverges in the same way*:

- The reference still ends as it did with the whole program: with that exit status, and with an
  error of that class or none. A text that raises an error of its own says nothing of the engine.
- The engine still takes it, and differs in the same: in how it ends, in status and class of error;
  or else in what it prints. Of what a run printed that ended otherwise nothing is said.
- The reference says the same once more, called as engines call it: imported, `main` by name. So
  nothing is taken that prints an address, a time, or the name that it runs under: any engine would
  differ there.

The reference is asked first. It costs no build, and most texts have ended there. What the engine
builds goes through the store, as all builds do: reducing the program once more builds nothing.

The smallest program so far is always in its file: whoever interrupts has that.
"""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build import interrupts
from molt_build.actions.imports import local_imports
from molt_build.differential.observing import (
    RUN_TIMEOUT_S,
    Answer,
    Observed,
    Observer,
    Refused,
    differences,
)
from molt_build.differential.shrinking import check_reducer, shrink
from molt_build.engines import Engine
from molt_build.errors import MeasurementFailed
from molt_build.manifests.loading import state_dir
from molt_build.results.differential import ReducedProgram
from molt_build.store.locks import try_lock, unlock
from molt_build.temporary import new_folder, write_whole
from molt_build.watch import counted

CALLER = "calls_main_as_engines_do.py"
# No byte code: one text and the next may have the same size, and be written in the same second.
CALLS_MAIN = "import sys\n\nsys.dont_write_bytecode = True\nimport {0}\n\n{0}.main()\n"
LEAST_TIMEOUT_S = 2.0
SLOWER = 10  # times as long as the whole program: what takes longer does not end


@dataclass(frozen=True)
class Difference:
    """In which way a run says something else than the reference, as far as that must stay."""

    ends: tuple[str, str] | None  # how the reference ends, and how it does; None: alike
    is_of_output: bool


def difference(reference: Observed, other: Observed) -> Difference | None:
    """It; None where both say the same."""
    if not differences(reference, other):
        return None
    ends = _end(reference), _end(other)
    if ends[0] != ends[1]:
        return Difference(ends, is_of_output=False)
    return Difference(None, is_of_output=reference.stdout != other.stdout)


def _end(observed: Observed) -> str:
    """Exit status and class of error: the words of a message may be the program's own."""
    return f"{observed.exit_status} {observed.last_line.partition(':')[0]}"


def reduce_program(
    observer: Observer,
    program: Path,
    engine: Engine,
    reference: Engine,
    file: Path,
    tell: Callable[[str], None],
    *,
    args: Sequence[str] = (),
) -> ReducedProgram:
    """Reduce a Python program of a file into another; profiles and targets must be said.

    Raises `ToolMissing` without the reducer, or an engine; `MeasurementFailed` when the program
    does not diverge, or cannot be compared.
    """
    check_reducer()
    began = time.monotonic()
    source = program.read_text(encoding="utf-8")
    module = re.sub(r"\W", "_", program.stem)
    own_name = _own_name(observer.session.project, f"reduced_{module}")
    with own_name as name, new_folder("molt-build-reduce-") as folder:
        found = local_imports(str(program.parent), program.name, observer.session.stat_cache)
        for path in found.inputs:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(program.parent / path, folder / path)
        trials = _Trials(observer, folder / f"{name}.py", engine, reference, tuple(args))
        trials.begin(source, module)
        kept = _Kept(file, source)

        def found_smaller(text: str) -> None:
            if kept.is_shorter(text):
                lines = counted(kept.lines, "line")
                tell(f"{lines} left after {counted(trials.tried, 'program')}")

        try:
            text = shrink(source, trials.diverge, found_smaller)
        except KeyboardInterrupt:
            lines = counted(kept.lines, "line")
            interrupts.say(f"kept, the smallest so far: {file} ({lines})")
            raise
        kept.is_shorter(text)
        said = trials.said(text)
    return ReducedProgram(
        program=program.stem,
        engine=str(engine),
        reference=str(reference),
        file=str(file),
        source=text,
        lines=_lines(text),
        lines_before=_lines(source),
        differences=said,
        tried=trials.tried,
        built=trials.built,
        seconds=round(time.monotonic() - began, 3),
    )


@contextmanager
def _own_name(project: Path, name: str) -> Iterator[str]:
    """The name that texts are built under, held for this command alone.

    What is built of the program itself lies in a folder of its name, and what another command
    makes of the same program at once in one of another number. Who is alone has the plain name, so
    that what was built before is found.
    """
    folder = state_dir(project) / "reduced"
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        own = name if number == 1 else f"{name}_{number}"
        lock = folder / f".{own}.lock"
        descriptor = try_lock(lock)
        if descriptor is None:
            continue
        try:
            yield own
        finally:
            unlock(lock, descriptor, remove=True)
        return


def _lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


class _Kept:
    """The file with the smallest program so far, which is there from the first."""

    def __init__(self, file: Path, source: str) -> None:
        self._file = file
        self.lines = _lines(source)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, source)

    def is_shorter(self, text: str) -> bool:
        """Keep a text; whether it has fewer lines than the one before."""
        write_whole(self._file, text)
        lines, self.lines = self.lines, _lines(text)
        return self.lines < lines


class _Trials:
    """Texts tried in the place of the program, in a folder of their own."""

    def __init__(
        self,
        observer: Observer,
        entry: Path,
        engine: Engine,
        reference: Engine,
        args: tuple[str, ...],
    ) -> None:
        self.tried = self.built = 0
        self.wanted: Difference | None = None
        self._observer = replace(observer)  # its own: session and time limit are those of texts
        self._session = observer.session
        self._entry = entry
        self._engine = engine
        self._reference = reference
        self._args = args
        self._end = ""
        self._timeouts_s = (RUN_TIMEOUT_S, RUN_TIMEOUT_S)  # of the reference, and of the engine
        self._said: tuple[str, tuple[str, ...]] = ("", ())  # of the last text that diverged
        self._is_called = True  # by a caller too, and says the same there

    def begin(self, source: str, name: str) -> None:
        """Find out how the whole program diverges; raises `MeasurementFailed` where it does not."""
        self._write(source)
        began = time.monotonic()
        right = self._observe(self._reference, 0)
        between = time.monotonic()
        found = self._observe(self._engine, 1)
        ended = time.monotonic()
        for answer, engine in ((right, self._reference), (found, self._engine)):
            if isinstance(answer, Refused):
                message = f"{name} cannot be compared: {engine}: {answer.reason}"
                raise MeasurementFailed(message, "only what runs under both can be reduced")
        assert isinstance(right, Observed) and isinstance(found, Observed)
        self.wanted, self._end = difference(right, found), _end(right)
        if self.wanted is None:
            raise MeasurementFailed(
                f"{name} says the same under {self._engine} as under {self._reference}",
                "there is nothing to reduce: `molt-build differential` finds what diverges",
            )
        self._timeouts_s = _limit_s(between - began), _limit_s(ended - between)
        again = self._observe(self._reference, 0)
        if isinstance(again, Refused) or differences(right, again):
            raise MeasurementFailed(
                f"{name} says something else each time under {self._reference}",
                "take out what depends on time, addresses or chance",
            )
        self._is_called = "__main__" in source and self._says_so_again(right)
        self.tried, self.built = 1, 1

    def diverge(self, text: str) -> bool:
        """Whether a text diverges as the whole program does."""
        self._write(text)
        self.tried += 1
        right = self._observe(self._reference, 0)
        if isinstance(right, Refused) or _end(right) != self._end:
            return False
        if self.wanted is not None and self.wanted.is_of_output and not right.stdout:
            return False  # what the reference prints nothing of shows little
        self.built += 1
        found = self._observe(self._engine, 1)
        if isinstance(found, Refused) or difference(right, found) != self.wanted:
            return False
        self._said = text, differences(right, found)
        return self._says_so_again(right)

    def said(self, text: str) -> tuple[str, ...]:
        """What the engine says otherwise of a text, in words."""
        if self._said[0] == text:
            return self._said[1]
        self._write(text)
        right, found = self._observe(self._reference, 0), self._observe(self._engine, 1)
        if isinstance(right, Refused) or isinstance(found, Refused):
            return ()
        return differences(right, found)

    def _says_so_again(self, right: Observed) -> bool:
        """Whether the reference says the same once more, called as engines call it if it may be."""
        if not self._is_called:
            again = self._observe(self._reference, 0)
            return isinstance(again, Observed) and not differences(right, again)
        again = self._observe(self._reference, 0, self._entry.with_name(CALLER))
        if isinstance(again, Refused):
            return False
        line = again.last_line.removeprefix(f"{self._entry.stem}.")
        return not differences(right, Observed(again.stdout, again.exit_status, line))

    def _write(self, text: str) -> None:
        """Put a text in the place of the one before, and forget what was looked at of that."""
        write_whole(self._entry, text, is_alone=True)
        stat_cache = self._session.stat_cache.again()  # else a command looks at imports once
        self._observer.session = replace(self._session, stat_cache=stat_cache)
        caller = self._entry.with_name(CALLER)
        if not caller.exists():
            name = self._entry.stem
            write_whole(caller, CALLS_MAIN.format(name), is_alone=True)

    def _observe(self, engine: Engine, which: int, program: Path | None = None) -> Answer:
        self._observer.timeout_s = self._timeouts_s[which]
        return self._observer.observe(program or self._entry, engine, args=self._args)


def _limit_s(seconds: float) -> float:
    """The time limit of texts, by what the whole program took."""
    return min(RUN_TIMEOUT_S, max(LEAST_TIMEOUT_S, SLOWER * seconds))
