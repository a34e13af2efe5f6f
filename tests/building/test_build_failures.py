"""What a user sees when a stage fails, and what a build does then."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, executed, statuses
from other_processes import running

TOY = "manifests/toolchains/toy.toml"


def pasted(message: str) -> str:
    """The command that a failure shows."""
    found = re.search(r"^\s*\$ (.+)$", message, re.MULTILINE)
    assert found is not None, message
    return found.group(1)


def test_a_failing_stage(toys: Project) -> None:
    toys.write("programs/two.toy", "FAIL\n")
    result = toys.run("build", "two", "--keep-staging")
    assert result.code == 1
    assert "two: toy translate failed with exit status 7" in result.err
    assert "some output" in result.err
    assert 'it\'s too "hard"' in result.err
    assert toys.log() == ["translate two.toy"]
    kept = re.search(r"staging directory was kept: (\S+)", result.err)
    assert kept is not None
    assert (Path(kept.group(1)) / "stage/two.toy").read_text() == "FAIL\n"
    again = subprocess.run(
        ["sh", "-c", pasted(result.err)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 7
    assert 'too "hard"' in again.stderr


def test_a_failure_says_once_how_to_look_closer(toys: Project) -> None:
    toys.write("programs/two.toy", "FAIL\n")
    toys.write("programs/three.toy", "FAIL\n")
    closer = "for a look at the stage's directory: molt-build build "
    for words in (("two", "three", "--keep-going"), ("two", "--json")):
        err = toys.run("build", *words).err
        line = re.findall(f"^{closer}(.*)$", err, re.MULTILINE)
        assert line == ["two --engine toy:dev --keep-staging"]
    kept = toys.run("build", *line[0].split())
    assert "staging directory was kept" in kept.err and closer not in kept.err
    (toys.root / "programs/two.toy").unlink()  # then no command is run that would leave anything
    gone = toys.run("build", "two").err
    assert "two.toy does not exist" in gone and closer not in gone


def test_a_failure_in_json(toys: Project) -> None:
    toys.write("programs/two.toy", "FAIL\n")
    result = toys.run("build", "two", "--json")
    assert result.code == 1
    report = json.loads(result.out)
    assert (report["executed"], report["failed"]) == (0, 1)
    [row] = report["actions"]
    assert row["status"] == "failed"
    assert row["reason"].startswith('it\'s too "hard" in ')
    assert "exit status 7" in row["message"]
    shown = pasted(row["message"])
    assert shown.startswith("env -i ") and " HOME={home} " in shown  # those folders are gone
    assert "/staging/" not in shown
    kept = pasted(toys.run("build", "two", "--keep-staging").err)
    folder = Path(kept.removeprefix("cd ").partition(" && ")[0])
    assert folder.is_dir() and f"HOME={folder.parent / 'home'} " in kept


def test_a_command_with_awkward_words_can_be_pasted(toys: Project) -> None:
    toys.replace(TOY, '"-v"', '"a b", "it\'s", "$HOME", "*", "\\"", "\\\\", ""')
    toys.write("programs/two.toy", "FAIL\n")
    result = toys.run("build", "two", "--keep-staging")
    script = pasted(result.err).replace(str(toys.root / "tools/toyc"), "printf '<%s>'")
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.endswith("<two.text><a b><it's><$HOME><*><\"><\\><>")


def test_a_failure_is_not_stored(toys: Project) -> None:
    toys.write("programs/two.toy", "FAIL\n")
    for _ in range(2):
        assert toys.build("two", code=1)["failed"] == 1
        assert toys.log() == ["translate two.toy"]
    toys.write("programs/two.toy", "fine\n")
    assert executed(toys.build("two")) == ["two translate", "two assemble"]


def test_a_failure_after_a_success_is_told_again(toys: Project) -> None:
    toys.build("two")
    toys.write("programs/two.toy", "FAIL\n")
    for _ in range(2):
        assert toys.run("build", "two").code == 1
    toys.write("programs/two.toy", "two says hello # a comment\n")
    assert toys.build("two")["executed"] == 0


def test_without_keep_going_the_build_stops(toys: Project) -> None:
    toys.write("programs/one.toy", "FAIL\n")
    report = toys.build("--jobs", "1", code=1)
    assert report["failed"] == 1
    assert "three assemble" not in statuses(report)


def test_keep_going_builds_the_others(toys: Project) -> None:
    toys.write("programs/one.toy", "FAIL\n")
    report = toys.build("--jobs", "1", "--keep-going", code=1)
    assert (report["executed"], report["failed"]) == (4, 1)
    assert statuses(report)["three assemble"] == "executed"
    report = toys.build("--jobs", "1", "--keep-going", code=1)
    assert (report["executed"], report["failed"], report["up_to_date"]) == (0, 1, 4)


def test_a_failing_second_stage_keeps_the_first(toys: Project) -> None:
    toys.replace(TOY, '"assemble", "{text}"', '"assemble", "missing"')
    toys.write("tools/toyc", toys.read("tools/toyc").replace("chmod", "test -f $2 &&chmod"))
    report = toys.build("one", code=1)
    assert statuses(report) == {"one translate": "executed", "one assemble": "failed"}
    toys.replace(TOY, '"missing"', '"{text}"')
    assert executed(toys.build("one")) == ["one assemble"]


def test_a_killed_stage_names_the_signal(toys: Project) -> None:
    toys.write("programs/two.toy", "KILL\n")
    result = toys.run("build", "two")
    assert result.code == 1
    assert "was killed by signal 11 (SIGSEGV)" in result.err


def test_a_stage_over_its_time_limit(toys: Project) -> None:
    toys.replace(TOY, "timeout_s = 600", "timeout_s = 0.5")
    toys.write("programs/two.toy", "SLEEP\n")
    result = toys.run("build", "two")
    assert result.code == 1
    assert "was ended after its time limit of 0.5 s" in result.err
    assert not running(str(toys.cache))


def test_a_missing_output(toys: Project) -> None:
    toys.write("programs/two.toy", "NOTHING\n")
    result = toys.run("build", "two")
    assert result.code == 1
    assert "two: toy translate did not make its output text" in result.err
    assert "tools/toyc translate" in pasted(result.err)
    assert toys.build("two", code=1)["failed"] == 1


def test_a_stage_whose_tool_cannot_be_started(toys: Project) -> None:
    toys.write("tools/toyc", "#!/nowhere/interpreter\n")
    result = toys.run("build", "two")
    assert result.code == 1
    assert "could not be started" in result.err


def test_only_the_tail_of_long_output_is_shown(toys: Project) -> None:
    toys.replace("tools/toyc", 'echo "some output"', "seq 1 5000")
    toys.write("programs/two.toy", "FAIL\n")
    result = toys.run("build", "two")
    assert "\n  5000\n" in result.err
    assert len(result.err.splitlines()) < 60


def test_reading_what_was_no_candidate(toys: Project) -> None:
    toys.replace(TOY, "timeout_s = 600", 'depfile = { path = "{module}.d", format = "lines" }')
    read = "$PROJECT/programs/secret.txt".replace("$PROJECT", str(toys.root))
    toys.write("programs/secret.txt", "not declared")
    toys.replace("tools/toyc", "translate)\n", f"translate) echo {read} > ${{2%.toy}}.d\n")
    result = toys.run("build", "two")
    assert result.code == 1
    assert "{project}/programs/secret.txt, which is no candidate" in result.err
    assert "declare it in candidates" in result.err
    assert executed(json.loads(toys.run("build", "two", "--json").out)) == []


def test_a_missing_depfile(toys: Project) -> None:
    toys.replace(TOY, "timeout_s = 600", 'depfile = { path = "{module}.d", format = "lines" }')
    result = toys.run("build", "two")
    assert result.code == 1
    assert "two: toy translate left no depfile two.d" in result.err


def test_warnings_are_shown_again(toys: Project) -> None:
    toys.write("programs/two.toy", "WARN\n")
    line = "two translate: two.toy:1: warning: dubious"
    assert line in toys.run("build", "two").err
    for words in (("build", "two"), ("build", "two", "--toolchain", "toy", "--profile", "dev")):
        result = toys.run(*words)
        assert (result.code, line in result.err) == (0, True), words
    (toys.root / "programs/two.toy").touch()
    assert line in toys.run("build", "two").err
    for name in ("out", "plans"):
        os.rename(toys.root / ".molt-build" / name, toys.root / f".molt-build/{name}-old")
    assert line in toys.run("build", "two").err
    [row, _] = toys.build("two")["actions"]
    assert row["warnings"] == "two.toy:1: warning: dubious\n"
    assert toys.log() == ["translate two.toy", "assemble two.text"]


def test_a_program_that_the_toolchain_does_not_take(toys: Project) -> None:
    toys.write(TOY, toys.read(TOY) + '\n[[unsupported]]\nprograms = ["tw*"]\nreason = "too even"\n')
    result = toys.run("build")
    assert result.code == 0
    assert "two: not taken by toy: too even" in result.out
    for _ in range(2):
        report = toys.build()
        assert report["up_to_date"] == 4
        assert report["unsupported"] == [{"program": "two", "reason": "too even"}]


@pytest.mark.parametrize("key", ["candidates", "absences", "optional", "fetch"])
def test_what_is_staged_lies_in_the_source(toys: Project, key: str) -> None:
    """Neither a placeholder of the toolchain nor what a query answers leads out of it."""
    manifest = "manifests/toolchains/toy.toml"
    toys.replace(manifest, 'candidates = ["data/*.txt"]', f'{key} = ["{{project}}/one.txt"]')
    checked = toys.run("check")
    assert checked.code == 2
    assert f"stages[0].{key}[0]: '{{project}}/one.txt' is not a path of the source" in checked.err
    query = f'[queries.place]\nargv = ["{shutil.which("echo")}", "{toys.root}"]\n\n[[stages]]'
    text = toys.read(manifest).replace("{project}/one.txt", "{place}/one.txt")
    toys.write(manifest, text.replace("[[stages]]", query, 1))
    toys.write("one.txt", "")
    failed = toys.run("build", "one")
    assert failed.code == 1
    assert f"would stage {toys.root}/one.txt, which leaves the source" in failed.err
