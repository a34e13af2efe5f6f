"""What there is to say of the guilty commit: what differs there, and what shows it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from molt_build.bench.preparing import ReadyEngine
from molt_build.engines import REVISION_SIGN
from molt_build.governance.rulers import LETTERS
from molt_build.governance.subjects import LaneSubject, SignalSubject
from molt_build.results.bisect import BisectChange, BisectRevision

MOST_CHANGES = 20  # that a result names
SHOWN_LETTERS = 200  # of a value that changed


def changes(
    before: ReadyEngine, after: ReadyEngine, programs: Iterable[str]
) -> Iterator[BisectChange]:
    """What differs between an engine at two revisions: of its toolchain, and of what runs."""
    names = tuple(programs)
    was, now = (_facts(one, names) for one in (before, after))
    changed = [name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name)]
    for name in changed[:MOST_CHANGES]:
        old, new = was.get(name), now.get(name)
        yield BisectChange(name, old and old[:SHOWN_LETTERS], new and new[:SHOWN_LETTERS])


def _facts(engine: ReadyEngine, programs: Iterable[str]) -> dict[str, str]:
    found = dict(engine.facts.components)
    for name in programs:
        cell = engine.cells[name]
        found |= {f"{name} {part}": digest for part, digest in cell.artifacts.items()}
        found |= {f"{name} source": cell.program.source_digest or ""}
    return found


def commands(
    subject: LaneSubject | SignalSubject,
    figure: str,
    programs: Sequence[str],
    good: str,
    bad: str,
) -> Iterator[str]:
    """What shows the difference between two commits."""
    good, bad = good[:LETTERS], bad[:LETTERS]
    if isinstance(subject, SignalSubject):
        words = ["molt-build", "signals", "--signal", subject.name, "--against", good]
        words += ["--engine", subject.engine] if subject.engine else []
        words += ["--program", subject.program] if subject.program else []
        yield shlex.join(["git", "checkout", bad])
    else:
        words = ["molt-build", "bench", subject.selection.name, "--program", *programs]
        words += ["--reference", f"{subject.name}{REVISION_SIGN}{good}"]
        words += ["--engine", f"{subject.name}{REVISION_SIGN}{bad}"]
        words += ["--column", figure]
    yield shlex.join(words)


def moves(rows: Sequence[BisectRevision], good: str, bad: str, effect: float) -> Iterator[str]:
    """Whether figures that are exact are neither those of the good nor those of the bad one."""
    ends = [row.value for row in rows if row.commit in (good, bad)]
    between = [
        row.commit[:LETTERS]
        for row in rows
        if row.value is not None
        and all(end is None or abs(row.value - end) > effect * abs(end) for end in ends)
    ]
    if between:
        yield (
            "the figure moves more than once: neither the good nor the bad one's is that of "
            f"{', '.join(between)}; the commit is one at which it comes nearer to the bad one's"
        )
