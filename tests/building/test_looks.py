"""Depfiles that tell what was looked for, and what was listed: a new file there makes a miss."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, executed
from import_projects import Hosted

from molt_build.actions.looks import parse_looks
from molt_build.errors import BuildFailed

LOOKED = 'depfile = { path = "seen", format = "looked" }\ncandidates = ["data/*.txt"]'
AUDITED = 'depfile = { path = "seen", format = "python-audit" }\ncandidates = ["data/**"]'
# The lines that the documentation gives a compiler.
PAGE = (REPOSITORY / "docs/manifests.md").read_text()
HOOK = next(
    block[1] for block in re.finditer(r"```python\n(.*?)```", PAGE, re.S) if "AUDIT" in block[1]
)


def looked(project: Project, lines: str) -> None:
    """Let the toy compiler leave these lines as its depfile."""
    text = project.read("tools/toyc").split("cat <<END", 1)[0].rstrip("\n")
    project.write("tools/toyc", f"{text}\ncat <<END >seen\n{lines}\nEND\n", executable=True)


@pytest.fixture
def one(toys: Project) -> Project:
    toys.replace("manifests/toolchains/toy.toml", 'candidates = ["data/*.txt"]', LOOKED)
    toys.write("programs/data/a b.txt", "")
    return toys


def test_what_was_read_absent_and_present(one: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "there").write_text("1")
    (outside / "folder").mkdir()
    lines = ["read data/a b.txt", "absent data/new.txt", "absent never/staged.txt"]
    lines += [f"{word} {outside}/{n}" for word, n in (("absent", "new"), ("present", "there"))]
    looked(one, "\n".join([*lines, f"present {outside}/folder"]))
    stage = ["one translate"]
    assert stage[0] in executed(one.build("one"))
    assert one.build("one")["up_to_date"] == 2
    one.write("programs/data/a b.txt", "edited")
    assert executed(one.build("one")) == stage
    one.write("programs/data/unread.txt", "")
    one.write("programs/never/staged.txt", "no candidate, so that it cannot be seen")
    (outside / "there").write_text("what it holds does not count")
    assert executed(one.build("one")) == []
    for path in (one.root / "programs/data/new.txt", outside / "new"):
        path.write_text("")
        assert one.run("build", "one").code in (1, 4)  # it still says that it is absent
        path.unlink()
        assert executed(one.build("one")) == []
    for path in (outside / "there", outside / "folder"):
        path.rename(outside / "elsewhere")
        (action, *_) = one.explain("one")
        assert action["status"] == "miss"
        (outside / "elsewhere").rename(path)
    assert executed(one.build("one")) == []


def test_a_word_that_is_none(one: Project) -> None:
    looked(one, "read data/a b.txt\nopened data/a b.txt")
    result = one.run("build", "one")
    assert result.code == 1
    assert "line 2: 'opened data/a b.txt'" in result.err
    assert "'absent PATH'" in result.err
    for text in ("read", "read ", "READ x"):
        with pytest.raises(BuildFailed):
            parse_looks(text, "looked")


def test_what_is_staged_is_not_absent(one: Project) -> None:
    looked(one, "absent data/a b.txt")
    result = one.run("build", "one")
    assert result.code == 1
    assert "says data/a b.txt was absent, and it was staged" in result.err


def test_what_the_command_made_itself_may_be_said_to_be_present(one: Project) -> None:
    looked(one, "present data/mine.txt\nread data/mine.txt")
    text = one.read("tools/toyc").replace(
        "cat <<END", "mkdir -p data; : > data/mine.txt\ncat <<END"
    )
    one.write("tools/toyc", text, executable=True)
    assert "one translate" in executed(one.build("one"))
    assert one.build("one")["up_to_date"] == 2
    one.write("programs/data/mine.txt", "it is staged, and may be looked at before it is made")
    (action, *_) = one.explain("one")
    assert action["status"] == "miss"


@pytest.fixture
def audited(tmp_path: Path) -> Hosted:
    hosted = Hosted(tmp_path)
    assert "AUDIT_HOOK" in HOOK
    hosted.project.replace("tools/frontend.py", "entry, out", HOOK + "entry, out")
    hosted.project.replace("tools/frontend.py", 'open("d", "w").close()', "")
    hosted.roots(".", "{project}/first", "{project}/last", declared=[], more=AUDITED)
    hosted.project.replace("manifests/toolchains/hosted.toml", 'imports = "python"\n', "")
    return hosted


def declare_roots(hosted: Hosted) -> None:
    more = 'imports = "python"\nimport_roots = [".", "{project}/first", "{project}/last"]\n'
    hosted.project.replace("manifests/toolchains/hosted.toml", "candidates", more + "candidates")


def test_an_audited_import_of_a_computed_name(audited: Hosted) -> None:
    audited.write(
        {
            "programs/app/main.py": (
                "import importlib\nprint(importlib.import_module('hel' + 'per').text)\n"
            ),
            "first/there.py": "",
            "last/helper.py": "from ns.part import text\n",
            "last/ns/part.py": "text = 'last'\n",
        }
    )
    declare_roots(audited)
    assert audited.built() == "last\n"
    assert audited.project.build()["up_to_date"] == 1
    audited.write({"last/unrelated.py": "", "first/unrelated.py": "", "last/ns/unrelated.py": ""})
    assert executed(audited.project.build()) == []
    audited.write({"last/ns/part.py": "text = 'edited'\n"})
    assert audited.built() == "edited\n"
    audited.write({"first/ns/part.py": "text = 'a portion'\n"})
    assert audited.built() == "a portion\n"
    audited.write({"first/helper/__init__.py": "text = 'a package'\n"})
    assert audited.built() == "a package\n"
    (action,) = audited.project.explain("prog", "--toolchain", "hosted")
    assert action["components"]["listed {project}/first"] == '["helper/"]'


def test_audited_files_and_folders(audited: Hosted) -> None:
    """What is opened, what is looked for by opening it, and what is listed."""
    audited.write(
        {
            "programs/app/main.py": (
                "import os, json\n"
                "try:\n    print(open('data/settings').read())\n"
                "except OSError:\n    print('no settings')\n"
                "print(sorted(os.listdir('data')), json.dumps(1))\n"
                "print(sorted(e.name for e in os.scandir('OUTSIDE')))\n"
            ).replace("OUTSIDE", str(audited.outside)),
            "programs/data/a": "",
            "programs/data/deep/a": "",
        }
    )
    first = audited.built()
    assert first == "no settings\n['a', 'deep'] 1\n['stdlib']\n"
    assert audited.project.build()["up_to_date"] == 1
    audited.write({"programs/data/a": "edited, and not read", "programs/data/deep/b": ""})
    assert executed(audited.project.build()) == []
    for path, wanted in (
        ("programs/data/settings", "set\n\n['a', 'deep', 'settings'] 1\n['stdlib']\n"),
        ("programs/data/new/a", "no settings\n['a', 'deep', 'new'] 1\n['stdlib']\n"),
        ("outside/new", "no settings\n['a', 'deep'] 1\n['new', 'stdlib']\n"),
    ):
        audited.write({path: "set\n"})
        assert audited.built() == wanted
        audited.path(path).unlink()
        if path.endswith("new/a"):
            audited.path("programs/data/new").rmdir()
        audited.project.build()
        assert audited.text() == first


def test_an_audit_refuses_files_that_were_not_declared(audited: Hosted) -> None:
    audited.write({"programs/app/main.py": "import helper\n", "last/helper.py": ""})
    result = audited.project.run("build")
    assert result.code == 1
    assert "read {project}/last/helper.py, which is no candidate" in result.err


def test_lines_of_an_audit() -> None:
    looks = parse_looks(
        '["open", "a/__pycache__/b.cpython-312.pyc", "r", 0]\n["open", 3, "r", 0]\n'
        '["open", "written", "w", 577]\n["open", "/dev/null", "r", 0]\n["os.listdir", null]\n'
        '["import", "a.b", null, ["x"], null]\n["import", "a.c", null, ["x"], ["y"]]\n'
        '["import", "a", "a.so", null, null]\n["sys.exit"]\n',
        "python-audit",
    )
    assert list(looks.opened) == ["a/b.py", "a.so"]
    assert list(looks.listed) == ["."]
    assert {folders: list(names) for folders, names in looks.imported.items()} == {
        ("x",): ["a.b"],
        ("y",): ["c"],
    }
    assert list(looks.search_paths) == [("x",)]
    for line in ("{}", "[]", '["open"]', '["open", "a", "r", "x"]', '["error", "why"]', "x"):
        with pytest.raises(BuildFailed):
            parse_looks(line, "python-audit")


def test_an_audited_compiler_reads_its_own_files(audited: Hosted) -> None:
    """Those of an artifact that its command names stand in the key already."""
    audited.write({"programs/app/main.py": "", "tools/passes.py": "text = 'one'\n"})
    audited.project.replace("tools/frontend.py", "entry, out", "import passes\nentry, out")
    audited.project.replace("tools/frontend.py", "text.getvalue()", "passes.text")
    manifest = "manifests/toolchains/hosted.toml"
    audited.project.replace(manifest, '"-I", "-B"', '"-B"')
    result = audited.project.run("build")
    assert "read {project}/tools/passes.py, which is no candidate" in result.err
    audited.project.replace(manifest, '"{project}/tools/front', '"{tools}/front')
    artifact = '[artifacts.tools]\npath = "{project}/tools"\n\n'
    audited.project.replace(manifest, "[queries", artifact + "[queries")
    assert audited.built() == "one"
    audited.write({"tools/passes.py": "text = 'two'\n"})
    assert audited.built() == "two"


def test_what_a_command_looks_for_and_then_makes_was_absent(audited: Hosted) -> None:
    """Nothing lies there when it is opened first, and at the end there does."""
    audited.write(
        {
            "programs/app/main.py": (
                "try:\n    text = open('data/settings').read()\n"
                "except OSError:\n    text = 'by default'\n"
                "    os = __import__('os')\n    os.makedirs('data', exist_ok=True)\n"
                "    open('data/settings', 'w').write(text)\n"
                "print(text, open('data/settings').read())\n"
            ),
            "programs/data/there": "",
        }
    )
    assert audited.built() == "by default by default\n"
    assert audited.project.build()["up_to_date"] == 1
    audited.write({"programs/data/settings": "set"})
    assert audited.built() == "set set\n"


def test_what_a_command_reads_and_then_removes_was_read(audited: Hosted) -> None:
    audited.write(
        {
            "programs/app/main.py": (
                "import os\nprint(open('data/settings').read())\nos.unlink('data/settings')\n"
            ),
            "programs/data/settings": "one",
        }
    )
    assert audited.built() == "one\n"
    audited.write({"programs/data/settings": "two"})
    assert audited.built() == "two\n"
