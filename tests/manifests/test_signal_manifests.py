"""What is wrong with a signal is said where it is wrong, with what may be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifest_projects import ManifestProject, lone_project

from molt_build.manifests.loading import load

SIGNAL = "manifests/signals/calls.toml"
HEAD = """\
#:schema ../../schemas/signal.schema.json
kind = "signal"
schema_version = 1
name = "calls"
description = "Calls of toys."
better = "lower"
"""
TEXT = 'scope = "program"\noutputs = ["translate.c"]\n\n[text]\npattern = "toy_[a-z]+"\n'
LANE = 'scope = "program"\ntotal = "geometric-mean"\n\n[lane]\nlane = "toy_lane"\n'
BUILD = 'scope = "program"\n\n[build]\ntake = "seconds"\nstage = "translate"\n'
FILES = 'scope = "project"\nfiles = ["programs/*.py"]\n\n[size]\n'
COMMAND = 'scope = "program"\noutputs = ["results"]\ncommand = ["nm", "{file}"]\n\n[size]\n'
CODE = 'scope = "program"\noutputs = ["results"]\n\n[elf]\ncount = "calls"\nwithin = "^toy_"\n'
BLOCKS = TEXT + '\n[text.within]\nbegins = "^int "\nblock = "braces"\n'
VALID = (TEXT, LANE, BUILD, FILES, COMMAND, BLOCKS, CODE)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "project", monkeypatch)


@pytest.mark.parametrize("text", VALID)
def test_each_sort_is_valid(project: ManifestProject, text: str) -> None:
    project.write(SIGNAL, HEAD + text)
    assert [str(one) for one in project.diagnostics()] == []


def test_what_is_read_is_what_the_file_says(project: ManifestProject) -> None:
    project.write(SIGNAL, HEAD + BLOCKS.replace('"program"', '"engine"'))
    signal = load(project.root).signals["calls"]
    assert (signal.reader, signal.scope, signal.total) == ("text", "engine", "sum")
    assert signal.text is not None and signal.text.within is not None
    assert (signal.text.count, signal.text.within.block) == ("matches", "braces")
    assert signal.needs_builds and not signal.is_measured


# A valid text, what is replaced, by what, where `^` marks the reported place; path; message; hint
CASES = [
    (TEXT, "[text]", "[tex]", "tex", "unknown key", "did you mean 'text'?"),
    (TEXT, '[text]\npattern = "toy_[a-z]+"\n', "", "", "needs exactly one of text, json, size", ""),
    (TEXT, "[text]", "[size]\n[text]", "size", "has text and size", ""),
    (
        TEXT,
        'scope = "program"',
        '^scope = "programs"',
        "scope",
        "'programs' is not allowed",
        "'program'",
    ),
    (TEXT, "toy_[a-z]+", "toy_(?=a)", "text.pattern", "is not a regular expression", "lookaround"),
    (
        TEXT,
        '"translate.c"',
        '^"translate.d"',
        "outputs[0]",
        "no toolchain makes 'translate.d'",
        "did you mean 'translate.c'?",
    ),
    (TEXT, '"translate.c"', '^"translate"', "outputs[0]", "is not an output: STAGE.OUTPUT", ""),
    (
        TEXT,
        'scope = "program"',
        'scope = "program"\nengines = [^"toycc"]',
        "engines[0]",
        "there is no toolchain 'toycc'",
        "did you mean 'toyc'?",
    ),
    (
        TEXT,
        'scope = "program"',
        'scope = "program"\nengines = [^"toyc@wasm"]',
        "engines[0]",
        "'toyc' has no target 'wasm'",
        "native",
    ),
    (
        TEXT,
        'scope = "program"',
        'scope = "program"\nengines = [^"cpython"]',
        "engines[0]",
        "'cpython' builds nothing",
        "",
    ),
    (TEXT, 'scope = "program"', 'scope = "program"\nlanes = [^"toy"]', "lanes[0]", "no lane", ""),
    (
        TEXT,
        'outputs = ["translate.c"]',
        'outputs = ["translate.c"]\n^files = ["*.py"]',
        "files",
        "a signal reads one of the two",
        "two signals",
    ),
    (TEXT, 'outputs = ["translate.c"]\n', "", "text", "'text' needs at least one of outputs", ""),
    (TEXT, '"program"', '"project"', "outputs", "are of programs and engines", "engine"),
    (
        FILES,
        'scope = "project"',
        '^scope = "program"',
        "scope",
        "files without outputs are of the project",
        "",
    ),
    (FILES, "programs/*", "../programs/*", "files[0]", "leaves the project", ""),
    (
        FILES,
        'scope = "project"',
        'scope = "project"\n^total = "mean"',
        "total",
        "there is one number",
        "",
    ),
    (FILES, 'files = ["programs/*.py"]', '^exclude = ["a"]', "exclude", "has no effect", ""),
    (COMMAND, "{file}", "file", "command", "does not say where the file goes", "{file}"),
    (COMMAND, "{file}", "{fil}", "command[1]", "unknown placeholder {fil}", "'file'"),
    (COMMAND, 'outputs = ["results"]\n', "", "command", "none are named", ""),
    (
        TEXT,
        "[text]",
        '[text]\n^parts = "block"',
        "text.parts",
        "rows by block need within",
        "",
    ),
    (CODE, '"calls"', '"imports"', "elf.within", "is about calls, and not about imports", ""),
    (
        CODE,
        'count = "calls"\nwithin = "^toy_"',
        'count = "callees"\n^parts = "function"',
        "elf.parts",
        "only calls have rows by the function",
        "",
    ),
    (CODE, "^toy_", "toy_(?=a)", "elf.within", "is not a regular expression", "lookaround"),
    (BLOCKS, 'block = "braces"\n', "", "text.within", "needs exactly one of ends, block", ""),
    (LANE, '"toy_lane"', '"toy_lan"', "lane.lane", "no lane 'toy_lan'", "did you mean 'toy_lane'?"),
    (
        LANE,
        'lane = "toy_lane"',
        'lane = "toy_lane"\nmetric = "wal_s"',
        "lane.metric",
        "'wal_s' is no column of the lane 'toy_lane'",
        "'wall_s'",
    ),
    (
        LANE,
        '"geometric-mean"',
        '"sum"',
        "total",
        "the sum of ratios says nothing",
        "geometric-mean",
    ),
    (LANE, '"program"\ntotal = "geometric-mean"', '"project"', "scope", "is of engines", ""),
    (LANE, "\n[lane]", 'outputs = ["results"]\n[lane]', "outputs", "reads the history", ""),
    (BUILD, '"translate"', '"tranlate"', "build.stage", "no engine has a stage", "'translate'"),
    (
        BUILD,
        'stage = "translate"',
        'stage = "translate"\nmetric = "parse_s"',
        "build.metric",
        "no stage 'translate' tells 'parse_s'",
        "none does",
    ),
    (BUILD, '"seconds"', '"hit-ratio"', "build.take", "counts hits by engine", "engine"),
    (BUILD, 'scope = "program"', 'scope = "project"', "build.take", "builds of an engine", ""),
    (BUILD, 'stage = "translate"', "builds = 3", "build.builds", "has no effect", ""),
    (TEXT, 'scope = "program"', 'scope = "program"\nper = "calls"', "per", "divided by itself", ""),
    (TEXT, 'scope = "program"', 'scope = "program"\nper = "loop"', "per", "no signal 'loop'", ""),
]


@pytest.mark.parametrize(("text", "old", "new", "path", "message", "hint"), CASES)
def test_what_is_wrong(
    project: ManifestProject, text: str, old: str, new: str, path: str, message: str, hint: str
) -> None:
    assert text.count(old) == 1
    spoiled = HEAD + text.replace(old, new.replace("^", "", 1) if "^" in new else new)
    project.write(SIGNAL, spoiled)
    found = [one for one in project.diagnostics() if one.path == path]
    assert len(found) == 1, [str(one) for one in project.diagnostics()]
    assert message in found[0].message
    assert hint in (found[0].hint or "")
    if "^" in new:
        before = (HEAD + text.replace(old, new)).partition("^")[0]
        column = len(before) - before.rfind("\n")
        assert (found[0].line, found[0].column) == (before.count("\n") + 1, column)


def test_what_a_signal_is_divided_by(project: ManifestProject) -> None:
    other = HEAD.replace('"calls"', '"loops"')
    project.write(SIGNAL, HEAD + 'per = "loops"\n' + TEXT)
    project.write("manifests/signals/loops.toml", other + TEXT)
    assert project.diagnostics() == []
    project.write("manifests/signals/loops.toml", other + TEXT.replace('"program"', '"engine"'))
    assert "is in the scope 'engine', and this in 'program'" in str(project.diagnostics()[0])
    project.write("manifests/signals/loops.toml", other + 'per = "calls"\n' + TEXT)
    said = [one.message for one in project.diagnostics()]
    assert said == ["'loops' is a quotient itself", "'calls' is a quotient itself"]
    project.write("manifests/signals/loops.toml", other + TEXT)
    project.write(SIGNAL, HEAD + 'per = "loops"\ntotal = "mean"\n' + TEXT)
    assert "it is the quotient of the two sums" in str(project.diagnostics()[0])
