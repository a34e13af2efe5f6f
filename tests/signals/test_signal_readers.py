"""What each reader of signals makes of files that are really there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import geometric_mean

import pytest
from lane_results import lane_result

from molt_build.engines import Engine
from molt_build.history.database import open_history
from molt_build.history.lanes import LaneRuns
from molt_build.history.runs import write_run
from molt_build.manifests.signal import (
    IrReader,
    JsonReader,
    LaneReader,
    SizeReader,
    TextReader,
    Within,
)
from molt_build.runs.history_rows import Place, rows_of
from molt_build.signals.readers import ir, size, text
from molt_build.signals.readers import json as json_reader
from molt_build.signals.readers import lane as lane_reader
from molt_build.signals.reading import Material, NotRead, ReadFile, Reading, of_names

C = """\
#include "runtime.h"
static int helper(void);  /* a declaration { is no block */
static int helper(void) {
    char *said = "} not the end";  // nor this }
    if (Py_Check()) { Py_Call("a"); Py_Call("b"); }
    return '{';
}
int other(void)
{
    return Py_Other() + Py_Call("c");
}
"""
PYTHON = """\
class A:
    def one(self):
        call(1)

        call(2)
    def two(self):
        call(3)
call(4)
"""


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """The C file of two programs."""
    return files(tmp_path, {"one": C, "two": "Py_Call();\n"})


def files(folder: Path, texts: Mapping[str, str]) -> Material:
    """One output each of programs of these names."""
    found = []
    for name, content in texts.items():
        (folder / name).write_text(content)
        found.append(ReadFile("translate.c", folder / name, name))
    return Material(folder, tuple(found))


def rows(reading: Reading) -> dict[str, float]:
    return {part.name: part.value for part in reading.parts}


def test_matches_and_the_texts_that_were_found(material: Material) -> None:
    found = text.read(TextReader(r"\b(Py_\w+)\("), material)
    assert (found.value, rows(found)) == (6, {"Py_Call": 4, "Py_Check": 1, "Py_Other": 1})
    distinct = text.read(TextReader(r"\b(Py_\w+)\(", count="distinct"), material)
    assert (distinct.value, distinct.parts) == (3, found.parts)
    by_file = text.read(TextReader(r"\b(Py_\w+)\(", parts="file"), material)
    assert rows(by_file) == {"one translate.c": 5, "two translate.c": 1}
    assert text.read(TextReader("no such thing"), material) == Reading(0)


def test_one_more_match_is_exactly_one_more(tmp_path: Path) -> None:
    how = TextReader(r"\bPy_Call\(")
    before = text.read(how, files(tmp_path, {"one": C}))
    after = text.read(how, files(tmp_path, {"one": C + "int more(void) { Py_Call(); }\n"}))
    assert after.value - before.value == 1


def test_only_within_functions(material: Material) -> None:
    """Braces of texts and comments are none, and a declaration is no function."""
    within = Within(r"^(?:static )?int (\w+)\(void\)", block="braces")
    found = text.read(TextReader(r"\b(Py_\w+)\(", within=within, parts="block"), material)
    assert (found.value, rows(found)) == (5, {"helper": 3, "other": 2})
    only = Within(r"^int (\w+)\(", block="braces")
    assert text.read(TextReader(r"Py_\w+", within=only), material).value == 2
    returns = Within(r"^static int (\w+)\(void\) ", ends="return")
    assert text.read(TextReader(r"\bPy_", within=returns), material).value == 3
    nowhere = Within(r"^double ", block="braces")
    found = text.read(TextReader("Py_", within=nowhere), material)
    assert (found.value, found.notes) == (0, ("no block begins as within says",))


def test_within_what_is_indented(tmp_path: Path) -> None:
    material = files(tmp_path, {"a": PYTHON})
    within = Within(r"^ +def (\w+)\(", block="indentation")
    found = text.read(TextReader(r"\bcall\(", within=within, parts="block"), material)
    assert (found.value, rows(found)) == (3, {"one": 2, "two": 1})
    whole = Within(r"^class (\w+)", block="indentation")
    assert text.read(TextReader(r"\bcall\(", within=whole), material).value == 3


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.o").write_bytes(b"\xff\xfe\0PyObject_Call\0\xc3PyList_New\0\xff")
    material = Material(tmp_path, (ReadFile("compile.object", tmp_path / "a.o"),))
    found = text.read(TextReader(r"Py[A-Za-z]+_\w+"), material)
    assert rows(found) == {"PyObject_Call": 1, "PyList_New": 1}


DOCUMENT = {"a/b": {"m~n": [1, {"": 2.5}]}, "sizes": {"x": 3, "y": 4}, "word": "four", "no": True}


@pytest.mark.parametrize(
    ("pointer", "take", "value"),
    [
        ("/a~1b/m~0n/0", "number", 1),
        ("/a~1b/m~0n/1/", "number", 2.5),
        ("/sizes", "sum", 7),
        ("/a~1b/m~0n", "length", 2),
        ("/word", "length", 4),
        ("", "length", 4),
    ],
)
def test_what_a_pointer_leads_to(tmp_path: Path, pointer: str, take: str, value: float) -> None:
    material = files(tmp_path, {"one": json.dumps(DOCUMENT)})
    how = JsonReader(pointer, take)  # type: ignore[arg-type]
    found = json_reader.read(how, material).value
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("pointer", "take", "said"),
    [
        ("/sizes/z", "number", "translate.c has no key 'z' at /sizes"),
        ("/missing", "number", "translate.c has no key 'missing' at the top"),
        ("/a~1b/m~0n/2", "number", "translate.c has no place 2 at /a~1b/m~0n, a list of 2"),
        ("/a~1b/m~0n/00", "number", "has no place 00"),
        ("/word/0", "number", "has neither keys nor places at /word"),
        ("/no", "number", "translate.c, at /no, is no number"),
        ("/word", "sum", "is neither an object nor a list"),
        ("/no", "length", "has no length"),
    ],
)
def test_what_a_pointer_does_not_lead_to(
    tmp_path: Path, pointer: str, take: str, said: str
) -> None:
    material = files(tmp_path, {"one": json.dumps(DOCUMENT)})
    with pytest.raises(NotRead) as caught:
        json_reader.read(JsonReader(pointer, take), material)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_documents_are_added_up(tmp_path: Path) -> None:
    material = files(
        tmp_path, {"one": '{"n": 1, "by": {"a": 2}}', "two": '{"n": 4, "by": {"a": 3}}'}
    )
    found = json_reader.read(JsonReader("/n"), material)
    assert (found.value, rows(found)) == (5, {"two translate.c": 4, "one translate.c": 1})
    entries = json_reader.read(JsonReader("/by", "sum"), material)
    assert (entries.value, rows(entries)) == (5, {"a": 5})
    for wrong in ("{", "[1e999]", "nothing"):
        with pytest.raises(NotRead, match=r"is no JSON|is no number"):
            json_reader.read(JsonReader("/0"), files(tmp_path, {"one": wrong}))


def test_sizes_of_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "vendor/deep").mkdir(parents=True)
    (tmp_path / "vendor/a").write_text("one\ntwo")
    (tmp_path / "vendor/deep/b").write_text("three\n")
    (tmp_path / "c").write_text("")
    read = (ReadFile("fetch.vendor", tmp_path / "vendor"), ReadFile("link.c", tmp_path / "c"))
    material = Material(tmp_path, read)
    found = size.read(SizeReader(), material)
    assert (found.value, found.parts[0].name) == (13, "fetch.vendor/a")
    assert size.read(SizeReader("lines"), material).value == 3
    assert size.read(SizeReader("files"), material).value == 3
    gone = Material(tmp_path, (ReadFile("link.c", tmp_path / "gone"),))
    with pytest.raises(NotRead, match=r"link\.c cannot be read: No such file"):
        size.read(SizeReader(), gone)


IR = """\
; a comment
block:
    %1 = load call_count
    %2 = call f(%1)
    store %2
    call g()
"""


def test_operations_of_the_first_kind_that_fits(tmp_path: Path) -> None:
    material = files(tmp_path, {"one": IR, "two": "    call h()\n"})
    kinds = {"call": r"\bcall ", "load": r"\bload\b", "other": r"^\s+\S"}
    found = ir.read(IrReader(kinds), material)
    assert (found.value, rows(found)) == (5, {"call": 3, "load": 1, "other": 1})
    size_bytes = ir.read(IrReader(kinds, "bytes"), material)
    lines = [line for line in IR.splitlines(keepends=True) if line.startswith(" ")]
    assert size_bytes.value == len("".join(lines)) + len("    call h()\n")


def test_what_a_lane_says_of_an_engine(tmp_path: Path) -> None:
    """Ratios and medians are those of its latest run of record, on the same class of machine."""
    lane = lane_result()
    machine = lane.environment.machine_class
    with open_history(tmp_path, print) as history:
        assert history is not None
        later = replace(lane, run="toys_native/20260201T080001Z", is_quick=True)
        for result in (lane, later):
            write_run(history, rows_of(result, Place(result.job, result.timestamp, "x")))
        here = LaneRuns(history, machine, print)
        engine = Engine("toy", "release", "native")
        of_work = Material(tmp_path, engine=engine, lanes=here, programs=("work",))
        found = lane_reader.read(LaneReader("toys_native"), of_work)
        measured = lane.lane.cells_by_key["work", "toy"].metrics["wall_s"]
        assert measured.speedup is not None
        assert (found.value, found.notes) == (measured.speedup.ratio, (f"of {lane.run}",))
        median = lane_reader.read(LaneReader("toys_native", take="median"), of_work)
        assert median.value == measured.summary.median
        both = replace(of_work, programs=("work", "tidy"))
        mean = lane_reader.read(LaneReader("toys_native"), both)
        ratios = [part.value for part in mean.parts]
        assert len(ratios) == 2 and mean.value == pytest.approx(geometric_mean(ratios))
        reference = replace(of_work, engine=Engine("cpython", "release", "native"))
        elsewhere = LaneRuns(history, "another", print)
        for wrong, said in (
            (replace(of_work, lanes=elsewhere), "no complete run of toys_native on this"),
            (replace(of_work, commit="0" * 40), "no complete run of toys_native at 000000000000"),
            (replace(of_work, programs=("gone",)), "has not measured gone"),
            (replace(of_work, engine=Engine("toy", "dev", "native")), "has not measured toy"),
            (reference, "it is the reference's own"),
        ):
            with pytest.raises(NotRead, match=said):
                lane_reader.read(LaneReader("toys_native"), wrong)
        history.execute("DELETE FROM runs")  # it was asked once, for all programs of the engine
        tidy = lane_reader.read(LaneReader("toys_native"), replace(of_work, programs=("tidy",)))
        assert tidy.value == ratios[1]


def test_the_rows_are_the_largest_and_lose_nothing() -> None:
    parts = of_names({f"name{number}": number for number in range(60)})
    assert len(parts) == 51
    assert (parts[0].name, parts[-1].name) == ("name59", "(others)")
    assert sum(part.value for part in parts) == sum(range(60))
