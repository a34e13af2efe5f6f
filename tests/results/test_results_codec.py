"""Results as JSON: what is written is read back, and the published schema is that of the types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from build_projects import REPOSITORY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from molt_build.cli.command_line import run as molt_build
from molt_build.codec import OtherShape, added, from_plain, to_plain
from molt_build.results.bench import Cell, ColumnSummary, Measurement, Program
from molt_build.results.cases import CaseCell
from molt_build.results.changes import Against
from molt_build.results.facts import EngineFacts, Part
from molt_build.results.schema import RESULTS, result_schema, schema_of
from molt_build.schema_of_types import as_text

TYPES = (Against, CaseCell, Cell, ColumnSummary, EngineFacts, Measurement, Part, Program)
st.register_type_strategy(float, st.floats(0, 1e6))
st.register_type_strategy(str, st.text(max_size=5))
st.register_type_strategy(
    Mapping, lambda kind: st.dictionaries(*map(st.from_type, kind.__args__), max_size=2)
)


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_back(kind: Any, data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    text = json.dumps(to_plain(value))
    assert from_plain(kind, json.loads(text)) == value


def test_a_result_of_another_shape_is_refused() -> None:
    part = {"started": "now", "seconds": 1.0, "blocks": 2, "warnings": []}
    whole = {**part, "noise_before": None, "noise_after": None}
    assert from_plain(Part, whole).blocks == 2
    for wrong in (part, {**whole, "blocks": "2"}, {**whole, "more": 1}, [], None):
        with pytest.raises(OtherShape):
            from_plain(Part, wrong)


@dataclass(frozen=True)
class _Grown:
    """A class that has got fields since values of it were written."""

    name: str
    size: int = added(0)
    numbers: Mapping[str, float] = added({})


def test_what_was_written_before_a_field_was_added_is_still_read() -> None:
    assert from_plain(_Grown, {"name": "a"}) == _Grown("a")
    assert to_plain(_Grown("a")) == {"name": "a"}  # as earlier versions wrote and read it
    whole = _Grown("a", 3, {"x": 1.5})
    assert from_plain(_Grown, to_plain(whole)) == whole
    for wrong in ({"size": 1}, {"name": "a", "size": "1"}, {"name": "a", "more": 1}):
        with pytest.raises(OtherShape):
            from_plain(_Grown, wrong)


def test_the_published_schema_is_that_of_the_types() -> None:
    file = REPOSITORY / "schemas" / "result.schema.json"
    command = "molt-build schema --write schemas writes it"
    assert file.read_text() == as_text(result_schema()), command
    for schema in (result_schema(), *map(schema_of, RESULTS)):
        Draft202012Validator.check_schema(schema)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert molt_build(["schema", "result"]) == 0
    assert json.loads(capsys.readouterr().out) == result_schema()
    assert molt_build(["schema", "--json"]) == 0
    assert "result" in json.loads(capsys.readouterr().out)["kinds"]


def test_every_property_is_described_once() -> None:
    definitions = result_schema()["$defs"]
    assert all(one["description"] for one in definitions.values())
    bare = [
        f"{name}.{title}"
        for name, one in definitions.items()
        for title, schema in one["properties"].items()
        if title not in ("kind", "schema_version") and not schema.get("description")
    ]
    assert bare == []
    # An estimate has one form, whoever makes it; of gates a value may be no ratio.
    estimates = [one for name, one in definitions.items() if name != "JudgedMember"]
    forms = {tuple(one["properties"]) for one in estimates if "low" in one["properties"]}
    estimate = ("ratio", "low", "high", "blocks")
    assert forms == {estimate, (*estimate, "programs")}


def test_every_object_of_the_schema_is_closed() -> None:
    def objects(schema: Any) -> Iterator[Mapping[str, Any]]:
        if isinstance(schema, dict):
            if "properties" in schema and schema.get("type") == "object":
                yield schema
            for one in schema.values():
                yield from objects(one)

    found = list(objects(result_schema()["$defs"]))
    assert len(found) > 40
    assert all(one["additionalProperties"] is False for one in found)
    lacking = [set(one["properties"]) - set(one["required"]) for one in found]
    added = {"host_python", "metrics", "environment", "exit_status", "pilot_s", "run_limit_s"}
    added |= {"aslr", "booted", "precision", "saved_s", "spreads", "started_by"}
    added |= {"generate", "meanings", "others_share", "pairs", "reduced", "seed", "short_runs"}
    added |= {"artifacts", "columns", "controls", "counting", "is_kept", "layout", "layouts"}
    assert set().union(*lacking) == added  # to version 2
