"""The audit: stages that do not do the same again, found by executing them again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed, needs, statuses, workload


def audit(project: Project, *words: str, code: int = 0) -> dict[str, Any]:
    """`cache audit --json`: what it says; a negative code stands for any."""
    result = project.run("cache", "audit", *words, "--json")
    assert result.code == code or code < 0, result.err + result.out
    facts: dict[str, Any] = json.loads(result.out)
    return facts


def verdicts(facts: dict[str, Any]) -> dict[str, str]:
    """PROGRAM STAGE -> verdict."""
    return {f"{row['program']} {row['stage']}": row["verdict"] for row in facts["actions"]}


def store_files(project: Project) -> dict[str, bytes]:
    """Everything that the store says and holds."""
    kinds = ("blobs", "entries", "recipes", "nearest", "quarantine")
    found = [path for kind in kinds for path in (project.cache / "store" / kind).rglob("*")]
    return {str(path): path.read_bytes() for path in found if path.is_file()}


def test_what_does_the_same_again_is_fine(toys: Project) -> None:
    toys.build()
    toys.log()
    before = store_files(toys)
    facts = audit(toys)
    assert (facts["hits"], facts["audited"]) == (6, 6)
    assert set(verdicts(facts).values()) == {"same"}
    assert {line.split()[0] for line in toys.log()} == {"translate", "assemble"}
    assert store_files(toys) == before
    assert list((toys.cache / "staging").iterdir()) == []
    assert toys.build()["up_to_date"] == 6


def test_without_a_standard_error_only_the_facts_are_printed(toys: Project) -> None:
    toys.build("one")
    closed = 'exec "$0" -m molt_build "$@" 2>&-'
    words = ["sh", "-c", closed, sys.executable, "cache", "audit", "--json"]
    done = subprocess.run(
        words, cwd=toys.root, env=toys.variables(), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["audited"] == 2


def test_the_sample_is_chosen_by_its_seed(toys: Project) -> None:
    toys.build()
    toys.log()
    one = verdicts(audit(toys, "--sample", "2", "--seed", "7"))
    runs = 3 if audit(toys, "one", "--sample", "1")["actions"][0]["is_traced"] else 2
    assert len(one) == 2
    assert len(toys.log()) == runs * 3
    assert verdicts(audit(toys, "--sample", "2", "--seed", "7")) == one
    others = [verdicts(audit(toys, "--sample", "2", "--seed", str(n))) for n in range(3)]
    assert any(other != one for other in others)


def test_a_nondeterministic_stage_is_named(toys: Project) -> None:
    toys.replace("tools/toyc", "translate)\n", 'translate) echo "$$" > "$3"; exit;;\nx)\n')
    toys.build("one")
    facts = audit(toys, code=1)
    assert verdicts(facts) == {"one translate": "nondeterministic", "one assemble": "same"}
    [problem] = facts["actions"][0]["problems"]
    assert re.search(r"text from byte \d+ on", problem["message"])
    text = toys.run("cache", "audit")
    assert text.code == 1
    assert 'declare nondeterministic = "why"' in text.out
    toys.replace("manifests/toolchains/toy.toml", "timeout_s = 600", 'nondeterministic = "its id"')
    toys.build("one")
    facts = audit(toys)
    assert verdicts(facts)["one translate"] == "declared nondeterministic"
    assert "its id" in toys.run("cache", "audit").out


def test_an_undeclared_input_is_named(toys: Project) -> None:
    """By its effect when it has changed; by the trace even when it has not."""
    secret = toys.write("settings/toy.conf", "first\n")
    toys.replace("tools/toyc", '> "$3";;\nassemble', f'> "$3"; cat {secret} >> "$3";;\nassemble')
    toys.build("one")
    is_traced = audit(toys, "one", "--sample", "1", code=-1)["actions"][0]["is_traced"]
    toys.write("settings/toy.conf", "second\n")
    assert toys.build("one")["up_to_date"] == 2  # the store is wrong, and nothing tells
    facts = audit(toys, code=1)
    assert verdicts(facts) == {"one translate": "undeclared input", "one assemble": "same"}
    [problem] = facts["actions"][0]["problems"]
    assert "differ from the store in text" in problem["message"]
    assert problem["files"] == (["{project}/settings/toy.conf"] if is_traced else [])
    secret.unlink()
    facts = audit(toys, code=1)
    assert verdicts(facts) == {"one translate": "not repeated", "one assemble": "same"}
    assert "failed with exit status" in facts["actions"][0]["problems"][0]["message"]


def test_a_trace_names_what_has_not_changed_yet(toys: Project) -> None:
    needs("strace")
    secret = toys.write("settings/toy.conf", "first\n")
    toys.replace("tools/toyc", '> "$3";;\nassemble', f'> "$3"; cat {secret} >> "$3";;\nassemble')
    toys.build("one")
    facts = audit(toys, "one", code=-1)
    row = facts["actions"][0]
    if not row["is_traced"]:
        pytest.skip("strace may not trace here")
    assert row["verdict"] == "undeclared input"
    assert [problem["files"] for problem in row["problems"]] == [["{project}/settings/toy.conf"]]
    declared = 'identity_files = ["{project}/settings/toy.conf"]\n\n[executables.toyc]'
    toys.replace("manifests/toolchains/toy.toml", "[executables.toyc]", declared)
    toys.build("one")
    assert set(verdicts(audit(toys)).values()) == {"same"}


@pytest.mark.parametrize(
    ("words", "what"), [("$PWD", "staging directory"), ("PROJECT", "project"), ("CACHE", "cache")]
)
def test_paths_in_outputs_are_leaks(toys: Project, words: str, what: str) -> None:
    words = words.replace("PROJECT", str(toys.root)).replace("CACHE", str(toys.cache))
    line = f'> "$3"; echo {words} >> "$3";;\nassemble'
    toys.replace("tools/toyc", '> "$3";;\nassemble', line)
    toys.build("one")
    facts = audit(toys, code=1)
    row = facts["actions"][0]
    assert row["verdict"] == "leak"
    assert all(f"path of the {what}" in problem["message"] for problem in row["problems"])
    assert "prefix map" in row["problems"][0]["hint"]


def test_what_cannot_be_repeated(toys: Project) -> None:
    toys.build("one")
    (toys.root / "tools/toyc").write_text("#!/bin/sh\nexit 9\n")
    assert audit(toys)["hits"] == 0  # another compiler has no hits
    assert "molt-build build" in toys.run("cache", "audit").out
    assert toys.run("cache", "audit", "--sample", "0").code == 2
    assert toys.run("cache", "audit", "four").code == 2
    assert toys.run("cache", "audit", env={"MOLT_BUILD_CACHE": "off"}).code == 2


def test_real_compilers_do_the_same_again(project: Project) -> None:
    needs("gcc")
    project.write("manifests/workloads/programs.toml", workload("c", "prog=main.c"))
    project.write(
        "programs/main.c", '#include <stdio.h>\nint main(void) { puts("x"); return 0; }\n'
    )
    project.build("--toolchain", "gcc")
    facts = audit(project, "prog", "--toolchain", "gcc")
    assert verdicts(facts) == {"prog compile": "same", "prog link": "same"}


def test_a_stage_with_a_shard_gets_a_fresh_slot(toys: Project) -> None:
    """Kept state that reaches the output is found, and the kept slot is left as it is."""
    toys.replace("manifests/toolchains/toy.toml", "timeout_s = 600", "needs_shard = true")
    toys.replace(
        "manifests/toolchains/toy.toml", '"{text}", "{flags}"]', '"{text}", "{shard}/count"]'
    )
    toys.replace(
        "tools/toyc", '> "$3";;\nassemble', '> "$3"; echo x >> $4; cat $4 >> "$3";;\nassemble'
    )
    toys.build("one")
    assert set(verdicts(audit(toys, "one")).values()) == {"same"}
    toys.write("programs/one.toy", "edited\n")
    assert "one translate" in executed(toys.build("one"))
    [count] = toys.cache.glob("shards/toy/dev/programs/slot-*/state/count")
    assert count.read_text() == "x\nx\n"
    facts = audit(toys, "one", code=1)
    assert verdicts(facts)["one translate"] == "undeclared input"
    assert count.read_text() == "x\nx\n"


def lose_blobs(project: Project, stage: str) -> None:
    """Remove the blobs of the store's entries of a stage."""
    for path in project.cache.glob("store/entries/*/*.json"):
        value = json.loads(path.read_text())["value"]
        if value["stage"] == stage:
            for blob in value["outputs"].values():
                digest = blob["xxh3"].partition(":")[2]
                (project.cache / "store/blobs" / digest[:2] / digest).unlink(missing_ok=True)


def test_a_declared_nondeterministic_stage_rebuilds_nothing_downstream(
    toys: Project, tmp_path: Path
) -> None:
    toys.replace(
        "tools/toyc",
        '> "$3";;\nassemble',
        '> "$3"; date +%s%N >> "$3";;\nassemble',
    )
    toys.replace("manifests/toolchains/toy.toml", "timeout_s = 600", 'nondeterministic = "a clock"')
    toys.replace(
        "manifests/toolchains/toy.toml",
        '["assemble.script"]',
        '["assemble.script", "translate.text"]',
    )
    toys.build("one")
    row = toys.explain("one")[1]
    key = toys.explain("one")[0]["key"]
    assert row["components"]["input one.text"] == f"key {key}"
    first = toys.output("one/one.text").read_bytes()
    script = toys.output("one/one.sh").read_bytes()
    assert toys.build("one")["up_to_date"] == 2

    # Its output is lost, here and in the store: it is executed again, and nothing else.
    lose_blobs(toys, "translate")
    toys.output("one/one.text").unlink()
    report = toys.build("one")
    assert executed(report) == ["one translate"]
    assert report["actions"][0]["changed"] == ["(output lost)"]
    assert report["actions"][0]["wasted"] is False
    second = toys.output("one/one.text").read_bytes()
    assert second != first
    assert toys.output("one/one.sh").read_bytes() == script
    assert toys.build("one")["up_to_date"] == 2

    # Another checkout gets what the store has now; this one's outputs stay valid until lost.
    copy = toys.copy(tmp_path / "copy")
    assert copy.build("one")["hits"] == 2
    assert copy.output("one/one.text").read_bytes() == second
    lose_blobs(toys, "translate")
    copy.output("one/one.text").unlink()
    assert executed(copy.build("one")) == ["one translate"]
    third = copy.output("one/one.text").read_bytes()
    assert third not in (first, second)
    assert toys.build("one")["up_to_date"] == 2
    assert toys.output("one/one.text").read_bytes() == second
    toys.output("one/one.text").unlink()
    assert statuses(toys.build("one"))["one translate"] == "hit"
    assert toys.output("one/one.text").read_bytes() == third
    assert toys.build("one")["up_to_date"] == 2

    # A new key is a new result, though, and downstream follows; never called wasted.
    toys.write("programs/one.toy", "other words\n")
    report = toys.build("one")
    assert executed(report) == ["one translate", "one assemble"]
    assert not any(row["wasted"] for row in report["actions"][:1])
