"""The manifest of a toolchain is begun from a pattern, which works as it is, and once edited."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, needs, workload
from markdown_pages import headings

from molt_build.cli.init_toolchain import FOLDER, PATTERNS
from molt_build.report.schema_reference import slug

TELLING = ("--check", "answers", "comments", "refusal", "steady")
ONE = ("--program", "one", "--check", "builds", "answers", "refusal")  # of compilers that take long
PROGRAM = "def main() -> None:\n    print(6 * 7)\n\n\nif __name__ == '__main__':\n    main()\n"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_valid_and_works_as_it_is(
    project: Project, environments: Path, pattern: str
) -> None:
    (project.cache / "environments").symlink_to(environments)
    result = project.run("init", "toolchain", "mine", "--pattern", pattern)
    assert (result.code, result.err) == (0, "")
    wrote, edit, next_words = result.out.splitlines()
    file = project.root / "manifests/toolchains/mine.toml"
    assert wrote == f"wrote manifests/toolchains/mine.toml: {PATTERNS[pattern]}"
    check = project.run("check")
    assert (check.code, check.err) == (0, "")
    marked = [n for n, line in enumerate(file.read_text().splitlines(), 1) if "EDIT" in line]
    assert edit == "edit the lines that say EDIT: " + ", ".join(
        str(n) for n in marked if file.read_text().splitlines()[n - 1][0] != "#"
    )
    words = TELLING
    if pattern == "translate-compile-link":
        words = ONE
        project.write("manifests/workloads/programs.toml", workload("python", "one"))
        project.write("programs/one.py", PROGRAM)
        needs("gcc")
        assert "molt-build pin mine" in next_words
        locks = file.parent / "locks"
        locks.mkdir()
        shutil.copy(REPOSITORY / "manifests/toolchains/locks/cython.txt", locks / "mine.txt")
    else:
        assert "pin" not in next_words
    tried = project.run("conformance", "mine", *words)
    assert tried.code == 0, tried.out + tried.err


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_pattern_proposes_in_comments_is_valid(project: Project, pattern: str) -> None:
    project.run("init", "toolchain", "mine", "--pattern", pattern)
    file = project.root / "manifests/toolchains/mine.toml"
    text, count = re.subn(r"(?m)^# (?=\[|[a-z_]+ = )", "", file.read_text())
    assert count >= 3
    file.write_text(text)
    check = project.run("check")
    assert (check.code, check.err) == (0, ""), check.err


def test_one_step_becomes_a_compiler_of_c(project: Project) -> None:
    """The lines that say EDIT, edited, and no others."""
    needs("gcc")
    project.run("init", "toolchain", "mine")
    lines = project.read("manifests/toolchains/mine.toml").splitlines()
    edits = {
        "description": 'description = "GCC, in one step."',
        "reason_pattern": "reason_pattern = ': error: (.+)$'",
        "path": 'names = ["gcc"]',
        "outputs": 'outputs = { result = "{module}" }',
        "compile": 'compile = ["-O2"]',
        "run": 'run = ["{result}", "{args}"]',
        "drive": "",
    }
    edited, is_command = [], False
    for line in lines:
        key = line.partition(" ")[0]
        if key == "argv":
            edited.append('argv = ["{compiler}", "{flags}", "{entry}", "-o", "{result}"]')
            is_command = True
        elif not is_command:
            is_marked = "EDIT" in line and not line.startswith("#")
            edited.append(edits.get(key, line) if is_marked else line)
        is_command = is_command and line != "]"
    text = "\n".join(edited).replace('accepts = ["python"]', 'accepts = ["c"]')
    project.write("manifests/toolchains/mine.toml", text.replace('imports = "python"', ""))
    project.write("manifests/workloads/programs.toml", workload("c", "one=one.c"))
    project.write("programs/one.c", '#include <stdio.h>\nint main(void) { return !puts("hi"); }\n')
    tried = project.run("conformance", "mine", "--json", "--check", "code", "answers", "refusal")
    assert tried.code == 0, tried.out + tried.err
    checks = {row["check"]: row["found"] for row in json.loads(tried.out)["checks"]}
    assert checks["code"] == "a line at the end of one.c: compile executed"
    assert "reason_pattern finds: expected identifier" in checks["refusal"]
    assert checks["answers"] == "cpython and it have no program in common"


def test_what_it_says_for_programs(project: Project) -> None:
    result = project.run("init", "toolchain", "mine", "--pattern", "jit", "--json")
    facts = json.loads(result.out)
    assert facts["name"] == "mine" and facts["pattern"] == "jit"
    assert facts["file"] == "manifests/toolchains/mine.toml"
    assert facts["next"] == ["molt-build check", "molt-build conformance mine"]
    lines = project.read(facts["file"]).splitlines()
    assert all("EDIT" in lines[number - 1] for number in facts["edit"])
    assert not re.search(r"\bNAME\b", project.read(facts["file"]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("toolchain",), "molt-build init toolchain NAME; a folder of that name is ./toolchain"),
        (("toolchain", "new", "--pattern", "on-step"), "did you mean one-step"),
        (("toolchain", "cython"), "there is a toolchain cython already"),
        (("toolchain", "Mine"), "is no name of a toolchain"),
        (("toolchian", "new"), "such as molt-build init toolchain new"),
        (("--pattern", "jit"), "such as molt-build init toolchain mycc"),
    ],
)
def test_what_it_refuses(project: Project, words: tuple[str, ...], said: str) -> None:
    before = sorted(project.root.rglob("*"))
    result = project.run("init", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    after = [path for path in project.root.rglob("*") if ".molt-build" not in path.parts]
    assert sorted(after) == before


def test_nothing_is_overwritten_and_a_folder_may_be_called_so(
    project: Project, tmp_path: Path
) -> None:
    file = project.root / "manifests/toolchains/mine.toml"
    project.run("init", "toolchain", "mine")
    file.write_text(file.read_text() + "# changed\n")
    again = project.run("init", "toolchain", "mine", "--pattern", "jit")
    assert again.code == 2 and "already" in again.err
    assert file.read_text().endswith("# changed\n")
    place = Project(tmp_path, project.cache, project.log_file)
    assert place.run("init", "./toolchain").code == 0
    assert 'name = "toolchain"' in (tmp_path / "toolchain/manifests/project.toml").read_text()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_its_comments_point_to_is_there(pattern: str) -> None:
    text = (FOLDER / f"{pattern}.toml").read_text()
    links = re.findall(r"(docs/[\w./]+\.md)(?:#([\w-]+))?", text)
    assert ("docs/reference/toolchain.md", "") in links
    for page, anchor in links:
        there = (REPOSITORY / page).read_text()
        titles = [slug(title) for level in (2, 3) for title in headings(there, level)]
        assert not anchor or anchor in titles, (page, anchor)
