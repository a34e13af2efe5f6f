"""Toolchains are tried as their authors should try them, and each carelessness is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, new_project, workload
from published import assert_published
from source_places import sha256

from molt_build.conformance.place import BROKEN, OWN
from molt_build.manifests.toolchain_checks import CONFORMANCE_TAGS

COPIER = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "copier"
description = "Writes a program anew, from its syntax tree."
engine = "compiler"
accepts = ["python"]
reason_pattern = '^copier: (.+)$'

[artifacts.copier]
path = "{project}/copier.py"

[[stages]]
name = "copy"
argv = ["{python}", "-I", "-S", "{copier}", "{entry}", "{script}"]
outputs = { script = "made/{module}.py" }
imports = "python"
digest = "tokens"
meaningful_comments = ['copier\\W*:']

[targets.native]
results = ["copy.script"]
run = ["{python}", "{script}", "{args}"]
environment = { PYTHONPATH = "{source_dir}" }
"""
COPIER_PY = """\
import ast, os, sys, time
text = open(sys.argv[1], encoding="utf-8").read()
try:
    made = ast.unparse(ast.parse(text))
except SyntaxError as error:
    print(f"copier: {error.msg}, line {error.lineno}")
    sys.exit(2)
# HERE
open(sys.argv[2], "w", encoding="utf-8").write(made)
"""
ALL = {
    *("ready", "builds", "answers", "again", "elsewhere", "code", "imports", "comments"),
    *("meaning", "reads", "paths", "deterministic", "profiles", "refusal", "steady", "interrupt"),
}


@pytest.fixture
def copier(tmp_path: Path) -> Project:
    project = new_project(tmp_path, "copier")
    project.write("manifests/toolchains/copier.toml", COPIER)
    project.write("copier.py", COPIER_PY)
    project.write("manifests/workloads/programs.toml", workload("python", "one"))
    project.write("programs/one.py", "print(1)\n")
    return project


def conformance(project: Project, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """The checks by name, of `molt-build conformance --json`."""
    result = project.run("conformance", *words, "--json")
    assert result.code == code, result.out + result.err
    facts = json.loads(result.out)
    assert_published("conformance", facts)
    checks = {row["check"]: row for row in facts["checks"]}
    verdicts = [row["verdict"] for row in facts["checks"]]
    assert all(row["to_do"] for row in facts["checks"] if row["verdict"] == "failed")
    for verdict in ("passed", "failed", "skipped"):
        assert facts[verdict] == verdicts.count(verdict)
    return checks


def files_of(project: Project) -> dict[str, bytes]:
    """What is in the project, but for what any command keeps of its manifests."""
    paths = [path for path in project.root.rglob("*") if path.is_file()]
    return {str(p): p.read_bytes() for p in paths if ".molt-build" not in p.parts}


def test_a_careful_toolchain_passes(copier: Project) -> None:
    before = files_of(copier)
    checks = conformance(copier, "copier")
    assert set(checks) == ALL
    assert {name for name, row in checks.items() if row["verdict"] != "passed"} == {"steady"}
    assert "declares no `drive`" in checks["steady"]["found"]
    assert checks["refusal"]["found"].endswith("reason_pattern finds: '(' was never closed, line 5")
    assert checks["builds"]["found"] == "7 of 7 programs build"
    # Nothing of it stays: not in the project, not in the store, no copy.
    assert files_of(copier) == before
    assert not (copier.root / ".molt-build/out").exists()
    assert not list(copier.cache.glob("conformance-*")) and not (copier.cache / "store").exists()


@pytest.mark.parametrize(
    ("fault", "failing", "said"),
    [
        ('made += f"# {time.time()}"', "deterministic", "it looks like a time"),
        ('made += "#" + os.getcwd()', "paths", "the path of the staging directory"),
        ('made = made.replace("7", "8")', "answers", "line 1 is '3996000', and should be"),
        ("made = text", "comments", "would change script of copy"),
        ('made += "" if "7" in made else ")"', "answers", "SyntaxError"),
        (
            '"umlauts" in sys.argv[1] and sys.exit("not this")',
            "builds",
            "umlauts (unicode) copy: not this",
        ),
    ],
)
def test_a_careless_one_is_found(copier: Project, fault: str, failing: str, said: str) -> None:
    copier.write("copier.py", COPIER_PY.replace("# HERE", fault))
    row = conformance(copier, "copier", "--check", failing, code=1)[failing]
    assert row["verdict"] == "failed"
    assert said in " ".join((row["found"], *row["details"]))


def imported(copier: Project, output: str) -> None:
    """Have what is built be imported, with the program's folder on the path as well."""
    manifest = "manifests/toolchains/copier.toml"
    copier.replace(manifest, "made/{module}.py", output)
    run = '["{python}", "-c", "import {module}; {module}.main()", "{args}"]'
    copier.replace(manifest, '["{python}", "{script}", "{args}"]', run)
    drive = '"{out}/made:{source_dir}" }\ndrive = ["{python}", "{driver}", "{args}"]'
    copier.replace(manifest, '"{source_dir}" }', drive)


def test_a_source_that_runs_for_what_was_built_is_found(copier: Project) -> None:
    imported(copier, "made/{module}.sox")
    words = ("--check", "answers", "code", "imports", "steady")
    checks = conformance(copier, "copier", *words, code=1)
    answers = checks["answers"]
    assert answers["found"] == "0 of 7 programs print and end as with cpython"
    first = answers["details"][0]
    assert first.startswith("conformance_counting: counting was loaded from ")
    assert "/conformance/counting.py, not from what was built in " in first
    assert "has the name of a module" in answers["to_do"]
    for name in ("code", "imports", "steady"):
        assert checks[name]["verdict"] == "skipped"
        assert checks[name]["found"].startswith("answers failed: conformance_")
    copier.replace("manifests/toolchains/copier.toml", "made/{module}.sox", "made/{module}.py")
    checks = conformance(copier, "copier", *words)
    assert {row["verdict"] for row in checks.values()} == {"passed"}


def test_a_status_that_is_wanted_for_another_reason(copier: Project) -> None:
    """A program that should end with status 1 does, but of an import that fails."""
    fault = 'made = "import gone_module\\n" + made'
    copier.write("copier.py", COPIER_PY.replace("# HERE", fault))
    checks = conformance(copier, "copier", "--check", "answers", "code", "steady", code=1)
    [raising] = [one for one in checks["answers"]["details"] if "_raising: " in one]
    assert "line 1 is ''" in raising and "No module named 'gone_module'" in raising
    assert checks["code"]["verdict"] == "skipped"


def test_an_undeclared_read_is_found(copier: Project) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not on PATH")
    copier.replace("copier.py", "# HERE", 'open(sys.argv[3]).close() if sys.argv[3:] else ""')
    copier.replace(
        "manifests/toolchains/copier.toml",
        '"{script}"]\noutputs',
        '"{script}", "{project}/programs/one.py"]\noutputs',
    )
    row = conformance(copier, "copier", "--check", "reads", code=1)["reads"]
    assert "files of the project that were neither staged nor declared" in row["details"][0]
    assert "{project}/programs/one.py" in row["details"][0]


def test_comments_that_are_not_seen_are_found(copier: Project) -> None:
    """One that changes what is made must be in the key: here the pattern finds another."""
    manifest = "manifests/toolchains/copier.toml"
    copier.replace("copier.py", "# HERE", 'made += "no_meaning = 1" * ("no meaning" in text)')
    row = conformance(copier, "copier", "--check", "comments", code=1)["comments"]
    assert "meaningful_comments for those that it reads" in row["to_do"]
    copier.replace(manifest, "'copier\\W*:'", "'no meaning'")
    checks = conformance(copier, "copier", "--check", "comments", "meaning", code=1)
    assert checks["comments"]["found"] == "an edited comment executed copy"
    assert checks["meaning"]["found"] == "# no meaning would be built"


def test_a_reason_is_asked_for(copier: Project) -> None:
    copier.replace("copier.py", "except SyntaxError as error:", "except ImportError as error:")
    row = conformance(copier, "copier", "--check", "refusal", code=1)["refusal"]
    assert "reason_pattern finds nothing" in row["found"]
    copier.replace("manifests/toolchains/copier.toml", "reason_pattern = '^copier: (.+)$'\n", "")
    row = conformance(copier, "copier", "--check", "refusal", code=1)["refusal"]
    assert row["found"].startswith("copy fails with a traceback: SyntaxError")
    copier.replace("copier.py", "made = ast.unparse(ast.parse(text))", "made = text")
    row = conformance(copier, "copier", "--check", "refusal", code=1)["refusal"]
    assert row["found"] == "a program with a parenthesis that is never closed was built"


@pytest.mark.parametrize(
    ("refuses", "limit_s", "found"),
    [
        (
            "sys.exit(2)",
            600,
            "conformance_broken: copier copy failed with exit status 2, and says nothing",
        ),
        (
            "time.sleep(600)",
            4,
            "is not refused: conformance_broken: copier copy was ended after its time limit",
        ),
        ("os.abort()", 600, "was killed by signal 6"),
        ("print('copier: no'); sys.exit(0)", 600, "did not make its output script"),
    ],
)
def test_a_refusal_is_an_exit_status_and_words(
    copier: Project, refuses: str, limit_s: int, found: str
) -> None:
    said = 'print(f"copier: {error.msg}, line {error.lineno}")\n    sys.exit(2)'
    copier.replace("copier.py", said, refuses)
    copier.replace(
        "manifests/toolchains/copier.toml",
        'imports = "python"',
        f'imports = "python"\ntimeout_s = {limit_s}',
    )
    row = conformance(copier, "copier", "--check", "refusal", code=1)["refusal"]
    assert row["verdict"] == "failed" and found in row["found"], row["found"]


def test_what_it_does_not_take_is_declared(copier: Project) -> None:
    declared = '\n[[unsupported]]\ntags = ["exceptions", "imports"]\nreason = "numbers alone"\n'
    manifest = copier.root / "manifests/toolchains/copier.toml"
    manifest.write_text(manifest.read_text() + declared)
    checks = conformance(copier, "copier", "--check", "builds", "imports")
    assert checks["builds"]["found"] == "4 of 4 programs build"
    names = ", ".join(f"conformance_{one}" for one in ("importing", "leaving", "raising"))
    assert checks["builds"]["details"] == [f"not taken: {names} (numbers alone)"]
    assert checks["imports"]["verdict"] == "skipped"


def test_programs_of_the_project(copier: Project) -> None:
    checks = conformance(copier, "copier:release@native", "--program", "one", "--check", "code")
    assert checks["code"]["found"] == "another number in one.py: copy executed"
    copier.replace("manifests/toolchains/copier.toml", "made/{module}.py", "{module}.py")
    row = conformance(copier, "copier", "--program", "one", "--check", "builds", code=1)["builds"]
    [wrong] = row["details"]
    assert row["found"] == "0 of 1 program builds"
    assert wrong == "one copy: one: copier copy would make one.py, which is the program itself"
    words = ("--program", "one", "--check", "builds", "again", "elsewhere", "answers", "code")
    for name, row in conformance(copier, "copier", *words, code=1).items():
        if name not in ("ready", "builds"):
            assert (row["verdict"], row["found"]) == ("skipped", "no program could be built")
    result = copier.run("conformance", "copier", "--program", "on", "--check", "code")
    assert result.code == 2 and "did you mean one?" in result.err


def test_what_fails_is_declared_as_the_advice_says(copier: Project) -> None:
    """The block of the advice, pasted: one program of two of its tag, and one alone of its own."""
    fault = 'sys.argv[1] in ("leaving.py", "umlauts.py") and sys.exit("copier: not this")'
    copier.write("copier.py", COPIER_PY.replace("# HERE", fault))
    checks = conformance(copier, "copier", "--check", "ready", "builds", code=1)
    assert set(checks) == {"ready", "builds"}
    assert "conformance_umlauts (unicode) copy: not this" in checks["builds"]["details"]
    block = "\n" + checks["builds"]["to_do"].partition("\n")[2] + "\n"
    assert block.count("[[unsupported]]") == 2
    shown = copier.run("conformance", "copier", "--check", "builds").out
    assert all(f"\n{'':16}{line}\n" in shown for line in block.split("\n") if line)
    manifest = copier.root / "manifests/toolchains/copier.toml"
    manifest.write_text(manifest.read_text() + block)
    checks = conformance(copier, "copier", "--check", "builds")
    assert checks["builds"]["found"] == "5 of 5 programs build"


def test_what_it_is_made_of_may_be_an_archive_of_the_project(copier: Project) -> None:
    """One that nobody has unpacked yet."""
    copier.write("sdk/copier.py", COPIER_PY)
    archive = shutil.make_archive(str(copier.root / "sdk"), "tar", copier.root, "sdk")
    (copier.root / "copier.py").unlink()
    pin = sha256(Path(archive).read_bytes())
    made_of = f'source = {{ archive = "sdk.tar", sha256 = "{pin}" }}'
    manifest = "manifests/toolchains/copier.toml"
    copier.replace(manifest, 'path = "{project}/copier.py"', made_of)
    copier.replace(manifest, '"{copier}"', '"{copier}/copier.py"')
    checks = conformance(copier, "copier", "--check", "builds")
    assert checks["builds"]["found"] == "7 of 7 programs build"


def test_ready_may_be_asked_for_alone(copier: Project) -> None:
    assert set(conformance(copier, "copier", "--check", "ready")) == {"ready"}


def test_the_tags_that_check_knows_are_those_of_our_programs() -> None:
    assert {one.about for one in (*OWN, BROKEN)} == CONFORMANCE_TAGS


def test_the_start_up_program_is_named_as_such(copier: Project) -> None:
    workload = next((copier.root / "manifests/workloads").glob("*.toml")).stem
    lane = f"""\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "ones"
description = "Measured."
workloads = ["{workload}"]
reference = "cpython"
subject = "copier"
engines = ["copier"]
profile = "dev"
startup_program = "one"
"""
    copier.write("manifests/lanes/ones.toml", lane)
    checks = conformance(copier, "copier", "--check", "builds")
    told = "8 of 8 programs build; one is the project's start-up program"
    assert checks["builds"]["found"] == told


def test_an_interpreter_has_fewer_checks(project: Project) -> None:
    checks = conformance(project, "cpython")
    assert set(checks) == {"ready", "answers", "refusal", "steady"}
    assert {row["verdict"] for row in checks.values()} == {"passed"}


def test_one_that_is_not_there(copier: Project) -> None:
    gone = '[executables.gone]\nnames = ["gone-cc"]\ninstall_hint = "apt-get install gone"\n\n'
    copier.replace("manifests/toolchains/copier.toml", "[artifacts", f"{gone}[artifacts")
    copier.replace(
        "manifests/toolchains/copier.toml", '"-S", "{copier}"', '"-S", "{copier}", "{gone}"'
    )
    checks = conformance(copier, "copier", code=3)
    assert checks["ready"]["to_do"] == "apt-get install gone"
    assert {row["verdict"] for name, row in checks.items() if name != "ready"} == {"skipped"}


def test_what_is_shown(copier: Project) -> None:
    copier.write("copier.py", COPIER_PY.replace("# HERE", 'made += f"# {time.time()}"'))
    words = ("conformance", "copier", "--check", "builds", "deterministic", "--keep")
    result = copier.run(*words)
    assert (result.code, result.err) == (1, "")
    ready, builds, *rest = result.out.splitlines()
    assert ready.startswith("passed   ready ")
    assert builds == "passed   builds         7 of 7 programs build"
    assert rest[0].startswith("failed   deterministic  two builds of the same sources differ")
    assert any(line.startswith("         to do: take time, paths") for line in rest)
    assert rest[-2].startswith("copier dev: 2 passed, 1 failed, 0 skipped in ")
    kept = Path(rest[-1].removeprefix("kept: "))
    copy = Project(kept / "one/project", copier.cache, copier.log_file)
    assert copy.build("conformance_counting", "--toolchain", "copier")["up_to_date"] == 1
    for words, hint in (
        (("conformance", "copyer"), "did you mean copier?"),
        (("conformance", "copier:relase"), "did you mean release"),
        (("conformance", "copier", "--check", "bilds"), "did you mean builds?"),
        (("conformance", "copier@rev:HEAD"), "leave the revision away"),
        (("conformance", "gcc"), "declare a workload of that language"),
    ):
        result = copier.run(*words)
        assert result.code == 2 and hint in result.err, result.err
