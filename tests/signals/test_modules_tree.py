"""The reader `modules` on the example tree, with the manifests of docs/signals.md as they stand."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project

ROOT = Path(__file__).parents[2]
TREE = ROOT / "tests" / "data" / "module_tree"
CLASSES = {
    "intrinsic": (
        "_intrinsics asyncio asyncio.events asyncio.tasks environ errno json.decoder json.scanner"
        " locale socket threading time typing"
    ),
    "partial": "json",
    "probe-only": "ssl zlib",
    "python-only": "contrib.extra heapq later selectors statistics",
}
VIOLATIONS = {
    ("strict", "socket -> selectors"): ("selectors is python-only, not intrinsic (socket.py:7)"),
    ("strict", "socket -> ssl"): "ssl is probe-only, not intrinsic (socket.py:10)",
    ("strict", "socket -> selectors -> heapq"): (
        "heapq is python-only, not intrinsic (socket.py:7, selectors.py:3)"
    ),
    ("strict", "asyncio -> asyncio.tasks -> heapq"): (
        "heapq is python-only, not intrinsic (asyncio/__init__.py:6, asyncio/tasks.py:4)"
    ),
    ("no-fallbacks", "socket -> ssl"): ("ssl is imported where an import may fail (socket.py:10)"),
}


def documented() -> dict[str, str]:
    """Name -> each signal manifest of the page that reads modules."""
    page = (ROOT / "docs" / "signals.md").read_text()
    blocks = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    named = ((re.search(r'^name = "(.*)"', block, re.M), block) for block in blocks)
    return {name[1]: block for name, block in named if name and "[modules]" in block}


@pytest.fixture
def library(project: Project) -> Project:
    """A project with the example tree in lib/, and the signals of the page."""
    shutil.copytree(TREE, project.root / "lib")
    for name, text in documented().items():
        project.write(f"manifests/signals/{name}.toml", text)
    return project


def read(project: Project, signal: str) -> Any:
    """The one row of a signal of the project."""
    done = project.run("signals", "--signal", signal, "--json")
    assert done.code == 0, done.err
    (row,) = json.loads(done.out)["rows"]
    return row


def classes(row: Any) -> dict[str, str]:
    """Module -> class."""
    parts = (part for part in row["parts"] if not part.get("group", "").startswith("violation"))
    return {part["name"]: part["group"] for part in parts}


def rules(row: Any) -> dict[str, str]:
    """Module -> the rule that decided."""
    return {part["name"]: part["note"] for part in row["parts"]}


def test_the_example_tree_has_the_expected_count_in_each_class(library: Project) -> None:
    row = read(library, "python_only")
    found = {name: of for of, names in CLASSES.items() for name in names.split()}
    assert classes(row) == found
    assert row["value"] == 5
    assert row["notes"] == [
        "13 intrinsic, 5 python-only, 2 probe-only, 1 partial",
        "2 modules not parsed: json.scanner, later",
    ]
    counted = [part["name"] for part in row["parts"] if part["value"]]
    assert counted == CLASSES["python-only"].split(), "first, and each once"
    why = rules(row)
    assert why["_intrinsics"] == "_intrinsics.py: where intrinsics are loaded: its file"
    assert why["heapq"] == "heapq.py: lacks loads"
    assert why["errno"] == "errno.py: has loads (line 5: rt_errno_table)"
    assert why["zlib"] == (
        "zlib.py: only rt_has_capability of loads (line 7: rt_has_capability, 2 in all)"
    )
    assert why["json"] == (
        "json/__init__.py: has loads (line 7: rt_json_encode); has unfinished (line 1: partial)"
    )
    assert why["json.scanner"].startswith("json/scanner.py: does not parse (line 10: ")
    assert "has loads (line 6: rt_json_scan)" in why["json.scanner"]
    assert why["later"].endswith("lacks loads") and "does not parse (line 3: " in why["later"]


def test_each_violation_names_the_full_import_path(library: Project) -> None:
    row = read(library, "loose_imports")
    found = {
        (part["group"].removeprefix("violation: "), part["name"]): part["note"]
        for part in row["parts"]
        if part.get("group", "").startswith("violation")
    }
    assert found == VIOLATIONS
    assert row["value"] == len(VIOLATIONS)
    assert Counter(classes(row).values()) == {k: len(v.split()) for k, v in CLASSES.items()}
    assert not any(part["value"] for part in row["parts"] if part["name"] == "heapq")


def test_signals_shows_classes_and_violations(library: Project) -> None:
    done = library.run("signals", "--signal", "loose_imports", "--parts", env={"COLUMNS": "200"})
    assert done.code == 0, done.err
    assert "13 intrinsic, 5 python-only, 2 probe-only, 1 partial; 5 violations" in done.out
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert (
        "socket -> selectors -> heapq violation: strict 1 heapq is python-only, not intrinsic"
        " (socket.py:7, selectors.py:3)"
    ) in lines
    assert (
        "ssl probe-only 0 ssl.py: only rt_has_capability of loads (line 5: rt_has_capability)"
        in lines
    )


def test_an_edit_moves_one_module_and_breaks_one_closure(library: Project) -> None:
    before = read(library, "python_only")["value"]
    errno = library.root / "lib" / "errno.py"
    errno.write_text(errno.read_text().replace("rt_errno_table", "host_errno_table"))
    (library.root / "lib" / "heap.py").symlink_to("heapq.py")  # a module of its own
    (library.root / "lib" / "gone.py").symlink_to("nowhere.py")
    (library.root / "lib" / "again").symlink_to(".")
    row = read(library, "python_only")
    assert row["value"] == before + 2
    assert classes(row)["errno"] == classes(row)["heap"] == "python-only"
    assert len(classes(row)) == sum(len(names.split()) for names in CLASSES.values()) + 1
    added = {part["name"] for part in read(library, "loose_imports")["parts"] if part["value"]}
    assert added == {name for _, name in VIOLATIONS} | {"socket -> errno"}


def test_what_is_known_of_files_is_kept_and_never_believed_of_others(library: Project) -> None:
    first = read(library, "python_only")
    kept = library.root / ".molt-build" / "modules"
    (facts,) = kept.iterdir()
    assert read(library, "python_only") == first
    facts.write_bytes(facts.read_bytes()[:-3] + b"xyz")
    assert read(library, "python_only") == first, "damage is read over"
    shutil.rmtree(kept)
    done = library.run(
        "signals", "--signal", "python_only", "--json", env={"MOLT_BUILD_CACHE": "off"}
    )
    assert json.loads(done.out)["rows"] == [first]
    assert not kept.exists()
