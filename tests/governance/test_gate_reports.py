"""What gates say to other tools is of the formats that those have published."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from formats import ACTION, BENCHER, annotations, junit
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from molt_build.errors import UsageError
from molt_build.measure.environment import read_environment
from molt_build.report import gate_reports
from molt_build.report.export import OF_GATES, export, export_text
from molt_build.report.gate_words import lines_of
from molt_build.results.gates import (
    VERDICTS,
    Evidence,
    GatesAsked,
    GatesResult,
    GateVerdict,
    Head,
    JudgedGate,
    JudgedMember,
)
from molt_build.runs.folder import create_run, named_by_time, timestamp

EVIDENCE = Evidence("l/1", "2026-11-28T10:00:00Z", 0.5, "c" * 40, None, False, 0, "m", None)
WHOLE = GatesResult(
    run="gates/20261128T100000Z",
    kind="gates",
    schema_version=2,
    command=("molt-build", "gates"),
    started="2026-11-28T10:00:00Z",
    finished="2026-11-28T10:00:01Z",
    asked=GatesAsked(),
    environment=read_environment(),
    head=Head("c" * 40, None, "main", False),
    reruns=0,
    gates=(),
)


def gate(name: str, verdict: GateVerdict, unit: str = "times", **facts: object) -> JudgedGate:
    member = JudgedMember("bench_fib", verdict, 1.5, 1.4, 1.6, 1.05, 9, "")
    reason = "too old" if verdict in ("stale", "unmeasured") else ""
    known = JudgedGate(
        *(name, "It guards.", "owner", "fail", "base", "toy", verdict, reason, unit, True, 1),
        *((member,), EVIDENCE, "b" * 40, (), 0, ()),
    )
    return replace(known, **facts)  # type: ignore[arg-type]


def of(*gates: JudgedGate) -> GatesResult:
    return replace(WHOLE, gates=gates)


MIXED = of(
    gate("slow", "fail"),
    gate("build", "warn", "s"),
    gate("calls", "pass", "calls/loop", engine="other"),
    gate("rate", "pass", "share", is_maximum=False),
    gate("old", "stale"),
)

verdicts = st.lists(st.sampled_from(VERDICTS), max_size=14)


@given(verdicts, st.text(max_size=20), st.text(max_size=20))
def test_reports_are_of_their_formats_whatever_is_said(
    words: list[GateVerdict], note: str, owner: str
) -> None:
    rows = [gate(f"g{number}", word, owner=owner) for number, word in enumerate(words)]
    noted = [replace(row, members=(replace(row.members[0], note=note),)) for row in rows]
    result = of(*noted)
    suite = junit(gate_reports.junit(result))
    tags = {"fail": "failure", "stale": "skipped", "unmeasured": "skipped"}
    found = [[child.tag for child in case] for case in suite]
    assert found == [[tags.get(word, "system-out")] for word in words]
    said = annotations(gate_reports.github(result))
    levels = [level for level, _, _ in said]
    assert levels == sorted(set(levels), key=["error", "warning", "notice"].index)
    for level, properties, message in said:
        own = {"error": ("fail",), "warning": ("warn",), "notice": ("stale", "unmeasured")}[level]
        wanted = lines_of([one for one in noted if one.verdict in own])
        assert properties["title"].startswith("molt-build gates: ")
        more = [] if len(wanted) <= 10 else [f"and {len(wanted) - 10} more"]
        assert message == "\n".join([*wanted[:10], *more])


def test_numbers_of_gates_are_charted() -> None:
    bencher = json.loads(export_text(MIXED, "bmf"))
    Draft202012Validator(BENCHER).validate(bencher)
    times = {"value": 1.5, "lower_value": 1.4, "upper_value": 1.6}
    assert bencher["slow"] == {"times": times}
    assert bencher["build"] == {"latency": {name: n * 1e9 for name, n in times.items()}}
    assert list(bencher["calls"]) == ["calls-loop"] and "old" not in bencher
    for form, names in (
        ("github-action-benchmark", ["slow", "build", "calls"]),
        ("github-action-benchmark-ratios", ["rate"]),
    ):
        rows = json.loads(export_text(MIXED, form))
        Draft202012Validator(ACTION).validate(rows)
        assert [row["name"] for row in rows] == names
        assert rows[0]["value"] == 1.5 and rows[0]["range"] == "± 0.1"
    with pytest.raises(UsageError, match="has no gate with such a number"):
        export_text(of(gate("old", "unmeasured")), "bmf")
    with pytest.raises(UsageError, match="nothing in it is timed"):
        export_text(MIXED, "pyperf")


def test_tables_have_every_gate(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(export_text(MIXED, "csv"), newline="")))
    assert [row["gate"] for row in rows] == [one.gate for one in MIXED.gates]
    assert (rows[0]["member_of"], rows[0]["member_value"]) == ("bench_fib", "1.5")
    assert len(json.loads(export_text(MIXED, "json"))["gates"]) == 5
    assert "2 of 5 gates pass: 1 fail, 1 warn, 1 stale" in export_text(MIXED, "md")
    files = export(MIXED, "csv", str(tmp_path / "{engine}.csv"))
    assert sorted(file.name for file in files) == ["other.csv", "toy.csv"]
    assert "calls" not in (tmp_path / "toy.csv").read_text()
    assert set(OF_GATES) >= {"csv", "json", "md", "bmf", "github-action-benchmark"}


def test_the_name_that_a_pipeline_gives_is_that_of_the_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gates measure again what is unclear: in runs of names of their own."""
    monkeypatch.setenv("MOLT_BUILD_RUN", "20261128T100000Z")
    assert create_run(tmp_path, "lane", 0.0).name == "20261128T100000Z"
    with named_by_time():
        assert create_run(tmp_path, "lane", 9.0).name == timestamp(9.0)
    with pytest.raises(UsageError, match="there is a run lane/20261128T100000Z already"):
        create_run(tmp_path, "lane", 0.0)
