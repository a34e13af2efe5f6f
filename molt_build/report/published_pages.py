"""Published pages: written with the raw results that they are made of, and made anew to be checked.

A page says in its first comment which command made it, and of which runs, in order. Where the raw
results of all of them lie in `bench/published`, the page can be made once more anywhere: what it
says comes from them alone, not from manifests, the history, the checkout or the machine. A page
that is not what its results give was edited, or is older than what makes pages now.

What README says of a page stands there between two comments that name it, and is made of the same
results:

    <!-- molt-build report: docs/benchmarks/bench_summary.md -->
    <!-- end of docs/benchmarks/bench_summary.md -->
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from molt_build.errors import UsageError
from molt_build.manifests.loading import load
from molt_build.manifests.model import Manifests
from molt_build.report import (
    bench_summary,
    board_page,
    compile_progress,
    differential_summary,
    friend_summary,
)
from molt_build.report.page import PAGES, Page, rendered, write_page
from molt_build.report.scorecard import scorecard
from molt_build.results.bench import BenchResult
from molt_build.results.cases import CasesResult
from molt_build.results.differential import DifferentialResult
from molt_build.results.files import Result, read_result
from molt_build.results.gates import GatesResult
from molt_build.results.signals import SignalsResult
from molt_build.runs.folder import COMPILE_PROGRESS
from molt_build.runs.places import without_places
from molt_build.runs.published import (
    RawResult,
    drop,
    has_published,
    keep,
    published_folder,
    published_runs,
)

README = "README.md"
DIFF_LINES = 40  # of a page that are shown

R = TypeVar("R", bound=Result)

_MADE = re.compile(r"^<!-- Written by `(.+)`; do not edit\.(?: Made of: (.+))? -->$", re.M)
_LANE, _FRIENDS, _CASES, _DIFFERENTIAL, _BOARD = (
    f"molt-build report{more}"
    for more in ("", " --friends", " --cases", " --differential", " --board")
)


@dataclass(frozen=True)
class Made:
    """A page as its results give it, and what README says of it; "": nothing."""

    file: Path  # of the page, in the project
    page: Page
    results: tuple[Result, ...]  # that it is made of
    readme: str = ""


Maker = Callable[[Sequence[Result]], Made]


@dataclass(frozen=True)
class Published:
    """What became of a page."""

    file: Path  # where it was written
    made: Made
    kept: tuple[RawResult, ...] = ()  # raw results that lie in the project now
    dropped: tuple[str, ...] = ()  # runs of which no page is made any more
    has_readme: bool = False  # whether README's part was written too


@dataclass(frozen=True)
class CheckedPage:
    """A published page beside what its raw results give."""

    page: Annotated[str, "The page's file."]
    state: Annotated[str, "same, differs or unchecked."]
    reason: Annotated[str, "Why it could not be checked; else empty."]
    diff: Annotated[tuple[str, ...], "What differs, line by line."]


def lane_page(results: Sequence[Result], stem: str | None = None) -> Made:
    """The page of a lane's runs; as `lane_of` raises.

    With a run of signals among them it has a table of those.
    """
    one = bench_summary.lane_of(of_kind(results, BenchResult))
    signals = signals_of(results)
    file = bench_summary.page_file(one)
    page = bench_summary.page_of(one, stem or file.stem, signals)
    score = bench_summary.headline_score(one)
    words = rendered(
        "readme_lane.md.j2",
        one=one,
        score=score,
        picture=page.pictures[0] if page.pictures else None,
        page=file.as_posix(),
        folder=(PAGES / page.folder).as_posix(),
    )
    return Made(file, page, bench_summary.page_runs(one.results, signals), words)


def friends_page(results: Sequence[Result], folder: str = friend_summary.PICTURES) -> Made:
    """The page of suites' runs; as `scorecard` raises."""
    card = scorecard(of_kind(results, BenchResult), is_page=True)
    page = friend_summary.page_of(card, folder)
    file = friend_summary.PAGE
    words = rendered("readme_friends.md.j2", card=card, page=file.as_posix())
    return Made(file, page, card.results, words)


def cases_page(results: Sequence[Result], folder: str = COMPILE_PROGRESS) -> Made:
    """The page of runs of compile_progress, its own the last; as its `page_of` raises."""
    found = of_kind(results, CasesResult)
    return Made(compile_progress.PAGE, compile_progress.page_of(found, folder), tuple(found))


def differential_page(
    results: Sequence[Result], stem: str = differential_summary.PAGE.stem
) -> Made:
    """The page of a run of the differential job; as its `page_of` raises."""
    result = of_kind(results, DifferentialResult)[-1]
    page = differential_summary.page_of(result, stem)
    return Made(differential_summary.PAGE, page, (result,))


def the_board(
    results: Sequence[Result], manifests: Manifests, stem: str = board_page.PAGE.stem
) -> Made:
    """The page of the board of these runs, with the targets that manifests declare."""
    page, _ = board_page.page_of(results, manifests, stem)
    return Made(board_page.PAGE, page, tuple(results))


def of_kind(results: Iterable[Result], kind: type[R]) -> list[R]:
    """The results of that kind, in their order."""
    return [one for one in results if isinstance(one, kind)]


def signals_of(results: Iterable[Result]) -> SignalsResult | None:
    """The run of signals among the results of a lane's page, where there is one."""
    return next(iter(of_kind(results, SignalsResult)), None)


def publish(
    project: Path,
    make: Maker,
    results: Iterable[Result],
    *,
    output: Path | None = None,
    has_raw: bool = True,
) -> Published:
    """Make a page of results, and write it into the project with its raw results and README's part.

    This is where results of the machine become what everybody reads: neither the page nor a raw
    result names its folders (`molt_build.runs.places`). Raw results that no page is made of any
    more are removed; without `has_raw` none is written, nor removed. With `output` the page alone
    is written, there. Raises `OSError`, and as `make` does.
    """
    made = make([without_places(one, project) for one in results])
    if output is not None:
        made.page.write(output)
        return Published(output, made)
    file = project / made.file
    made.page.write(file)
    has_readme = _write_readme(project, made.file, made.readme)
    if not has_raw:
        return Published(file, made, has_readme=has_readme)
    kept = keep(project, made.results)
    used = {run for _, _, runs in _pages(project) for run in runs}
    dropped = drop(project, [run for run in published_runs(project) if run not in used])
    return Published(file, made, tuple(kept), tuple(dropped), has_readme)


def check_pages(project: Path) -> list[CheckedPage]:
    """Every page of a report in `docs/benchmarks`, and README's parts, made anew and compared."""
    found: list[CheckedPage] = []
    readme, used = _readme_parts(project), set[str]()
    for file, command, runs in _pages(project):
        name = file.as_posix()
        part = readme.pop(name, None)
        used.update(runs)
        if why := _why_unchecked(project, command, runs):
            found.append(_unchecked(name, why))
            found += [] if part is None else [_unchecked(_readme_on(name), why)]
            continue
        made = _made_anew(project, file, command, runs)
        found.append(_checked(name, _page_diff(project, file, made.page)))
        if part is not None:
            found.append(_checked(_readme_on(name), _diff(part, made.readme, README)))
    found += [_unchecked(_readme_on(name), "there is no such page") for name in readme]
    for run in published_runs(project):
        if run not in used:
            folder = published_folder(Path(), run).as_posix()
            found.append(_unchecked(folder, "no page is made of it"))
    return found


def _readme_on(page: str) -> str:
    return f"{README}, on {page}"


def _unchecked(page: str, why: str) -> CheckedPage:
    return CheckedPage(page, "unchecked", why, ())


def _checked(page: str, diff: Sequence[str]) -> CheckedPage:
    return CheckedPage(page, "differs" if diff else "same", "", tuple(diff))


def _pages(project: Path) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """The pages: file in the project, the command that wrote it, and runs, where it says them."""
    for file in sorted((project / PAGES).glob("*.md")):
        match = _MADE.search(file.read_text(encoding="utf-8", errors="replace"))
        runs = tuple(match[2].split(", ")) if match is not None and match[2] else ()
        yield PAGES / file.name, match[1] if match is not None else "", runs


def _why_unchecked(project: Path, command: str, runs: Sequence[str]) -> str:
    if not command.startswith("molt-build"):
        return (
            f"{command} wrote it, and keeps no raw results" if command else "it was written by hand"
        )
    if command not in _OF or not runs:
        return "it does not say which runs it is made of: it is older than raw results"
    missing = [run for run in runs if not has_published(project, run)]
    return f"the raw results of {', '.join(missing)} are not there" if missing else ""


def _made_anew(project: Path, file: Path, command: str, runs: Sequence[str]) -> Made:
    results = [read_result(published_folder(project, run)) for run in runs]
    for run, result in zip(runs, results, strict=True):
        if result.run != run:
            raise UsageError(f"{published_folder(Path(), run)} holds the result of {result.run}")
        if not isinstance(result, _OF[command]):
            message = f"{file.as_posix()} is no page of `{command}`: {run} is of another kind"
            raise UsageError(message, "write it anew, as docs/results.md says")
    if command == _BOARD:  # whose targets no result has
        return the_board(results, load(project), file.stem)
    return _MAKERS[command](results, file)


def _page_diff(project: Path, file: Path, page: Page) -> list[str]:
    """What differs between a page that lies there, with its pictures, and one made anew."""
    diff = [*_diff(_text(project / file), page.text, file.as_posix())]
    folder = file.parent / page.folder
    wanted = {one.file: one.svg for one in page.pictures}
    there = {path.name for path in (project / folder).glob("*.svg")}
    for name in sorted({*wanted, *there}):
        path = folder / name
        if name not in wanted:
            diff.append(f"{path.as_posix()}: it is no picture of the page")
        elif name not in there:
            diff.append(f"{path.as_posix()}: it is not there")
        else:
            diff += _diff(_text(project / path), wanted[name], path.as_posix())
    return diff


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _diff(there: str, made: str, name: str) -> tuple[str, ...]:
    if there == made:
        return ()
    lines = difflib.unified_diff(
        there.splitlines(), made.splitlines(), name, f"{name}, made anew", lineterm="", n=1
    )
    return tuple(lines) or (f"{name}: its line endings differ",)


_OF: dict[str, tuple[type, ...]] = {  # what each kind of page is made of
    _LANE: (BenchResult, SignalsResult),
    _FRIENDS: (BenchResult,),
    _CASES: (CasesResult,),
    _DIFFERENTIAL: (DifferentialResult,),
    _BOARD: (BenchResult, CasesResult, SignalsResult, GatesResult),
}
_MAKERS: dict[str, Callable[[Sequence[Result], Path], Made]] = {
    _LANE: lambda results, file: lane_page(results, file.stem),
    _FRIENDS: lambda results, file: friends_page(results),
    _CASES: lambda results, file: cases_page(results),
    _DIFFERENTIAL: lambda results, file: differential_page(results, file.stem),
}


def _part(page: str) -> re.Pattern[str]:
    name = re.escape(page)
    return re.compile(
        rf"(?<=<!-- molt-build report: {name} -->\n)(.*?)(?=<!-- end of {name} -->)", re.S
    )


def _readme_parts(project: Path) -> dict[str, str]:
    """What README says of pages, by their files."""
    file = project / README
    text = _text(file) if file.is_file() else ""
    names = re.findall(r"^<!-- molt-build report: (\S+) -->$", text, re.M)
    matches = {name: _part(name).search(text) for name in names}
    return {name: match[1] for name, match in matches.items() if match is not None}


def _write_readme(project: Path, file: Path, words: str) -> bool:
    """Write README's part on a page, where it has one; whether it has."""
    name = file.as_posix()
    parts = _readme_parts(project)
    if name not in parts or not words:
        return False
    if parts[name] != words:
        text = _text(project / README)
        write_page(project / README, _part(name).sub(lambda _: words, text, count=1))
    return True
