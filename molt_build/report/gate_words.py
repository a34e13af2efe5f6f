"""Gates in words: for the terminal, a job's summary, annotations and test reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molt_build.report.board_rows import COMMIT_LETTERS, age_words, figure_words
from molt_build.report.formatting import NO_VALUE, limit_words
from molt_build.results.gates import VERDICTS, GatesResult, JudgedGate, JudgedMember
from molt_build.watch import counted

TITLES = ("gate", "against", "verdict", "value", "limit", "of", "owner", "age", "commit", "run")
NUMBERS = ("value", "limit")
MOST_MEMBERS = 5  # that are named of one gate


def gate_rows(result: GatesResult) -> Iterator[list[str]]:
    """A row for each gate, those that fire first, in the order of `TITLES`."""
    order = {word: place for place, word in enumerate(VERDICTS)}
    for gate in sorted(result.gates, key=lambda one: (order[one.verdict], one.gate)):
        worst = gate.members[0] if gate.members and not gate.reason else None
        found = gate.evidence
        commit = NO_VALUE if found is None else (found.git_commit or "")[:COMMIT_LETTERS]
        yield [
            gate.gate,
            gate.against,
            gate.verdict,
            NO_VALUE if worst is None else value_words(worst, gate.unit),
            limit_of(gate),
            gate.reason or ("" if worst is None else _of(gate, worst)),
            gate.owner,
            NO_VALUE if found is None else age_words(found.age_days),
            commit or NO_VALUE,
            NO_VALUE if found is None else found.run,
        ]


def value_words(one: JudgedMember, unit: str) -> str:
    """1.12x [1.10x, 1.15x]."""
    if one.value is None:
        return NO_VALUE
    shown = figure_words(one.value, unit)
    if one.low is None or one.high is None or one.low == one.high:
        return shown
    return f"{shown} [{figure_words(one.low, unit)}, {figure_words(one.high, unit)}]"


def limit_of(gate: JudgedGate) -> str:
    """<= 1.05x: what the worst member may be."""
    limit = gate.members[0].limit if gate.members else None
    if limit is None:
        return NO_VALUE
    return limit_words(figure_words(limit, gate.unit), is_maximum=gate.is_maximum)


def _of(gate: JudgedGate, worst: JudgedMember) -> str:
    more = f", the worst of {gate.judged}" if gate.judged > 1 else ""
    return f"{worst.of}{more}" + (f": {worst.note}" if worst.note else "")


def member_line(one: JudgedMember, gate: JudgedGate) -> str:
    """What one member is and may be."""
    note = f" ({one.note})" if one.note else ""
    limit = "" if one.limit is None else f", may be {figure_words(one.limit, gate.unit)}"
    return f"{one.of} {value_words(one, gate.unit)}{limit}{note}"


def gate_line(gate: JudgedGate) -> str:
    """A gate that does not pass, in a line."""
    if gate.reason:
        return f"{gate.gate}: {gate.reason}"
    said = [one for one in gate.members if one.verdict != "pass"][:MOST_MEMBERS]
    number = sum(one.verdict != "pass" for one in gate.members)
    more = f" and {number - len(said)} more" if number > len(said) else ""
    return f"{gate.gate}: {'; '.join(member_line(one, gate) for one in said)}{more}"


def headline(result: GatesResult) -> str:
    """2 of 9 gates pass: 1 fail, 1 warn, 5 unmeasured."""
    passing = len(result.of("pass"))
    others = [f"{len(result.of(word))} {word}" for word in VERDICTS[:-1] if result.of(word)]
    said = f"{passing} of {counted(len(result.gates), 'gate')} pass"
    return f"{said}: {', '.join(others)}" if others else said


def lines_of(gates: Sequence[JudgedGate]) -> list[str]:
    """A line for each."""
    return [gate_line(gate) for gate in gates]
