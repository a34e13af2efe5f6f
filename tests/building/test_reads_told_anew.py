"""A manifest that says anew how a stage's reads are told: what was told before is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_projects import executed, new_project, statuses, workload

TOY = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toy"
description = "Puts two files of a library behind a program, and tells in three ways what it read."
engine = "compiler"
accepts = ["toy"]

[[stages]]
name = "join"
argv = ["sh", "-c", '''
one=OUT/last/one; [ -f OUT/first/one ] && one=OUT/first/one
cat {entry} $one OUT/last/two > {text}
echo $one > some; printf '%s\\n' $one OUT/last/two > all
echo "out: $one OUT/last/two" > rule
''']
outputs = { text = "{module}.text" }
TOLD

[targets.native]
results = ["join.text"]
run = ["cat", "{text}"]
"""

SOME = 'depfile = { path = "some", format = "lines" }'
ALL = 'depfile = { path = "all", format = "lines" }'
RULE = 'depfile = { path = "rule", format = "make" }'


class Toy:
    """The project, and the library outside of it."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "out"
        self.project = new_project(folder / "project", "toy")
        self.project.write("manifests/workloads/programs.toml", workload("toy", "prog=main.toy"))
        self.project.write("programs/main.toy", "main\n")
        (self.out / "last").mkdir(parents=True)
        (self.out / "first").mkdir()
        self.write("last/one", "one\n")
        self.write("last/two", "two\n")

    def write(self, path: str, text: str) -> None:
        (self.out / path).write_text(text)

    def tells(self, told: str) -> None:
        text = TOY.replace("TOLD", told).replace("OUT", str(self.out))
        self.project.write("manifests/toolchains/toy.toml", text)

    def text(self) -> str:
        return self.project.output("prog/main.text").read_text()


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path)


@pytest.mark.parametrize("before", ["", SOME])
@pytest.mark.parametrize("after", [ALL, RULE])
def test_a_file_that_is_told_of_only_now(toy: Toy, before: str, after: str) -> None:
    toy.tells(before)
    assert executed(toy.project.build()) == ["prog join"]
    assert toy.project.build()["up_to_date"] == 1
    toy.tells(after)
    [action] = toy.project.explain()
    assert (action["status"], action["changed"]) == ("miss", ["depfile"])
    assert executed(toy.project.build()) == ["prog join"]
    assert toy.project.build()["up_to_date"] == 1
    toy.write("last/two", "another\n")
    assert executed(toy.project.build()) == ["prog join"]
    assert toy.text() == "main\none\nanother\n"
    toy.tells(before)  # what was told then is known still
    toy.write("last/two", "two\n")
    assert statuses(toy.project.build()) == {"prog join": "hit"}


def test_a_place_that_is_looked_into_only_now(toy: Toy) -> None:
    toy.tells(ALL)
    toy.project.build()
    toy.tells(f'{ALL}\nsearch_path = ["{toy.out}/first", "{toy.out}/last"]')
    assert executed(toy.project.build()) == ["prog join"]
    toy.write("first/one", "the first\n")
    assert executed(toy.project.build()) == ["prog join"]
    assert toy.text() == "main\nthe first\ntwo\n"


def test_the_same_said_again_executes_nothing(toy: Toy) -> None:
    toy.tells(ALL)
    toy.project.build()
    toy.tells(f"# the same\n{ALL}")
    assert toy.project.build()["up_to_date"] == 1


def test_what_is_told_anew_and_is_the_same_has_its_cause(toy: Toy) -> None:
    toy.tells(ALL)
    toy.project.build()
    toy.tells(RULE)
    [action] = toy.project.build()["actions"]
    assert (action["status"], action["changed"]) == ("executed", ["depfile"])
