"""Engines: how they are written, and toolchains measured against themselves."""

from __future__ import annotations

import json
import re
import sqlite3
import string
from contextlib import closing
from pathlib import Path

import pytest
from build_projects import REPOSITORY, wait_for
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import COPYC, TOY, LaneProject, lane_project
from test_lane import assert_valid, cells

from molt_build.engines import Engine, parse

TOOLCHAIN = "manifests/toolchains/toy.toml"
MANIFEST = "manifests/lanes/toys.toml"

# Its release does half of the work, and what is made for wasm says so where nobody compares it.
FLAGGED = (
    TOY.replace('"{made}"]', '"{made}", "{flags}"]', 1)
    + """\

[flags.dev]
copy = []

[flags.release]
copy = ["--half"]

[targets.wasm]
results = ["copy.made"]
run = ["{python}", "{made}", "{args}"]
environment = { MADE_BY = "toy for wasm" }
"""
)
HALVING = (
    COPYC
    + """\
[ "$3" = --half ] && sed -i 's/range(400)/range(200)/' "$2"
exit 0
"""
)
PROGRAM = """\
for _ in range(400):
    sum(range(1000))
print("done")
"""

NAMES = st.builds(
    str.__add__,
    st.sampled_from(string.ascii_lowercase),
    st.text(string.ascii_lowercase + string.digits + "_-", max_size=8),
)
REVISIONS = st.text("abcdefXYZ0189~^@{}:/.-_", min_size=1).filter(lambda text: text[0] != "-")
ENGINES = st.builds(Engine, NAMES, *[st.none() | NAMES] * 2, st.none() | REVISIONS)


@given(ENGINES)
def test_an_engine_is_read_as_it_is_written(engine: Engine) -> None:
    assert parse(str(engine)) == engine


@given(ENGINES, NAMES, NAMES)
def test_a_name_means_the_same_in_its_lane(engine: Engine, profile: str, target: str) -> None:
    whole = engine.within(profile, target)
    assert parse(whole.named(profile, target)).within(profile, target) == whole
    assert len(whole.named(profile, target)) <= len(str(whole))


def test_what_an_engine_is_made_of() -> None:
    assert parse("cython") == Engine("cython")
    assert parse("cython:release-fast@wasm") == Engine("cython", "release-fast", "wasm")
    assert parse("molt@rev:HEAD~3") == Engine("molt", revision="HEAD~3")
    assert parse("molt:dev@rev:a@{1}:x") == Engine("molt", "dev", None, "a@{1}:x")
    assert parse("molt@rev") == Engine("molt", target="rev")
    assert parse("cython:dev@native").named("dev", "native") == "cython"
    assert parse("cython").within("dev", "native").named("release", "native") == "cython:dev"


NOT_ENGINES = "|Cython|cython:|cython@|:dev|a@b:c|a:b:c|a@rev:|a@rev:-x|a@rev:x y|a\n| a|a@rev:x\n"


@pytest.mark.parametrize("text", NOT_ENGINES.split("|"))
def test_what_is_no_engine(text: str) -> None:
    with pytest.raises(ValueError, match="REVISION"):
        parse(text)


def flagged_lane(folder: Path) -> LaneProject:
    """A lane of one program, whose compiler has two profiles and two targets."""
    lane = lane_project(folder, {"bench_work": PROGRAM})
    lane.project.write(TOOLCHAIN, FLAGGED)
    lane.project.write("tools/copyc", HALVING, executable=True)
    return lane


def test_profiles_and_targets_are_measured_side_by_side(tmp_path: Path) -> None:
    lane = flagged_lane(tmp_path)
    words = ("--engine", "toy:dev", "--engine", "toy:release", "toy@wasm", "--reference", "cpython")
    result = lane.bench(*words)
    assert_valid(result)
    assert (result["reference"], result["profile"], result["target"]) == (
        "cpython",
        "dev",
        "native",
    )
    assert result["engines"] == ["toy", "toy:release", "toy@wasm"]  # what is the lane's is not said
    assert result["judged"] == result["engines"]
    facts = {name: (f["profile"], f["target"]) for name, f in result["toolchains"].items()}
    assert facts == {
        "cpython": ("dev", "native"),
        "toy": ("dev", "native"),
        "toy:release": ("release", "native"),
        "toy@wasm": ("dev", "wasm"),
    }
    found = cells(result)
    folders = {name: found["bench_work", name]["argv"][1] for name in result["engines"]}
    for name, folder in {"toy": "dev/native", "toy:release": "release/native"}.items():
        assert f"/out/toy/{folder}/bench_work/" in folders[name]
    assert "/out/toy/dev/wasm/" in folders["toy@wasm"]
    assert found["bench_work", "toy@wasm"]["environment"]["MADE_BY"] == "toy for wasm"
    assert all(cell["status"] == "ok" for cell in result["cells"])
    orders = [[run["engine"] for run in block["runs"]] for block in result["blocks"][:2]]
    assert all(sorted(order) == ["cpython", *result["engines"]] for order in orders)
    assert set(result["builds"]) == {"cpython", *result["engines"]}
    typed = " ".join(result["command"])
    assert "--engine toy:dev --engine toy:release --engine toy@wasm --reference cpython" in typed
    with closing(sqlite3.connect(lane.root / ".molt-build/history.sqlite")) as history:
        rows = history.execute("SELECT DISTINCT engine, profile, target FROM cells").fetchall()
    assert {name: (profile, target) for name, profile, target in rows} == facts


def test_the_reference_may_be_another_profile_of_the_same_toolchain(tmp_path: Path) -> None:
    lane = flagged_lane(tmp_path)
    lane.project.replace(MANIFEST, 'reference = "cpython"', 'reference = "toy:release"')
    lane.project.replace(MANIFEST, 'toolchains = ["toy"]', 'toolchains = ["toy", "toy@wasm"]')
    done = lane.run("bench", "toys_native", "--aa")
    assert done.code == 0, done.err
    result = json.loads((lane.runs()[-1] / "result.json").read_text())
    assert_valid(result)
    assert (result["reference"], result["engines"]) == (
        "toy:release",
        ["toy", "toy@wasm", "toy:release~again"],
    )
    assert [done.out.count(f"apart: {name} ") for name in result["builds"]] == [1, 1, 1, 0]
    for name in ("toy:release", "toy@wasm"):
        assert name in done.out
    reported = lane.run("report")
    assert reported.code == 0, reported.err
    assert "toy:release" in lane.project.read("docs/benchmarks/toys_summary.md")
    exported = lane.run("bench", "toys_native", "--quick", "--export", "csv", "{engine}.csv")
    assert exported.code == 0, exported.err
    assert (lane.root / "toy@wasm.csv").exists()


def test_a_run_with_engines_goes_on(tmp_path: Path) -> None:
    lane = flagged_lane(tmp_path)
    words = ("--engine", "toy:release", "--reference", "toy@wasm", "--budget", "20")
    process = lane.start("bench", "toys_native", *words)
    folder = lane.root / "bench/results/toys_native"
    wait_for(lambda: any('"block"' in f.read_text() for f in folder.glob("*/samples.jsonl")), "it")
    process.terminate()
    process.communicate(timeout=60)
    changed = lane.run("bench", "toys_native", "--resume", "--engine", "toy")
    assert changed.code == 2 and "other options" in changed.err
    samples = next(folder.glob("*/samples.jsonl"))
    plan = next(json.loads(row) for row in samples.read_text().splitlines() if '"plan"' in row)
    assert plan["blocks"] > 6
    result = lane.bench("--resume")
    assert_valid(result)
    assert (result["reference"], result["engines"]) == ("toy@wasm", ["toy:release"])
    assert len(result["parts"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "toy:relase"), "no profile relase; did you mean release"),
        (("--engine", "toy@wsam"), "toolchain toy has no target wsam; did you mean wasm"),
        (("--engine", "cpython@wasm"), "toolchain cpython has no target wasm; there are: native"),
        (("--engine", "tooy@wasm"), "no toolchain tooy; did you mean toy"),
        (("--reference", "toy:"), "'toy:' is not an engine: TOOLCHAIN[:PROFILE][@TARGET]"),
        (("--engine", "cpython:dev"), "nothing is left to compare with cpython"),
    ],
)
def test_engines_that_are_wrong_are_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = flagged_lane(tmp_path).run("bench", "toys_native", *words)
    assert done.code == 2
    assert said in "; ".join(line.strip() for line in done.err.splitlines()), done.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('toolchains = ["toy", "toy:relase"]', "toolchains[1]: there is no profile 'relase'"),
        ('toolchains = ["toy", "toy@wsam"]', "toolchains[1]: 'toy' has no target 'wsam'"),
        ('toolchains = ["toy", "toy:dev"]', "toolchains[1]: 'toy:dev' is among the toolchains"),
        ('toolchains = ["toy", "toy@rev:"]', "toolchains[1]: 'toy@rev:' is not an engine: TOOLC"),
    ],
)
def test_engines_of_a_manifest_are_checked_where_they_stand(
    tmp_path: Path, line: str, message: str
) -> None:
    lane = flagged_lane(tmp_path)
    lane.project.replace(MANIFEST, 'toolchains = ["toy"]', line)
    done = lane.run("check")
    column = line.rindex('"toy') + 1
    assert done.code == 2
    assert f"{MANIFEST}:9:{column}: {message}" in done.out + done.err
    assert "hint" in done.out + done.err or "among" in message or "engine" in message


def test_the_pattern_of_the_schemas_is_the_grammar() -> None:
    for name in ("lane", "result"):
        schema = json.loads((REPOSITORY / f"schemas/{name}.schema.json").read_text())
        pattern = re.compile(schema["$defs"]["engine"]["pattern"])
        for text in ("cython", "a:b@c@rev:HEAD~3", "a@rev:x@y:z"):
            assert pattern.search(text) and str(parse(text)) == text
        assert not pattern.search("a@b:c")
