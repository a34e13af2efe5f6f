"""The warm path: what is up to date is told from the plan alone, and only when it is true."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time

import pytest
from build_projects import Project
from hypothesis import given
from hypothesis import strategies as st
from other_processes import end_of

from molt_build.cli.warm_build import json_text
from molt_build.plan import warm
from molt_build.store.digest import StatCache

HEAVY = ("json", "argparse", "pathlib", "re", "jsonschema", "tomlkit", "rich", "filelock")
HEAVY += ("asyncio", "tomllib", "xxhash", "platformdirs", "sqlite3", "subprocess", "tempfile")

ASK = """
import sys
from molt_build.cli import main
code = main(["build", *sys.argv[1].split()])
loaded = [name for name in sys.argv[2:] if name in sys.modules]
print("loaded:", *loaded)
sys.exit(code)
"""


def ask_what_is_loaded(project: Project, words: str = "") -> str:
    """Build in an interpreter whose start imports little, and say what was imported."""
    return subprocess.run(
        [sys.executable, "-S", "-c", ASK, words, *HEAVY],
        cwd=project.root,
        env=project.variables(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_nothing_is_imported(toys: Project) -> None:
    toys.build()
    # The interpreter is part of the plan: the same one asks and builds.
    out = ask_what_is_loaded(toys)
    assert "3 programs, 6 actions: all up to date" in out
    assert out.endswith("loaded:\n")
    facts, loaded = ask_what_is_loaded(toys, "--json").splitlines()
    assert json.loads(facts)["up_to_date"] == 6
    assert loaded == "loaded:"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=VALUES)
def test_the_warm_path_writes_json_as_all_others_do(value: object) -> None:
    assert json_text(value) == json.dumps(value)


@pytest.mark.parametrize(
    "words",
    [
        ("build", "one"),
        ("build", "one", "--toolchain=toy", "--profile", "dev", "--jobs", "3"),
        ("--project", ".", "build", "one", "two", "one", "--target", "native"),
    ],
)
def test_forms_of_the_command_line(toys: Project, words: tuple[str, ...]) -> None:
    toys.build()
    toys.log()
    result = toys.run(*words)
    assert result.code == 0
    assert "all up to date" in result.out
    assert toys.log() == []


def test_from_a_folder_below(toys: Project) -> None:
    toys.build()
    below = Project(toys.root / "programs", toys.cache, toys.log_file, toys.environment)
    assert "6 actions: all up to date" in below.run("build").out


@pytest.mark.parametrize("jobs", ["0", "-1", "many", ""])
def test_what_the_plain_forms_do_not_know_is_refused_as_ever(toys: Project, jobs: str) -> None:
    toys.build("one")
    result = toys.run("build", "one", "--jobs", jobs)
    assert result.code == 2
    assert "--jobs" in result.err


def test_warnings_and_refusals_are_said_again(toys: Project) -> None:
    toys.write("programs/one.toy", "WARN\n")
    toys.replace(
        "manifests/toolchains/toy.toml",
        "[targets.native]",
        '[[unsupported]]\nprograms = ["three"]\nreason = "it is odd"\n\n[targets.native]',
    )
    first = toys.run("build")
    again = toys.run("build")
    assert "4 actions: all up to date" in again.out
    assert "one translate: one.toy:1: warning: dubious" in first.err
    assert again.err == "one translate: one.toy:1: warning: dubious\n"
    assert "three: not taken by toy: it is odd" in again.out
    facts = toys.build()
    assert facts["unsupported"] == [{"program": "three", "reason": "it is odd"}]
    assert [row.get("warnings") for row in facts["actions"]][:2] == [
        "one.toy:1: warning: dubious\n",
        None,
    ]


def test_another_default_is_another_request(toys: Project) -> None:
    toys.build("one")
    toys.write(
        "manifests/profiles/quick.toml",
        '#:schema ../../schemas/profile.schema.json\nkind = "profile"\nschema_version = 1\n'
        'name = "quick"\ndescription = "Quick."\n',
    )
    toys.replace("manifests/project.toml", 'default_profile = "dev"', 'default_profile = "quick"')
    report = toys.build("one")
    assert report["profile"] == "quick"
    assert toys.build("one")["up_to_date"] == 2


def test_a_change_while_it_is_built_is_seen(toys: Project) -> None:
    """Same size, modification time put back, at any moment of a build: the next build tells."""
    source = toys.write("programs/one.toy", "one says a00\n")
    toys.build("one")
    choose = random.Random(5)
    for number in range(6):
        source.write_text(f"one says b{number:02}\n")
        before = source.stat()
        process = toys.start("build", "one", "--json")
        time.sleep(choose.uniform(0.0, 0.5))
        source.write_text(f"one says c{number:02}\n")
        os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
        end_of(process)  # it may also have failed: the file changed as it was read
        toys.build("one")
        ran = subprocess.run([toys.output("one/one.sh")], capture_output=True, text=True)
        assert ran.stdout == f"one says c{number:02}\n"


def test_a_shared_input_and_programs_built_apart(toys: Project) -> None:
    """A program not built this time is not vouched for by what another build saw."""
    toys.write("programs/data/shared.txt", "1\n")
    toys.build()
    toys.write("programs/data/shared.txt", "2\n")
    assert toys.build("one")["executed"] == 2 - 1  # the same translation: cut off early
    assert toys.build("one")["up_to_date"] == 2
    assert toys.build("two")["executed"] == 1
    assert toys.build("one", "two")["up_to_date"] == 4
    assert toys.build()["executed"] == 1


def test_nothing_is_vouched_for_across_a_start_of_the_system(
    toys: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine cannot be started anew here: another answer of the system stands for it."""
    toys.build("one")
    plan = (str(toys.root), None, None, "native", ["one"], False)
    for name, value in toys.variables().items():
        monkeypatch.setenv(name, value)
    for name in set(os.environ) - set(toys.variables()):
        monkeypatch.delenv(name)
    assert warm.up_to_date(*plan) is not None
    remembered = StatCache(toys.cache / "stat-cache", (toys.cache,))
    source = str(toys.root / "programs/one.toy")
    assert remembered.fact("xxh3", source, lambda data: pytest.fail("read again"))
    monkeypatch.setattr("molt_build.plan.warm.boot_id", lambda: "the next start")
    monkeypatch.setattr("molt_build.store.digest.boot_id", lambda: "the next start")
    assert warm.up_to_date(*plan) is None
    read = []
    StatCache(toys.cache / "stat-cache", (toys.cache,)).fact(
        "xxh3", source, lambda data: read.append(data) or "x"
    )
    assert read
