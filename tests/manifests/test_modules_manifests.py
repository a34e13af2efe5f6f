"""What is wrong with rules about modules is said where it is wrong, with what may be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifest_projects import ManifestProject, lone_project

from molt_build.manifests.loading import load

RULES = "manifests/signals/backed.toml"
OTHER = "manifests/signals/loose.toml"
HEAD = """\
#:schema ../../schemas/signal.schema.json
kind = "signal"
schema_version = 1
name = "backed"
description = "Modules."
scope = "project"
better = "higher"
"""
TEXT = (
    HEAD
    + """\
files = ["programs/*.py"]

[modules]
take = "share"
of = ["backed"]

[modules.marks.loads]
calls = ["load"]
argument = { prefix = "rt_" }
inside = ["function"]

[modules.marks.todo]
text = "TODO"

[[modules.classes]]
name = "partial"
has = ["loads", "todo"]

[[modules.classes]]
name = "backed"
only = { loads = ["rt_a"] }
at_least = { loads = 2 }

[[modules.classes]]
name = "plain"

[[modules.closures]]
name = "strict"
roots = ["socket"]
allowed = ["backed"]

[[modules.fallbacks]]
name = "none"
classes = ["backed"]
"""
)
LIKE = (
    HEAD.replace("backed", "loose")
    + """\

[modules]
like = "backed"
take = "violations"
"""
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "project", monkeypatch)


def test_rules_are_read_and_shared(project: ManifestProject) -> None:
    project.write(RULES, TEXT)
    project.write(OTHER, LIKE + 'root = "programs"\n')
    assert [str(one) for one in project.diagnostics()] == []
    signals = load(project.root).signals
    own, like = signals["backed"].modules, signals["loose"].modules
    assert own is not None and like is not None
    assert own.class_names == ("partial", "backed", "plain")
    assert [mark.name for mark in own.marks] == ["loads", "todo"]
    assert (own.closures[0].ignored, own.fallbacks[0].imports) == (("type-checking",), ("*",))
    assert (like.marks, like.classes, like.closures) == (own.marks, own.classes, own.closures)
    assert (like.take, like.root, own.root) == ("violations", "programs", ".")
    assert signals["loose"].files == ("programs/*.py",)


# What is replaced, by what; path; message; hint
CASES = [
    (
        'has = ["loads", "todo"]',
        'has = ["loads", "tod"]',
        "classes[0].has[1]",
        "no mark 'tod'",
        "todo",
    ),
    ("only = { loads", "only = { load", "classes[1].only.load", "there is no mark 'load'", "loads"),
    (
        'text = "TODO"',
        'text = "TODO"\nnames = ["x"]',
        "marks.todo.text",
        "needs exactly one of",
        "",
    ),
    ('text = "TODO"', "", "marks.todo", "needs exactly one of calls, imports", ""),
    ('text = "TODO"', 'text = "("', "marks.todo.text", "is not a regular expression", ""),
    ('text = "TODO"', 'text = "T"\nunparsed = "T"', "marks.todo.unparsed", "has no effect", ""),
    ('calls = ["load"]', 'names = ["load"]', "marks.loads.argument", "it is about calls", ""),
    ('calls = ["load"]', 'calls = ["load("]', "marks.loads.calls[0]", "'load(' is not a name", ""),
    (
        '{ prefix = "rt_" }',
        '{ prefix = "rt_", equals = ["a"] }',
        "marks.loads.argument.equals",
        "needs exactly one of prefix, equals, pattern",
        "",
    ),
    (
        'inside = ["function"]',
        'inside = ["functions"]',
        "marks.loads.inside[0]",
        "'functions' is not allowed",
        "function",
    ),
    (
        'inside = ["function"]',
        'inside = ["function"]\noutside = ["function"]',
        "marks.loads.inside[0]",
        "both inside and outside",
        "",
    ),
    (
        'inside = ["function"]',
        'inside = ["function", "module"]',
        "marks.loads.inside",
        "nothing stands there",
        "",
    ),
    ('has = ["loads", "todo"]', 'has = ["loads"]', "marks.todo", "no class asks for it", "has"),
    (
        'has = ["loads", "todo"]',
        'has = ["todo"]\nlacks = ["todo"]',
        "classes[0].has[0]",
        "the rule never fits",
        "",
    ),
    (
        "at_least = { loads = 2 }",
        "at_least = { loads = 2 }\nat_most = { loads = 1 }",
        "classes[1].at_most.loads",
        "the rule never fits: at least 2, at most 1",
        "",
    ),
    (
        'name = "partial"\n',
        'name = "partial"\n[[modules.classes]]\nname = "x"\n',
        "classes[1]",
        "never decides: classes[0] fits every module",
        "",
    ),
    ('of = ["backed"]', 'of = ["back"]', "of[0]", "no rule leads to the class 'back'", "backed"),
    ('of = ["backed"]', "", "take", "the share of all modules is 1", "name classes in of"),
    ('"share"', '"violations"', "of", "violations are counted", ""),
    (
        'allowed = ["backed"]',
        'allowed = ["bac"]',
        "closures[0].allowed[0]",
        "class 'bac'",
        "backed",
    ),
    ('roots = ["socket"]', "", "closures[0]", "needs at least one of roots, classes", ""),
    ('files = ["programs/*.py"]', "", "", "needs at least one of outputs, files", ""),
    ('files = ["programs/*.py"]', 'outputs = ["*"]', "root", "missing key", "STAGE.OUTPUT"),
    ('take = "share"', 'like = "other"', "like", "there is no signal 'other'", ""),
    ('take = "share"', 'like = "backed"', "like", "cannot be like itself", ""),
]


@pytest.mark.parametrize(("old", "new", "path", "message", "hint"), CASES)
def test_what_is_wrong(
    project: ManifestProject, old: str, new: str, path: str, message: str, hint: str
) -> None:
    assert TEXT.count(old) == 1
    project.write(RULES, TEXT.replace(old, new))
    found = [str(one) for one in project.diagnostics()]
    wanted = f"modules.{path}: " if path else "modules: "
    said = [line for line in found if wanted in line and message in line]
    assert len(said) == 1, found
    assert hint in said[0]


def test_what_a_signal_cannot_be_like(project: ManifestProject) -> None:
    project.write(RULES, TEXT)
    project.write(OTHER, LIKE.replace("backed", "third"))
    third = LIKE.replace("loose", "third")
    project.write("manifests/signals/third.toml", third)
    said = [str(one) for one in project.diagnostics()]
    assert len(said) == 1
    assert "modules.like: 'third' is itself like another" in said[0]
    assert "name the one whose rules they are: backed" in said[0]
    size = third.partition("[modules]")[0] + 'files = ["*.py"]\n[size]\n'
    project.write("manifests/signals/third.toml", size)
    said = [str(one) for one in project.diagnostics()]
    assert any("'third' has not the reader 'modules'" in line for line in said), said


def test_violations_need_something_to_violate(project: ManifestProject) -> None:
    project.write(RULES, TEXT.partition("[[modules.closures]]")[0])
    project.write(OTHER, LIKE)
    (said,) = project.diagnostics()
    assert "nothing can be violated" in said.message and said.path == "modules.take"
