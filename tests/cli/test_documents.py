"""What commands print with `--json`: one object each, of the published schema."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY, Project
from jsonschema import Draft202012Validator
from lane_projects import LaneProject
from published import assert_published
from whole_project import whole_project

from molt_build.cli.documents import DOCUMENTS, classes, output_schema
from molt_build.codec import from_plain, to_plain
from molt_build.schema_of_types import as_text

# The lines whose objects are looked at, by the words of the document. `pin` is where there is an
# index of packages (tests/toolchains/test_pin.py), `bisect`, `conformance` and `reduce` where
# they are run anyhow.
LINES: Mapping[str, tuple[str, ...]] = {
    "bench": ("bench toys_native --quick",),
    "bench --list": ("bench toys_native --list", "bench locals --list"),
    "board": ("board",),
    "build": ("build bench_work", "build bench_work", "build --dry-run"),
    "cache audit": ("cache audit bench_work",),
    "cache clear": ("cache clear --all --dry-run",),
    "cache prune": ("cache prune --to 0 --dry-run",),
    "cache stats": ("cache stats",),
    "cache verify": ("cache verify",),
    "cache waste": ("cache waste",),
    "check": ("check",),
    "compare": ("compare latest~1 latest",),
    "compile_progress": ("compile_progress --quick",),
    "compile_progress --list": ("compile_progress --list",),
    "completion": ("completion bash", "completion zsh", "completion fish"),
    "dashboard": ("dashboard --output page.html",),
    "differential": ("differential --workload toys --engine toy",),
    "differential --list": ("differential --workload toys --engine toy --list",),
    "doctor": ("doctor toy absent",),
    "explain": ("explain bench_work",),
    "explain --between": ("explain --between latest~1 latest",),
    "export": ("export latest --output run.csv",),
    "friends": ("friends --quick --suite locals",),
    "friends --list": ("friends --list",),
    "friends pin": ("friends pin gits v1",),
    "gates": ("gates",),
    "gates --canary": ("gates --canary",),
    "history annotate": ("history annotate toys --since 2026-02-01 --reason r --dry-run",),
    "history export": ("history export",),
    "history import": ("history import",),
    "history list": ("history list",),
    "history prune": ("history prune --keep 50 --dry-run",),
    "history show": ("history show latest",),
    "history trend": ("history trend",),
    "init": ("init new",),
    "init toolchain": ("init toolchain mycc",),
    "list": (
        "list",
        *("list programs", "list toolchains", "list profiles", "list workloads"),
        *("list lanes", "list suites", "list cases", "list signals", "list tracks", "list gates"),
        "list regressions",
        "list runs",
    ),
    "prepare": ("prepare toy",),
    "report": (
        "report --from latest --output page.md",
        "report --friends friends/latest --output friends.md",
    ),
    "report --check": ("report --check",),
    "reproduce": ("reproduce latest --by latest",),
    "schema": ("schema",),
    "schema --write": ("schema --write written",),
    "signals": ("signals",),
    "signals --list": ("signals --list",),
}
# All others: 0. Quick runs have no intervals, so nothing of them can be compared.
ENDS = {"doctor toy absent": 3, "reproduce latest --by latest": 1}
# What must have been done before, and is done by no other line that may run elsewhere.
BEFORE = {"report": "friends --quick --suite locals"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> LaneProject:
    return whole_project(tmp_path_factory)


def test_the_published_schema_is_that_of_the_types() -> None:
    file = REPOSITORY / "schemas" / "output.schema.json"
    command = "molt-build schema --write schemas writes it"
    assert file.read_text() == as_text(output_schema()), command
    Draft202012Validator.check_schema(output_schema())


def test_every_property_is_described() -> None:
    definitions = output_schema()["$defs"]
    assert all(one["description"] for one in definitions.values())
    bare = [
        f"{name}.{title}"
        for name, one in definitions.items()
        for title, schema in one.get("properties", {}).items()
        if title not in ("kind", "schema_version") and not schema.get("description")
    ]
    assert bare == []


def test_every_document_is_looked_at() -> None:
    assert {*LINES, "bisect", "conformance", "pin", "reduce"} == set(DOCUMENTS)
    assert all(line.startswith(words.split(" --")[0]) for words in LINES for line in LINES[words])


@pytest.mark.parametrize("words", LINES)
def test_what_is_printed_is_what_the_schema_says(whole: LaneProject, words: str) -> None:
    if words in BEFORE:
        assert whole.run(*BEFORE[words].split()).code == 0
    for line in LINES[words]:
        done = whole.run(*line.split(), "--json")
        assert done.code == ENDS.get(line, 0), done.err
        assert done.out.count("\n") == 1
        plain = json.loads(done.out)
        assert_published(words, plain)
        assert plain, line


def test_a_build_with_nothing_to_do_prints_the_same_object(toys: Project) -> None:
    """It is printed by hand, by what imports nothing."""
    toys.write("programs/two.toy", "WARN # and is built\n")
    first = toys.build("one", "two")
    again = toys.run("build", "one", "two", "--json")
    assert "molt_build.building" not in imported_by(toys, "build", "one", "two", "--json")
    plain = json.loads(again.out)
    for report in (first, plain):
        assert_published("build", report)
        assert to_plain(from_plain(classes("build")[0], report)) == report
    assert plain["up_to_date"] == 4 and list(plain) == list(first)
    assert list(keys(plain["actions"])) == list(keys(first["actions"]))
    # Decided by content, where stat data tell nothing: the same facts but for the seconds.
    (toys.root / "programs/one.toy").touch()
    assert timeless(toys.build("one", "two")) == timeless(plain)


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """A report without how long anything took."""
    actions = [{**row, "seconds": 0.0} for row in report["actions"]]
    return {**report, "actions": actions, "seconds": 0.0, "saved_s": 0.0}


def keys(actions: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for row in actions:
        yield row["program"], row["stage"], row["key"]


def imported_by(project: Project, *words: str) -> str:
    """What Python says of the modules that a command imports."""
    variables = project.variables({"PYTHONVERBOSE": "1"})
    command = [sys.executable, "-m", "molt_build", *words]
    done = subprocess.run(command, cwd=project.root, env=variables, capture_output=True, text=True)
    return done.stderr


def test_what_fails_is_of_the_schema_too(toys: Project) -> None:
    toys.write("programs/two.toy", "FAIL\n")
    failed = toys.build("one", "two", "--keep-going", code=1)
    assert_published("build", failed)
    assert failed["failed"] == 1 and failed["actions"][-1]["message"]
    toys.write("programs/one.toy", "another text\n")
    missed = json.loads(toys.run("explain", "one", "two", "--json").out)
    assert_published("explain", missed)
    assert missed["actions"][0]["nearest"]["differs"]
    toys.write("manifests/lanes/broken.toml", "kind = 1\n")
    broken = toys.run("check", "--json")
    assert broken.code == 2
    assert_published("check", json.loads(broken.out))


def test_what_is_not_of_the_schema_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="files"):
        assert_published("check", {"valid": True, "files": "3", "diagnostics": []})
    with pytest.raises(AssertionError, match="more"):
        assert_published("schema --write", {"written": [], "more": 1})
