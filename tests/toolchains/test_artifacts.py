"""Artifacts of toolchains: files and folders that commands read where they lie."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from build_projects import Project, executed, new_project, statuses, workload

TOY = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toy"
description = "A compiler whose frontend is a folder of scripts."
engine = "compiler"
accepts = ["toy"]

[artifacts.frontend]
path = "{project}/frontend"
FILES

[artifacts.runtime]
path = "{project}/runtime.txt"

[[stages]]
name = "front"
argv = ["sh", "{frontend}/main.sh", "{entry}", "{ir}"]
outputs = { ir = "{module}.ir" }

[[stages]]
name = "back"
inputs = { ir = "front.ir" }
argv = ["sh", "-c", "cat {ir} {runtime} > {text}"]
outputs = { text = "{module}.text" }

[targets.native]
results = ["back.text"]
run = ["cat", "{text}"]
"""

# Says which of its parts there are, and which of them may be executed.
MAIN = """\
cd "$(dirname "$0")" && parts=$(for part in lib/*.sh lib/deep/*.sh; do
    [ -x "$part" ] && echo "$part x $(cat "$part")" || echo "$part $(cat "$part")"
done)
cd - > /dev/null
{ cat "$1"; echo "$parts"; } > "$2"
"""


@pytest.fixture
def toy(tmp_path: Path) -> Project:
    project = new_project(tmp_path, "toy")
    project.write("manifests/toolchains/toy.toml", TOY.replace("FILES", ""))
    project.write("manifests/workloads/programs.toml", workload("toy", "one=one.toy"))
    project.write("programs/one.toy", "one\n")
    project.write("frontend/main.sh", MAIN)
    project.write("frontend/lib/a.sh", "a")
    project.write("frontend/lib/deep/b.sh", "b")
    project.write("frontend/notes.md", "for people")
    project.write("runtime.txt", "runtime\n")
    assert executed(project.build()) == ["one front", "one back"]
    assert project.build()["up_to_date"] == 2
    return project


def text(project: Project) -> str:
    return project.output("one/one.text").read_text()


def test_an_artifact_is_part_of_the_stages_that_mention_it(toy: Project) -> None:
    [front, back] = toy.explain()
    assert "toy frontend artifact" in front["components"]
    assert "toy runtime artifact" not in front["components"]
    assert "toy runtime artifact" in back["components"]
    assert '"{project}/frontend/main.sh"' in front["components"]["argv"]
    toy.write("runtime.txt", "another\n")
    assert statuses(toy.build()) == {"one front": "up-to-date", "one back": "executed"}
    assert text(toy).endswith("another\n")
    toy.replace("frontend/main.sh", 'cd "$(', '# a comment\ncd "$(')
    assert statuses(toy.build()) == {"one front": "executed", "one back": "up-to-date"}
    toy.write("frontend/lib/a.sh", "A")
    assert executed(toy.build()) == ["one front", "one back"]
    assert "lib/a.sh A" in text(toy)


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda folder: (folder / "lib/a.sh").write_text("A"),
    "added": lambda folder: (folder / "lib/c.sh").write_text("c"),
    "removed": lambda folder: (folder / "lib/a.sh").unlink(),
    "renamed": lambda folder: (folder / "lib/a.sh").rename(folder / "lib/z.sh"),
    "made executable": lambda folder: (folder / "lib/a.sh").chmod(0o755),
    "added deep": lambda folder: (folder / "lib/deep/d.sh").write_text("d"),
    "a folder renamed": lambda folder: (folder / "lib/deep").rename(folder / "lib/other"),
    "a link that leads nowhere added": lambda folder: (folder / "lib/e.sh").symlink_to(
        "nothing.sh"
    ),
    "a folder removed": lambda folder: shutil.rmtree(folder / "lib/deep"),
    "a link put in its place": lambda folder: (
        (folder / "lib/a.sh").unlink(),
        (folder / "lib/a.sh").symlink_to("deep/b.sh"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_warm_path_sees_every_change(toy: Project, change: str) -> None:
    before = text(toy)
    CHANGES[change](toy.root / "frontend")
    report = toy.build()
    assert statuses(report)["one front"] == "executed"
    assert text(toy) != before
    assert toy.build()["up_to_date"] == 2


def test_byte_code_and_what_no_glob_fits_do_not_count(toy: Project) -> None:
    toy.write("frontend/lib/__pycache__/a.pyc", "x")
    toy.write("frontend/lib/a.pyc", "x")
    assert toy.build()["up_to_date"] == 2
    toy.write("frontend/notes.md", "for other people")
    assert statuses(toy.build())["one front"] == "executed"
    toy.write("manifests/toolchains/toy.toml", TOY.replace("FILES", 'files = ["**/*.sh"]'))
    assert statuses(toy.build())["one front"] == "executed"
    toy.write("frontend/notes.md", "for nobody")
    assert toy.build()["up_to_date"] == 2
    toy.write("frontend/.hidden.sh", "it counts")
    assert statuses(toy.build())["one front"] == "executed"


def test_links_do_not_lead_out(toy: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside.sh"
    outside.write_text("o")
    (toy.root / "frontend/lib/o.sh").symlink_to(outside)
    refused = toy.run("build")
    assert refused.code == 2
    assert "frontend/lib/o.sh is a link that leads out, to " in refused.err
    (toy.root / "frontend/lib/o.sh").unlink()
    # Into the project it is followed, and around in circles it is not.
    toy.write("shared/s.sh", "s")
    (toy.root / "frontend/lib/s.sh").symlink_to("../../shared/s.sh")
    (toy.root / "frontend/lib/round").symlink_to("..")
    assert statuses(toy.build())["one front"] == "executed"
    assert toy.build()["up_to_date"] == 2
    toy.write("shared/s.sh", "S")
    assert statuses(toy.build())["one front"] == "executed"
    assert "lib/s.sh S" in text(toy)


def test_what_changes_while_a_stage_runs_is_not_stored(toy: Project) -> None:
    edit = 'cp "$0" "$0.new"; echo c > "$(dirname "$0")/lib/c.sh"\n'
    toy.write("frontend/main.sh", MAIN + edit)
    failed = toy.run("build")
    assert failed.code == 4
    assert "changed while front ran" in failed.err
    assert str(toy.root / "frontend") in failed.err


def test_an_artifact_that_is_not_there(toy: Project) -> None:
    shutil.rmtree(toy.root / "frontend")
    missing = toy.run("build")
    assert missing.code == 3
    assert f"toy needs the artifact frontend at {toy.root}/frontend" in missing.err
    (toy.root / "frontend").mkdir()
    empty = toy.run("build")
    assert empty.code == 3
    assert "no file of the artifact frontend" in empty.err


def test_an_answer_hangs_on_what_the_question_names(toy: Project) -> None:
    query = '[queries.fact]\nargv = ["/bin/sh", "{frontend}/lib/a.sh"]\n\n'
    front = '[[stages]]\nname = "front"'
    toy.replace("manifests/toolchains/toy.toml", front, query + front)
    toy.replace("manifests/toolchains/toy.toml", '"{ir}"]', '"{ir}", "{fact}"]')
    for answer in ("first", "second"):
        toy.write("frontend/lib/a.sh", f"echo {answer}")
        toy.build()
        front = toy.explain()[0]
        assert front["components"]["toy fact"] == answer


def test_a_depfile_may_name_what_an_artifact_holds(toy: Project) -> None:
    toy.replace(
        "manifests/toolchains/toy.toml",
        'outputs = { ir = "{module}.ir" }',
        'outputs = { ir = "{module}.ir" }\ndepfile = { path = "reads", format = "lines" }',
    )
    folder = toy.root / "frontend"
    named = [folder, folder / "main.sh", folder / "lib/a.sh"]
    tell = "".join(f'echo "{path}" >> reads\n' for path in named)
    toy.write("frontend/main.sh", f"{MAIN}{tell}")
    assert statuses(toy.build())["one front"] == "executed"
    reads = [name for name in toy.explain()[0]["components"] if name.startswith("read ")]
    assert reads == []
    assert toy.build()["up_to_date"] == 2
    # What lies in its folder and does not count is no part of the key.
    files = TOY.replace("FILES", 'files = ["**/*.sh"]')
    depfile = 'outputs = { ir = "{module}.ir" }\ndepfile = { path = "reads", format = "lines" }'
    files = files.replace('outputs = { ir = "{module}.ir" }', depfile)
    toy.write("manifests/toolchains/toy.toml", files)
    toy.write("frontend/main.sh", f'{MAIN}echo "{folder}/notes.md" >> reads\n')
    failed = toy.run("build")
    assert failed.code == 1
    assert "read {project}/frontend/notes.md, which is no candidate" in failed.err


def test_a_link_that_leads_nowhere_may_lead_somewhere_later(toy: Project) -> None:
    (toy.root / "frontend/lib/e.sh").symlink_to("../../elsewhere.sh")
    assert statuses(toy.build())["one front"] == "executed"
    assert toy.build()["up_to_date"] == 2
    toy.write("elsewhere.sh", "E")
    assert statuses(toy.build())["one front"] == "executed"
    assert "lib/e.sh E" in text(toy)


@pytest.mark.parametrize("files", ["", 'files = ["**/*.py"]'])
def test_a_frontend_in_python_may_write_its_byte_code(toy: Project, files: str) -> None:
    manifest = TOY.replace("FILES", files)
    argv = '["{python}", "-I", "{frontend}/main.py", "{entry}", "{ir}"]'
    manifest = manifest.replace('["sh", "{frontend}/main.sh", "{entry}", "{ir}"]', argv)
    toy.write("manifests/toolchains/toy.toml", manifest)
    main = "import sys, shutil, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n"
    main += "import part.inner\nshutil.copy(sys.argv[1], sys.argv[2])\n"
    main += "open(sys.argv[2], 'a').write(part.inner.TEXT)\n"
    toy.write("frontend/main.py", main)
    toy.write("frontend/part/__init__.py", "")
    for number, wanted in enumerate(("first\n", "second, and longer\n")):
        toy.write("frontend/part/inner.py", f"TEXT = {wanted!r}\n")
        assert statuses(toy.build())["one front"] == "executed"
        assert (toy.root / "frontend/part/__pycache__").is_dir(), number
        assert wanted in text(toy)
        assert toy.build()["up_to_date"] == 2
        assert toy.build()["up_to_date"] == 2
    # Something else that comes along with it does not pass.
    shutil.rmtree(toy.root / "frontend/part/__pycache__")
    toy.write("frontend/main.py", main + "open(__file__ + '.new.py', 'w')\n")
    failed = toy.run("build")
    assert failed.code == 4
    assert f"{toy.root}/frontend changed while front ran" in failed.err
