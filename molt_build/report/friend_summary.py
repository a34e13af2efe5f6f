"""The published page of the friend suites: who wins, by how much, how sure, on how much of what.

`docs/benchmarks/friend_summary.md` and pictures beside it, made from the results of one or several
runs alone, with nothing of the machine but its class. The first screen answers for every suite;
what follows is what the answers are made of.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from molt_build.report.bench_summary import plain
from molt_build.report.friend_pictures import Picture, headline, of_suite
from molt_build.report.friend_scores import Scorecard, Scored
from molt_build.report.friend_suite import compared_words, section, source_words
from molt_build.report.friend_words import (
    COLUMN_TITLES,
    deciding,
    largest_losses,
    quoted,
    scored_words,
    short_tally,
    speedup,
    track_words,
    winner,
)
from molt_build.report.page import write_page, write_pictures
from molt_build.report.text import (
    NO_VALUE,
    machine_words,
    markdown_table,
    number,
    seconds,
    tool_versions,
)
from molt_build.suites.combined import Combined, column_of
from molt_build.suites.scoring import RUN, STEADY, Column, Comparison, SuiteScore, has_intervals

PAGE = Path("docs") / "benchmarks" / "friend_summary.md"
PICTURES = "friends"
WORST = 3  # losses that are named of a track
NOT_HAD = {
    "unreachable": "source not reachable",
    "refused": "source refused",
    "failed": "could not be run",
}


def write_friend_summary(project: Path, card: Scorecard) -> Path:
    """Write the page of a scorecard and its pictures; its path.

    Raises `OSError` when it cannot be written.
    """
    pictures = {one.name: list(of_suite(one, score)) for one, score in card.measured}
    top = headline(card)
    page = project / PAGE
    folder = page.parent / PICTURES
    drawn = [*([top] if top else []), *(p for own in pictures.values() for p in own)]
    write_pictures(folder, {picture.file: picture.svg for picture in drawn})
    write_page(page, text(card, top, pictures))
    return page


def text(card: Scorecard, top: Picture | None, pictures: Mapping[str, Sequence[Picture]]) -> str:
    """The whole page; pictures by suite."""
    sections = [
        _head(card),
        _overview(card),
        [f"![{top.words}]({PICTURES}/{top.file})"] if top else [],
        _not_had(card),
        _combined(card),
        _tracks(card),
        *(
            section(card, one, score, pictures.get(one.name, ()), PICTURES)
            for one, score in card.measured
        ),
        _builds(card),
        _method(card),
        _environment(card),
        _reproduce(card),
    ]
    return "\n".join(line for lines in sections for line in lines).rstrip() + "\n"


def facts(card: Scorecard) -> dict[str, Any]:
    """The page's numbers as plain data, without the log ratios that they are made of."""
    return {
        "subject": card.subject,
        "runs": [result["run"] for result in card.results],
        "suites": {one.name: _suite_facts(one) for one in card.suites},
        "combined": [asdict(row) for row in card.combined],
    }


def _suite_facts(one: Scored) -> dict[str, Any]:
    known = {"run": one.result["run"], "status": one.suite["status"]}
    if one.score is None:
        return {**known, "reason": one.suite["reason"]}
    return {
        **known,
        "reference": one.score.reference,
        "friend": one.score.friend,
        "whole_run": _column_facts(one.score.run),
        "steady_state": None if one.score.steady is None else _column_facts(one.score.steady),
        "coverage": asdict(one.score.coverage),
        "builds": [asdict(row) for row in one.score.builds],
    }


def _column_facts(column: Column) -> dict[str, Any]:
    comparisons = []
    for comparison in column.comparisons:
        row = asdict(comparison)
        del row["log_ratios"]
        row["losses"] = [{**asdict(loss), "cost": loss.cost} for loss in comparison.losses]
        comparisons.append(row)
    return {"programs": list(column.programs), "comparisons": comparisons}


def _head(card: Scorecard) -> Iterator[str]:
    subject = card.subject
    yield f"# Friend suites: {subject} on other projects' own benchmarks"
    yield from ("", "<!-- Written by `molt-build report --friends`; do not edit. -->", "")
    yield f"""\
Each row is the benchmark suite of another project, the *friend*. Its programs were run by the
friend itself, by **{subject}** (the *subject*) and by CPython (the *reference*), and only programs
whose output equals CPython's with every engine count. **A vs B** says how many times as fast A is
as B: above 1, A is faster; it is the geometric mean over the programs scored. In brackets: the
95 % interval. A winner is sure where the whole interval is on one side of 1 and the difference is
at least {card.min_effect:.0%}; else nobody is said to win.
*Whole run* is the time of a process from start to end, with a JIT's warm-up; *steady state*, for
suites with a JIT, is the time of a repetition inside a process that is warm. A loss is a program
on which {subject} is surely slower; the largest is named with its ratio and, in parentheses, the
track of the optimization program that can change it."""
    quick = [result["run"] for result in card.results if result["is_quick"]]
    if quick:
        yield ""
        yield (
            f"**Made from quick runs ({', '.join(quick)})**, which measure few programs in few "
            "blocks: it shows that everything works, not who is faster."
        )
    if len(card.machines) > 1:
        yield ""
        yield (
            f"The suites were measured on {len(card.machines)} classes of machines (see "
            "Environment): the engines of a row on one, but rows on different ones."
        )


def _overview(card: Scorecard) -> Iterator[str]:
    yield ""
    subject = card.subject
    reference = card.measured[0][1].reference if card.measured else "cpython"
    head = ["suite", "friend", "measured", "winner", f"{subject} vs {reference}"]
    head += [f"friend vs {reference}", f"{subject} vs friend", "scored"]
    rows = [[*head, "faster / slower / equal / unclear", f"largest losses of {subject}"]]
    for one, score in card.measured:
        for column in score.columns:
            decided = deciding(score, column)
            own = column.between(score.subject, score.reference)
            against = column.between(score.subject, score.friend)
            rows.append(
                [
                    f"[{one.name}](#{one.name})",
                    _friend_words(one.suite, score),
                    COLUMN_TITLES[column.metric],
                    winner(decided),
                    compared_words(own),
                    compared_words(column.between(score.friend, score.reference)),
                    compared_words(against),
                    scored_words(score, column),
                    _tally_words(decided),
                    largest_losses([against, own], card.tracks),
                ]
            )
    for one in card.suites:
        if one.score is None:
            status = NOT_HAD.get(one.suite["status"], one.suite["status"])
            rows.append([one.name, one.suite["friend"] or NO_VALUE, status])
            rows[-1] += [NO_VALUE] * (len(rows[0]) - len(rows[-1]))
    yield from markdown_table(rows, is_text=True)
    yield ""
    yield "Faster / slower / equal / unclear count the programs of the suite for the comparison"
    yield "that names the winner: with the friend, or with the reference where the friend is the"
    yield f"subject or the reference itself. Equal: the interval is within {card.min_effect:.0%}"
    yield "around 1. Scored: programs scored by every engine in the row, of the programs run; every"
    yield "file of the suite that is left out is listed with its reason in the suite's section."
    few = [one.name for one, score in card.measured if not has_intervals(score.run)]
    if few:
        yield f"No interval, since there were fewer than six blocks: {', '.join(few)}."
    yield ""


def _friend_words(suite: Mapping[str, Any], score: SuiteScore) -> str:
    if score.friend is not None:
        return score.friend
    if suite["friend"] is None:
        return f"{suite['reference']} (the reference)"
    if suite["friend"] == suite["subject"]:
        return f"{suite['friend']} (the subject)"
    return f"{suite['friend']} (not measured)"


def _tally_words(comparison: Comparison | None) -> str:
    shown = short_tally(comparison)
    return shown if comparison is None or shown == NO_VALUE else f"{shown} vs {comparison.second}"


def _not_had(card: Scorecard) -> Iterator[str]:
    missing = [one for one in card.suites if one.score is None]
    if missing:
        yield from ("", "## Suites not measured", "")
    for one in missing:
        status = NOT_HAD.get(one.suite["status"], one.suite["status"])
        source = source_words(one.suite["source"])
        yield f"- **{one.name}**: {status}: {quoted(one.suite['reason'])} ({source})."


def _combined(card: Scorecard) -> Iterator[str]:
    if not card.combined:
        return
    yield from ("", "## Over all suites, each kernel once", "")
    yield "A kernel is one computation (nbody, richards, ...), whatever suites it is in and however"
    yield "many programs it has there: its value is the mean of their log ratios. Here a program"
    yield "counts when the two engines named scored it."
    yield ""
    rows = [["compared", "measured", "geometric mean", "kernels", "programs", "suites"]]
    for row in card.combined:
        compared = f"{row.first} vs {row.second}"
        counts = [str(len(row.kernels)), str(row.programs), ", ".join(row.suites)]
        rows.append([compared, COLUMN_TITLES[row.metric], speedup(row.mean), *counts])
    yield from markdown_table(rows, is_text=True)
    whole = next((row for row in card.combined if row.metric == RUN), None)
    if whole is not None:
        yield from _spread(whole)


def _spread(combined: Combined) -> Iterator[str]:
    shared = [kernel for kernel in combined.kernels if len({row[0] for row in kernel.programs}) > 1]
    if not shared:
        return
    yield ""
    yield f"Kernels in several suites, {combined.first} vs {combined.second}, whole run: suites"
    yield "differ in sizes and in how a program is written, so they may disagree. Spread: the"
    yield "highest ratio over the lowest."
    yield ""
    rows = [["kernel", "value", "spread", "in each suite"]]
    for kernel in sorted(shared, key=lambda kernel: -kernel.spread):
        each = [f"{suite} {speedup(row)}" for suite, _, row in kernel.programs]
        rows.append([kernel.kernel, number(kernel.ratio), number(kernel.spread), "; ".join(each)])
    yield from markdown_table(rows, is_text=True)


def _tracks(card: Scorecard) -> Iterator[str]:
    yield from ("", f"## Losses of {card.subject} by track", "")
    tables = [
        (metric, is_friend, rows)
        for metric in (RUN, STEADY)
        for is_friend in (False, True)
        if len(rows := _track_rows(card, metric, is_friend=is_friend)) > 1
    ]
    if not tables:
        yield f"No program is surely slower with {card.subject}."
        return
    yield "Impact: how much lower the mean over the suites (each counting once) is because of the"
    yield "track's losses. Every loss stands in its suite's section."
    for metric, is_friend, rows in tables:
        against = "its friends" if is_friend else "the reference"
        yield from ("", f"Against {against}, {COLUMN_TITLES[metric]}:", "")
        yield from markdown_table(rows, is_text=True)


def _track_rows(card: Scorecard, metric: str, *, is_friend: bool) -> list[list[str]]:
    """A table of tracks with the largest impact first."""
    found: dict[str | None, list[tuple[float, float, str]]] = {}
    suites = 0
    for one, score in card.measured:
        column = column_of(score, metric)
        other = score.friend if is_friend else score.reference
        comparison = column.between(score.subject, other) if column is not None else None
        suites += comparison is not None and comparison.mean is not None
        for loss in comparison.losses if comparison is not None else ():
            words = f"{loss.program} {number(loss.estimate.ratio)} ({one.name})"
            row = (loss.impact or 0.0, loss.estimate.ratio, words)
            found.setdefault(loss.track, []).append(row)
    rows = [["track", "impact", "losses", "largest"]]
    for track, losses in sorted(found.items(), key=lambda item: sum(row[0] for row in item[1])):
        impact = 1 - math.exp(sum(row[0] for row in losses) / max(suites, 1))
        named = "; ".join(words for _, _, words in sorted(losses)[:WORST])
        rows.append([track_words(track, card.tracks), f"-{impact:.1%}", str(len(losses)), named])
    return rows


def _builds(card: Scorecard) -> Iterator[str]:
    yield from ("", "## Build times", "")
    yield "Seconds of all stages of a program when they were executed; never part of a run's time."
    yield ""
    rows = [["suite", "engine", "built", "not built", "sum", "median", "longest"]]
    for one, score in card.measured:
        for built in score.builds:
            if not built.count and not built.failed:
                continue
            row = [one.name, built.engine, str(built.count), str(built.failed)]
            if built.total_s is None or built.median_s is None or built.longest_s is None:
                rows.append([*row, *[NO_VALUE] * 3])
                continue
            longest = f"{seconds(built.longest_s)} ({built.longest})"
            rows.append([*row, seconds(built.total_s), seconds(built.median_s), longest])
    yield from markdown_table(rows) if len(rows) > 1 else ("Nothing was built.",)


def _method(card: Scorecard) -> Iterator[str]:
    yield from ("", "## Method", "")
    plans = [plan for one, _ in card.measured for plan in _plans(one.suite)]
    blocks = sorted({plan["blocks"] for plan in plans})
    shown = ", ".join(map(str, blocks)) or NO_VALUE
    yield from f"""\
The programs are the suites' own, from the pinned sources; an adapter of ours calls what does the
work, and the suites' own timers are ignored. A block is every engine once on one program, with one
hash seed; the next block has the reverse order. The number of blocks ({shown}) was fixed from a
pilot and the budget before any result was seen. A ratio is the median over blocks of the log ratio
within a block; its interval resamples blocks. A mean's interval resamples the same blocks for all
programs of a suite: it is about these programs, not about programs not measured. Output, or what
the work returns, was compared with CPython's for every engine. What differs, fails, times out,
cannot be checked or does its work in a C library is shown and never scored. More in
[friends.md](../friends.md) and [measurement.md](../measurement.md).

What is not comparable:

- The *whole run* of a JIT holds its warm-up and start-up, which are most of a short program; its
  *steady state* holds neither. The two are never put in one mean.
- Every engine that Python hosts has the start of the interpreter and of the driver (some
  hundredths of a second) in its whole run; Codon's executables have not.
- A friend may compute with other semantics than Python's (integers of 64 bits, other string or
  dictionary types): what is known stands under "how it is run" of each suite. Equal output on these
  inputs does not make the semantics equal.
- Programs through an adapter are not timed as their authors time them.
- Sizes were chosen so that CPython takes a fraction of a second; at other sizes ratios differ.
- Suites overlap. Do not average the rows of the first table: the combined figure counts each
  kernel once.""".splitlines()


def _plans(suite: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [plan for key in ("run", "steady") if (plan := suite["plan"][key]) is not None]


def _environment(card: Scorecard) -> Iterator[str]:
    yield from ("", "## Environment", "")
    for result in card.results:
        yield f"- {machine_words(result)}; profile {result['profile']}"
    yield ""
    rows = [["toolchain", "versions", "identity"]]
    for name, toolchain in _toolchains(card).items():
        versions = plain(tool_versions(toolchain)) or NO_VALUE
        rows.append([name, versions, toolchain["identity"]])
    yield from markdown_table(rows, is_text=True)


def _toolchains(card: Scorecard) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for result in card.results:
        for name, toolchain in result["toolchains"].items():
            found.setdefault(name, toolchain)
    return found


def _reproduce(card: Scorecard) -> Iterator[str]:
    yield from ("", "## Reproduce", "")
    commits = {result["environment"]["git_commit"] for result in card.results} - {None}
    if len(commits) == 1:
        yield from (f"At commit {commits.pop()}:", "")
    yield "```console"
    for result in card.results:
        yield f"$ {shlex.join(word for word in result['command'] if word != '--resume')}"
    yield "$ molt-build report --friends"
    yield "```"
    yield ""
    yield "Sources, as pinned:"
    yield ""
    rows = [["suite", "source and pin", "licence", "run"]]
    for one in card.suites:
        words = [source_words(one.suite["source"]), one.suite["licence"], one.result["run"]]
        rows.append([one.name, *words])
    yield from markdown_table(rows, is_text=True)
    yield ""
    yield "A run's `bench/results/friends/TIMESTAMP/result.json` has every block, and for each"
    yield "program and engine the one command that runs it again and prints the same bytes."
