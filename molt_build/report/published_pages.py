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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.errors import UsageError
from molt_build.report import (
    bench_summary,
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
from molt_build.results.signals import SignalsResult
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

_MADE = re.compile(r"^<!-- Written by `(.+)`; do not edit\.(?: Made of: (.+))? -->$", re.M)
_LANE, _FRIENDS, _CASES, _DIFFERENTIAL = (
    f"molt-build report{more}" for more in ("", " --friends", " --cases", " --differential")
)


@dataclass(frozen=True)
class Made:
    """A page as its results give it, and what README says of it; "": nothing."""

    page: Page
    readme: str = ""


@dataclass(frozen=True)
class Published:
    """What became of a page."""

    file: Path
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


def lane_page(
    results: Sequence[BenchResult], stem: str | None = None, signals: SignalsResult | None = None
) -> tuple[Path, Made]:
    """Where the page of a lane's runs lies in the project, and what it is; as `lane_of` raises.

    With `signals` it has a table of them.
    """
    one = bench_summary.lane_of(results)
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
    return file, Made(page, words)


def friends_page(results: Sequence[BenchResult], folder: str) -> Made:
    """The page of suites' runs; as `scorecard` raises."""
    card = scorecard(results, is_page=True)
    page = friend_summary.page_of(card, folder)
    words = rendered("readme_friends.md.j2", card=card, page=friend_summary.PAGE.as_posix())
    return Made(page, words)


def publish(
    project: Path, file: Path, made: Made, results: Sequence[Result], *, has_raw: bool = True
) -> Published:
    """Write a page into the project, its raw results and README's part; raises `OSError`.

    Raw results that no page is made of any more are removed. Without `has_raw` none is written, nor
    removed.
    """
    made.page.write(project / file)
    has_readme = _write_readme(project, file, made.readme)
    if not has_raw:
        return Published(file, (), (), has_readme)
    kept = keep(project, results)
    used = {run for _, _, runs in _pages(project) for run in runs}
    dropped = drop(project, [run for run in published_runs(project) if run not in used])
    return Published(file, tuple(kept), tuple(dropped), has_readme)


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
    if command not in _MAKERS or not runs:
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


def _made_lane(results: Sequence[Result], file: Path) -> Made:
    signals = next((one for one in results if isinstance(one, SignalsResult)), None)
    own = [one for one in results if isinstance(one, BenchResult)]
    return lane_page(own, file.stem, signals)[1]


def _made_friends(results: Sequence[Result], file: Path) -> Made:
    found = [one for one in results if isinstance(one, BenchResult)]
    return friends_page(found, friend_summary.PICTURES)


def _made_cases(results: Sequence[Result], file: Path) -> Made:
    return Made(compile_progress.page_of([one for one in results if isinstance(one, CasesResult)]))


def _made_differential(results: Sequence[Result], file: Path) -> Made:
    found = [one for one in results if isinstance(one, DifferentialResult)]
    return Made(differential_summary.page_of(found[-1], file.stem))


_OF: dict[str, tuple[type, ...]] = {  # what each kind of page is made of
    _LANE: (BenchResult, SignalsResult),
    _FRIENDS: (BenchResult,),
    _CASES: (CasesResult,),
    _DIFFERENTIAL: (DifferentialResult,),
}
_MAKERS: dict[str, Callable[[Sequence[Result], Path], Made]] = {
    _LANE: _made_lane,
    _FRIENDS: _made_friends,
    _CASES: _made_cases,
    _DIFFERENTIAL: _made_differential,
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
