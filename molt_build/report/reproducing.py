"""The command lines that make what a page shows once more, from the commits that it is of.

A result has the command that measured last. A run of suites may have been made by one command for
each (as Nox does), all alike but for the suite: then each suite that the page takes from it gets a
line. What only says where a run lies, or that it goes on, is left out: `molt-build report` finds
the runs, whatever their names.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from molt_build.report.scorecard import Scored
from molt_build.results.bench import BenchResult

_SUITE, _RUN = "--suite", "--run"
_RESUME, _STRICT = "--resume", "--strict"


def reproducing(lanes: Iterable[Scored]) -> list[str]:
    """The lines, in the order of the runs; a change of commit is one of them."""
    taken: dict[str, tuple[BenchResult, list[str]]] = {}
    for one in lanes:
        for result in one.results:
            taken.setdefault(result.run, (result, []))[1].append(one.name)
    found, at = [], None
    for result, names in taken.values():
        commit = result.environment.git_commit
        if commit and commit != at:
            found.append(f"git checkout {commit}")
            at = commit
        found += [_python(result) + shlex.join(words) for words in _commands(result, names)]
    return found


def reporting(one: Scored) -> str:
    """The command that makes a lane's page of those runs, which are then the latest.

    Runs that no page is published of (quick ones, and those of some programs) are named, and so is
    another file.
    """
    words = ["molt-build", "report"]
    asked = [result.lanes[one.name].asked for result in one.results]
    if any(narrowed.programs or narrowed.columns for narrowed in asked) or any(
        result.is_quick for result in one.results
    ):
        last = len(one.results) - 1
        runs = [
            f"{one.name}/latest" + (f"~{last - n}" if n < last else "") for n in range(last + 1)
        ]
        words += ["--from", *runs, "--output", "page.md"]
    else:
        words += ["--lane", one.name]
        words += ["--python", one.python] if one.results[0].environment.host_python else []
    return " ".join(words)  # a name holds nothing that a shell would take for more


def _python(result: BenchResult) -> str:
    """What stands before a command that ran for another Python than molt_build ran on."""
    other = result.environment.host_python
    if not other:
        return ""
    return f'MOLT_BUILD_PYTHON="$(command -v python{".".join(other.split(".")[:2])})" '


def _commands(result: BenchResult, names: Sequence[str]) -> Iterator[list[str]]:
    words, suites = _split(result.command)
    if all(lane.suite is None for lane in result.lanes.values()):
        yield words
    elif len(suites) == 1 and len(result.lanes) > 1:
        for name in names:
            yield [*words, _SUITE, name]
    elif "bench" in words[:2]:  # a suite by itself: its name is among the words
        yield words
    else:
        is_all = not suites and set(names) == set(result.lanes)
        yield words + ([] if is_all else [word for name in names for word in (_SUITE, name)])


def _split(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command's words without what does not change what it measures, and its suites."""
    words, suites = [], []
    before = ""
    for word in command:
        is_value = not word.startswith("-")
        if before == _SUITE and is_value:
            suites.append(word)
        elif word not in (_SUITE, _RUN, _RESUME, _STRICT) and not (
            before in (_RUN, _RESUME) and is_value
        ):
            words.append(word)
        before = word
    return words, suites
