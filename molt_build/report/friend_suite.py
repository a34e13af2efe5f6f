"""One suite's section of the friends' page: what it says in words, then its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from molt_build.report.bench_summary import plain
from molt_build.report.friend_pictures import Picture
from molt_build.report.friend_scores import Scorecard, Scored
from molt_build.report.friend_words import (
    COLUMN_TITLES,
    MODE_WORDS,
    deciding,
    loss_sentence,
    marked,
    median_and_tail,
    mode_words,
    outcome,
    quoted,
    speedup,
    tally,
    times_as_fast,
    track_words,
)
from molt_build.report.text import (
    NO_VALUE,
    STATUS_WORDS,
    cells_by_key,
    count,
    markdown_table,
    number,
    short_version,
)
from molt_build.suites.scoring import (
    RUN,
    Column,
    Comparison,
    Coverage,
    SuiteScore,
    has_intervals,
    status_in,
)

OUTSIDE = "†"  # a program in no mean


def section(
    card: Scorecard, one: Scored, score: SuiteScore, pictures: Sequence[Picture], folder: str
) -> Iterator[str]:
    """The whole section; `pictures` are its own, in `folder` beside the page."""
    yield from ("", f"## {one.name}", "")
    yield from _introduction(one, score)
    for column in score.columns:
        yield from ("", *_said(card, score, column))
    for picture in pictures:
        yield from ("", f"![{picture.words}]({folder}/{picture.file})")
    for column in score.columns:
        yield from _programs(one, score, column)
    for column in score.columns:
        yield from _losses(card, score, column)
    yield from _modes(one, score)
    yield from _not_scored(score.coverage, score)


def _introduction(one: Scored, score: SuiteScore) -> Iterator[str]:
    suite, toolchains = one.suite, one.result["toolchains"]
    yield f"{suite['description'].rstrip('.')}. {_roles(one, score)}"
    yield ""
    versions = [
        f"{engine} is {plain(short_version(toolchains[engine]))}"
        for engine in suite["engines"]
        if engine in toolchains
    ]
    yield f"- Engines: {'; '.join(versions)}."
    yield f"- Source: {source_words(suite['source'])}; licence {suite['licence']}."
    if suite["adapter"] is not None:
        files = [suite["adapter"].get(key) for key in ("drive", "prepare")]
        named = " and ".join(f"`{plain(file)}`" for file in files if file)
        note = plain(suite["adapter"]["note"])
        yield f"- Adapter, which is ours: {named or 'none'}{f': {note}' if note else ''}"
    for row in suite["skipped"]:
        yield f"- Not measured: {row['toolchain']}, since {quoted(row['reason'])}."
    if suite["status"] != "measured":
        yield "- **Interrupted**: what is missing was not measured."
    if one.result["is_quick"]:
        left = score.coverage.quick_left_out
        yield f"- **Quick run**: few blocks, and {count(left, 'program')} left out."
    for line in suite["warnings"]:
        yield f"- Noise: {plain(line).rstrip('.')}."


def _roles(one: Scored, score: SuiteScore) -> str:
    suite = one.suite
    reference, subject = suite["reference"], suite["subject"]
    if score.friend is not None:
        return f"The friend is {score.friend}; the subject is {subject}; the reference {reference}."
    if suite["friend"] is None:
        return (
            f"Its friend is {reference} itself, the reference, so there is no column of a friend."
        )
    if suite["friend"] == subject:
        return (
            f"Its friend is {subject} itself, the subject, so there is nothing to compare with "
            f"but {reference}."
        )
    return f"Its friend, {suite['friend']}, was not measured."


def _said(card: Scorecard, score: SuiteScore, column: Column) -> Iterator[str]:
    programs = f"the {len(column.programs)} of {count(score.coverage.programs, 'program')}"
    own = column.between(score.subject, score.reference)
    theirs = column.between(score.friend, score.reference)
    parts = []
    roles = ((own, "the subject"), (theirs, "the friend")) if theirs is not None else ()
    for comparison, role in roles:
        if comparison is not None and comparison.mean is not None:
            fast = times_as_fast(comparison.mean)
            parts.append(f"{comparison.first} ({role}) is {fast} as {comparison.second}")
    title = COLUMN_TITLES[column.metric].capitalize()
    left = sum(len(entries) for entries in score.coverage.exclusions.values())
    out = (
        f" ({left} of the suite's {count(score.coverage.present, 'file')} left out)" if left else ""
    )
    yield f"**{title}**, geometric means over {programs} that every engine here scored{out}:"
    yield ""
    if parts:
        yield f"- {'; '.join(parts)}."
    decided = deciding(score, column)
    if decided is not None:
        yield f"- {outcome(decided, card.min_effect)}"
    against = {c.second: c for c in (decided, own) if c is not None}
    for found in against.values():
        if any(found.verdicts.values()):
            yield f"- Programs, {found.first} against {found.second}: {tally(found)}."
        yield f"- {loss_sentence(found, card.tracks)}"
    if theirs is not None and theirs.losses:
        yield f"- {loss_sentence(theirs, card.tracks)}"


def _programs(one: Scored, score: SuiteScore, column: Column) -> Iterator[str]:
    cells, engines = cells_by_key(one.suite), score.compared
    has_all = set(column.programs)
    yield from ("", f"### {one.name}: programs, {COLUMN_TITLES[column.metric]}", "")
    head = ["program", "kernel", *(f"{engine}: median (p95)" for engine in engines)]
    head += [f"{c.first} vs {c.second}" for c in column.comparisons]
    rows = [[*head, "run as"]]
    for name in score.kernels:
        if column.metric != RUN and all((name, e) not in column.times for e in engines):
            continue
        row = [name if name in has_all else f"{name} {OUTSIDE}", score.kernels[name]]
        for engine in engines:
            cell = cells.get((name, engine))
            if cell is None:
                row.append(NO_VALUE)
            elif (status := status_in(cell, column.metric)) == "ok":
                row.append(median_and_tail(column.times.get((name, engine))))
            else:
                row.append(STATUS_WORDS.get(status, status))
        row += [marked(comparison, name) for comparison in column.comparisons]
        rows.append([*row, mode_words(cells, engines, name)])
    yield from markdown_table(rows)
    yield ""
    notes = ["A vs B: how many times as fast A is as B."]
    if any("max)" in cell for row in rows[1:] for cell in row):
        notes.append("max: below 20 runs the maximum stands for the 95th percentile.")
    if any(OUTSIDE in row[0] for row in rows[1:]):
        notes.append(f"{OUTSIDE} not scored by every engine, so in no mean.")
    if not has_intervals(column):
        notes.append("No intervals and no verdicts: fewer than six blocks.")
    yield " ".join(notes)


def _losses(card: Scorecard, score: SuiteScore, column: Column) -> Iterator[str]:
    lost = [c for c in column.comparisons if c.first == score.subject and c.losses]
    if not lost:
        return
    title = COLUMN_TITLES[column.metric]
    yield from ("", f"### {score.name}: losses of {score.subject} by impact, {title}", "")
    rows = [["program", "against", "ratio", "of the mean", "mean without it", "track"]]
    for comparison in lost:
        for loss in comparison.losses:
            cost = NO_VALUE if loss.cost is None else f"-{loss.cost:.1%}"
            without = NO_VALUE if loss.mean_without is None else number(loss.mean_without)
            track = track_words(loss.track, card.tracks)
            against = comparison.second
            rows.append([loss.program, against, speedup(loss.estimate), cost, without, track])
    yield from markdown_table(rows)
    yield ""
    means = [f"{speedup(c.mean)} against {c.second}" for c in lost if c.mean is not None]
    if means:
        yield (
            f"The means are {' and '.join(means)}. Of the mean: how much lower it is than if the "
            "program ran equally fast."
        )


def _modes(one: Scored, score: SuiteScore) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for cell in one.suite["cells"]:
        if cell["mode"] != "unsupported":
            key = (cell["engine"], cell["mode"], plain(cell["note"]))
            groups.setdefault(key, []).append(cell["program"])
    if not groups:
        return
    yield from ("", f"### {one.name}: how it is run", "")
    total = score.coverage.programs
    for (engine, mode, note), programs in groups.items():
        which = "all programs" if len(programs) == total else _some(programs)
        word = {"runs_unmodified": "unmodified", "requires_adapter": "through the adapter"}
        said = f"- {engine}, {word.get(mode, MODE_WORDS.get(mode, mode))}: {which}."
        yield f"{said} {note}".rstrip()


def _not_scored(coverage: Coverage, score: SuiteScore) -> Iterator[str]:
    yield from ("", f"### {score.name}: what is not scored", "")
    yield f"{coverage_words(score)}."
    yield ""
    for engine in score.compared:
        counts = coverage.by_status.get(engine, {})
        words = [f"{n} {STATUS_WORDS.get(status, status)}" for status, n in counts.items()]
        yield f"- {engine}: {', '.join(words).replace(' ok', ' scored')}."
    if coverage.not_scored:
        yield ""
        rows = [["programs", "engines", "status", "reason"]]
        for (programs, status, reason), engines in _merged(coverage).items():
            named = STATUS_WORDS.get(status, status)
            rows.append([", ".join(programs), ", ".join(engines), named, reason])
        yield from markdown_table(rows, is_text=True)
    if coverage.exclusions:
        yield ""
        rows = [["not measured at all", "files", "reason"]]
        for reason, entries in coverage.exclusions.items():
            rows.append([", ".join(f"`{e}`" for e in entries), str(len(entries)), plain(reason)])
        yield from markdown_table(rows, is_text=True)


def _merged(coverage: Coverage) -> dict[tuple[tuple[str, ...], str, str], list[str]]:
    """What is not scored, with the engines that share programs, status and reason together."""
    found: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for row in coverage.not_scored:
        key = (row.programs, row.status, quoted(row.reason))
        found.setdefault(key, []).append(row.engine)
    return found


def coverage_words(score: SuiteScore) -> str:
    """How much of the suite is scored, in a sentence without its full stop."""
    coverage = score.coverage
    scored = f"{len(coverage.scored)} of {count(coverage.programs, 'program')} scored by all of "
    parts = [f"{scored}{', '.join(score.compared)}"]
    left = sum(len(entries) for entries in coverage.exclusions.values())
    files = f"the suite has {count(coverage.present, 'file')}"
    parts.append(f"{files}, {left} of them left out" if left else files)
    if coverage.quick_left_out:
        parts.append(f"{coverage.quick_left_out} left out by the quick run")
    return "; ".join(parts)


def source_words(source: Mapping[str, Any]) -> str:
    """Where a suite is from, and its pin."""
    ref = f" ({source['ref']})" if source.get("ref") else ""
    pin = "commit" if source["kind"] == "git" else "sha256"
    pinned = f", {pin} `{source['pin']}`" if source["pin"] else ""
    return f"{plain(source['location'])}{ref}{pinned}"


def _some(programs: Sequence[str], most: int = 6) -> str:
    if len(programs) <= most:
        return ", ".join(programs)
    return f"{', '.join(programs[:most])} and {len(programs) - most} more"


def compared_words(comparison: Comparison | None) -> str:
    """The mean of a comparison for a table's cell."""
    return speedup(comparison.mean) if comparison is not None else NO_VALUE
