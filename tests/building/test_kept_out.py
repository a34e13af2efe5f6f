"""Outputs that stay out of the store: `store = false` of a stage, `blob_size_limit`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, executed, statuses, toy_project
from hypothesis import given, settings
from hypothesis import strategies as st
from other_processes import end_of


def keep_out(project: Project, *stages: str) -> None:
    """Say of stages that their outputs are not kept in the store."""
    for stage in stages:
        line = f'name = "{stage}"\n'
        project.replace("manifests/toolchains/toy.toml", line, line + "store = false\n")


def blobs(project: Project) -> int:
    return sum(path.is_file() for path in (project.cache / "store/blobs").rglob("*"))


def forget_outputs(project: Project) -> None:
    shutil.rmtree(project.root / ".molt-build")


def test_a_result_that_stays_out_lies_in_this_checkout_alone(toys: Project, tmp_path: Path) -> None:
    keep_out(toys, "assemble")
    assert executed(toys.build("one")) == ["one translate", "one assemble"]
    assert blobs(toys) == 1  # what translate made
    assert toys.output("one/one.sh").exists()
    assert statuses(toys.build("one")) == {
        "one translate": "up-to-date",
        "one assemble": "up-to-date",
    }
    twin = toys.copy(tmp_path / "twin")
    [translate, assemble] = twin.explain("one")
    assert (translate["status"], assemble["status"]) == ("hit", "miss")
    assert assemble["changed"] == ["(kept out of the store)"]
    said = twin.run("explain", "one").out
    assert "stayed out of the store, and are needed here" in said
    built = twin.build("one")
    assert statuses(built) == {"one translate": "hit", "one assemble": "executed"}
    row = built["actions"][1]
    assert row["changed"] == ["(kept out of the store)"] and row["wasted"] is False
    assert built["attribution"]["wasted"] == 0
    assert twin.output("one/one.sh").read_bytes() == toys.output("one/one.sh").read_bytes()
    assert executed(twin.build("one")) == executed(toys.build("one")) == []


def test_a_result_that_stays_out_and_was_altered_is_made_again(toys: Project) -> None:
    keep_out(toys, "assemble")
    toys.build("one")
    right = toys.output("one/one.sh").read_bytes()
    toys.output("one/one.sh").write_bytes(b"altered")
    assert executed(toys.build("one")) == ["one assemble"]
    assert toys.output("one/one.sh").read_bytes() == right


def test_without_its_plan_a_result_as_written_is_still_used(toys: Project) -> None:
    keep_out(toys, "assemble")
    toys.build("one")
    shutil.rmtree(toys.root / ".molt-build/plans")
    assert statuses(toys.build("one")) == {"one translate": "hit", "one assemble": "hit"}


def test_an_intermediate_that_stays_out_is_needed_only_to_execute(
    toys: Project, tmp_path: Path
) -> None:
    """Cutoff goes by what is known of it; its bytes are made again for who has to run."""
    keep_out(toys, "translate")
    toys.build("one")
    assert blobs(toys) == 1  # what assemble made
    twin = toys.copy(tmp_path / "twin")
    assert statuses(twin.build("one")) == {"one translate": "hit", "one assemble": "hit"}
    toys.replace("programs/one.toy", "# a comment", "# another")
    built = toys.build("one")  # the same bytes come out of translate: an early cutoff
    assert statuses(built) == {"one translate": "executed", "one assemble": "up-to-date"}
    toys.log()
    toys.replace(
        "manifests/toolchains/toy.toml", '"{text}", "{script}"]', '"{text}", "{script}", "x"]'
    )
    [row] = toys.explain("one")
    assert (row["status"], row["changed"]) == ("miss", ["(kept out of the store)"])
    built = toys.build("one")
    assert executed(built) == ["one translate", "one assemble"]
    assert [row["changed"] for row in built["actions"]] == [["(kept out of the store)"], ["argv"]]
    assert [line.split()[0] for line in toys.log()] == ["translate", "assemble"]


def chain(project: Project, length: int) -> None:
    """A toolchain of many stages, each of which takes what the one before it made, and the first
    one's; the first and every second one stay out of the store."""
    stages = []
    for number in range(length):
        takes = {f"in{n}": f"s{n}.made" for n in {0, number - 1} if 0 <= n < number}
        inputs = ", ".join(f'{name} = "{origin}"' for name, origin in takes.items())
        words = ", ".join(f'"{{{name}}}"' for name in takes) or '"{entry}"'
        stages.append(
            f'[[stages]]\nname = "s{number}"\ninputs = {{ {inputs} }}\n'
            f"takes_source = {'true' if number == 0 else 'false'}\n"
            f'argv = ["{{toyc}}", "s{number}", "{{made}}", {words}, "{{flags}}"]\n'
            f'outputs = {{ made = "{number}.txt" }}\n' + ("" if number % 2 else "store = false\n")
        )
    head = project.read("manifests/toolchains/toy.toml").partition("[[stages]]")[0]
    project.write(
        "manifests/toolchains/toy.toml",
        head + "\n".join(stages) + f'\n[flags.dev]\ns{length - 1} = ["-a"]\n'
        f'[targets.native]\nresults = ["s{length - 1}.made"]\nrun = ["true"]\n',
    )
    script = '#!/bin/sh\necho "$1" >> "LOG"\nwho=$1; made=$2; shift 2\n'
    script += '{ echo "$who"; cat "$1"; } > "$made"\n'
    project.write("tools/toyc", script.replace("LOG", str(project.log_file)))
    (project.root / "tools/toyc").chmod(0o755)


def test_no_stage_of_a_chain_is_executed_twice(toys: Project, tmp_path: Path) -> None:
    chain(toys, 6)
    toys.build("one")
    assert toys.log() == [f"s{number}" for number in range(6)]
    twin = toys.copy(tmp_path / "twin")
    assert executed(twin.build("one")) == []  # the last one's output is stored
    toys.replace("manifests/toolchains/toy.toml", '"-a"', '"-b"')
    built = toys.build("one")  # s5 takes s4, which takes s3 (stored) and s0
    assert executed(built) == ["one s0", "one s4", "one s5"]
    assert toys.log() == ["s0", "s4", "s5"]
    assert statuses(built)["one s1"] == statuses(built)["one s3"] == "up-to-date"


def test_an_output_above_the_limit_stays_out(toys: Project, tmp_path: Path) -> None:
    toys.write("programs/two.toy", "line\n" * 1000)
    cache_manifest(toys, 'blob_size_limit = "1 kB"\n')
    toys.build("one", "two")
    assert blobs(toys) == 2  # those of one
    twin = toys.copy(tmp_path / "twin")
    built = twin.build("one", "two")
    assert executed(built) == ["two translate", "two assemble"]
    cache_manifest(twin, "")
    assert executed(twin.build("one", "two")) == []
    third = twin.copy(tmp_path / "third")  # with room in the store it is kept from now on
    assert executed(third.build("two")) == ["two translate", "two assemble"]
    assert executed(third.copy(tmp_path / "fourth").build("two")) == []


@pytest.mark.parametrize("where", ["twin", "same"])
def test_builds_at_once(toys: Project, tmp_path: Path, where: str) -> None:
    """Each checkout must make a result that stays out for itself, and none waits for ever."""
    keep_out(toys, "translate", "assemble")
    for name in ("one", "two"):
        toys.write(f"programs/{name}.toy", f"{name} NAP\n")
    checkouts = [toys, toys.copy(tmp_path / "twin") if where == "twin" else toys]
    running = [checkout.start("build", "one", "two", "--json") for checkout in checkouts * 2]
    for process in running:
        _, err = end_of(process)
        assert process.returncode == 0, err
    for checkout in checkouts:
        text = checkout.output("one/one.sh").read_text()
        assert text == '#!/bin/sh\necho "one NAP"\n'
        assert executed(checkout.build("one", "two")) == []


def test_the_audit_makes_inputs_that_stayed_out(toys: Project) -> None:
    keep_out(toys, "translate", "assemble")
    toys.build("one")
    result = toys.run("cache", "audit", "one")
    assert result.code == 0, result.out
    assert result.out.count("same") >= 1 and "not repeated" not in result.out


def test_verify_knows_what_stayed_out(toys: Project) -> None:
    keep_out(toys, "translate")
    toys.build("one")
    result = toys.run("cache", "verify", "--json")
    assert result.code == 0 and '"incomplete": []' in result.out
    shutil.rmtree(toys.cache / "store/blobs")
    [lost] = json.loads(toys.run("cache", "verify", "--json").out)["incomplete"]
    assert "its output script is gone" in lost["what"]
    forget_outputs(toys)
    assert executed(toys.build("one")) == ["one translate", "one assemble"]


def test_the_waste_of_a_stage_that_stays_out_is_told_by_its_word(
    toys: Project, tmp_path: Path
) -> None:
    keep_out(toys, "assemble")
    toys.build("one")
    twin = toys.copy(tmp_path / "twin")
    twin.build("one")
    told = twin.run("cache", "waste", "--json").out
    assert "(kept out of the store)" in told and '"wasted": 0' in told


STAGES = 4
STEP = st.tuples(st.integers(0, 1), st.integers(0, STAGES - 1), st.integers(0, 2))


def flagged(project: Project, stored: list[bool], flags: list[int]) -> None:
    """A toolchain in which each stage takes what the one before it and the first one made, and
    copies it with its own flag, so that what comes out says all that went in."""
    text = project.read("manifests/toolchains/toy.toml").partition("[[stages]]")[0]
    for number in range(STAGES):
        takes = sorted({0, number - 1}) if number else []
        inputs = ", ".join(f'in{n} = "s{n}.made"' for n in takes)
        words = ", ".join(f'"{{in{n}}}"' for n in takes) or '"{entry}"'
        text += (
            f'[[stages]]\nname = "s{number}"\ninputs = {{ {inputs} }}\n'
            f"takes_source = {str(number == 0).lower()}\nstore = {str(stored[number]).lower()}\n"
            f'argv = ["{{toyc}}", "s{number}-{flags[number]}", "{{made}}", {words}]\n'
            f'outputs = {{ made = "{number}.txt" }}\n'
        )
    text += f'[targets.native]\nresults = ["s{STAGES - 1}.made", "s1.made"]\nrun = ["true"]\n'
    project.write("manifests/toolchains/toy.toml", text)


def model(flags: list[int], number: int) -> str:
    """What a stage makes."""
    takes = sorted({0, number - 1}) if number else []
    read = "".join(model(flags, n) for n in takes) if number else "source\n"
    return f"s{number}-{flags[number] % 2}\n{read}"  # flags 0 and 2 make the same


@given(st.lists(st.booleans(), min_size=STAGES, max_size=STAGES), st.lists(STEP, max_size=5))
@settings(max_examples=4)
def test_whatever_stays_out_the_outputs_are_right_and_made_once(
    tmp_path_factory: pytest.TempPathFactory, stored: list[bool], steps: list[tuple[int, int, int]]
) -> None:
    """Two checkouts on one store, in which flags of stages change to and fro."""
    folder = tmp_path_factory.mktemp("kept")
    first = toy_project(folder)
    script = '#!/bin/sh\necho "$1" >> "LOG"\nmade=$2\n'
    script += 'who=$(echo "$1" | sed s/-2/-0/); shift 2\n{ echo "$who"; cat "$@"; } > "$made"\n'
    first.write("tools/toyc", script.replace("LOG", str(first.log_file)), executable=True)
    first.write("programs/one.toy", "source\n")
    checkouts = [first, first.copy(folder / "twin")]
    flags = [[0] * STAGES, [0] * STAGES]
    for which, stage, flag in [(0, 0, 0), (1, 0, 0), *steps]:
        project = checkouts[which]
        flags[which][stage] = flag
        flagged(project, stored, flags[which])
        built = project.build("one")
        log = project.log()
        assert len(log) == len(set(log)) == built["executed"]
        for result in (1, STAGES - 1):
            assert project.output(f"one/{result}.txt").read_text() == model(flags[which], result)
        assert project.build("one")["up_to_date"] == STAGES and project.log() == []
