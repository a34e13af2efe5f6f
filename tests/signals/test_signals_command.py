"""`molt-build signals` as it is used: read of real builds, recorded, compared, and told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, cache_manifest, needs
from jsonschema import Draft202012Validator
from lane_projects import SCHEMA
from published import assert_published

HEAD = """\
#:schema ../../schemas/signal.schema.json
kind = "signal"
schema_version = 1
name = "NAME"
description = "Of toys."
better = "lower"
"""
HELLOS = (
    'scope = "program"\nunit = "times"\noutputs = ["translate.text"]\n[text]\npattern = "hello"\n'
)
WORDS = (
    'scope = "engine"\noutputs = ["translate.text"]\n'
    '[text]\npattern = "\\\\w+"\ncount = "distinct"\n'
)
LINES = (
    'scope = "project"\nfiles = ["programs/*.toy"]\nexclude = ["**/two.toy"]\n'
    '[size]\ncount = "lines"\n'
)
PER = 'scope = "program"\noutputs = ["*"]\nper = "hellos"\n[size]\n'


@pytest.fixture
def signals(toys: Project) -> Project:
    """Three programs, and a signal of each scope."""
    for name, text in (("hellos", HELLOS), ("words", WORDS), ("lines", LINES)):
        declare(toys, name, text)
    return toys


def declare(project: Project, name: str, text: str) -> None:
    project.write(f"manifests/signals/{name}.toml", HEAD.replace("NAME", name) + text)


def read(project: Project, *words: str, code: int = 0, **env: str) -> Any:
    """`molt-build signals --json`: a result that is what both schemas say."""
    done = project.run("signals", *words, "--json", env=env)
    assert done.code == code, done.err
    plain = json.loads(done.out)
    assert_published("signals", plain)
    errors = list(Draft202012Validator(SCHEMA).iter_errors(plain))
    assert not errors, [f"{error.json_path}: {error.message[:200]}" for error in errors[:3]]
    return plain


def numbers(result: Any, signal: str, side: str = "rows") -> dict[str, float | None]:
    """Program ("" for all) -> number."""
    return {row["program"]: row["value"] for row in result[side] if row["signal"] == signal}


def reasons(result: Any) -> dict[tuple[str, str], str]:
    """(signal, program) -> why there is no number."""
    return {(r["signal"], r["program"]): r["reason"] for r in result["rows"] if r["value"] is None}


def commit(project: Project, *paths: str) -> None:
    """A repository of the project, whose one commit has these paths."""
    (project.root / ".gitignore").write_text(".molt-build/\nbench/\n")
    argv = (needs("git"), "-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", *paths), ("commit", "-qm", "Then")):
        subprocess.run((*argv, *words), cwd=project.root, check=True)


def test_each_scope_is_read_and_shown(signals: Project) -> None:
    signals.write("programs/two.toy", "hello hello # hello\n")
    result = read(signals)
    assert numbers(result, "hellos") == {"one": 1, "two": 2, "three": 1, "": 4}
    assert numbers(result, "words") == {"": 4}, "one, three, says, hello"
    assert numbers(result, "lines") == {"": 2}
    assert signals.log() != [], "they were built for this"
    shown = signals.run("signals")
    assert shown.code == 0 and signals.log() == [], "what is there is not built again"
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["program", "hellos", "(times)", "result_bytes", "(bytes)"] in lines
    assert ["two", "2", "29"] in lines and ["in", "all", "4", "95"] in lines
    assert "hellos: Of toys. (lower is better)" in shown.out
    assert "result: bench/results/signals/" in shown.err
    parts = signals.run("signals", "--signal", "words", "--parts")
    assert "words toy in all: 4" in parts.out
    assert ["hello", "4"] in [line.split() for line in parts.out.splitlines()]


def test_an_edit_that_adds_one_match_shows_as_exactly_one(signals: Project) -> None:
    commit(signals, ".")
    read(signals)
    signals.write("programs/two.toy", "two says hello hello # a comment\n")
    result = read(signals, "--against", "HEAD")
    then = result["against"]
    changed = [one for one in then["changes"] if one["verdict"] != "same"]
    assert [(c["signal"], c["program"], c["difference"], c["verdict"]) for c in changed] == [
        ("hellos", "two", 1, "worse"),
        ("hellos", "", 1, "worse"),
        ("result_bytes", "two", 6, "worse"),
        ("result_bytes", "", 6, "worse"),
    ]
    parts = [{"name": "hello", "group": "", "before": 1, "after": 2}]
    assert changed[0]["parts"] == parts
    assert numbers(then, "hellos") == {"one": 1, "two": 1, "three": 1, "": 3}
    # The same of the two recorded runs, and as exit codes.
    done = signals.run("compare", "signals/latest~1", "signals/latest")
    assert done.code == 0
    assert "hello +1" in done.out and "4 worse, 6 same" in done.out
    compared = signals.run("compare", "signals/latest~1", "signals/latest", "--json")
    assert_published("compare", json.loads(compared.out))
    assert json.loads(compared.out)["changes"] == then["changes"]
    assert (
        signals.run("compare", "signals/latest~1", "signals/latest", "--fail-on-slower").code == 1
    )
    assert signals.run("signals", "--against", "HEAD", "--fail-on-worse").code == 1
    shown = signals.run("signals", "--against", "HEAD", "--signal", "lines", "--fail-on-worse")
    assert shown.code == 0, shown.err
    assert "1 number: 1 same" in shown.out


def test_runs_are_rows_of_the_history(signals: Project) -> None:
    result = read(signals)
    listed = signals.run("history", "list", "--job", "signals").out
    assert listed.startswith(result["run"])
    shown = json.loads(signals.run("history", "show", "signals/latest", "--json").out)
    cells = {(c["metric"], c["program"]): c["median"] for c in shown["cells"]}
    assert cells["hellos", "two"] == 1 and cells["hellos", ""] == 3 and cells["lines", ""] == 2
    assert [(e["engine"], e["profile"], e["target"]) for e in shown["engines"]] == [
        ("toy", "dev", "native")
    ]
    assert "hellos" in signals.run("history", "show", "signals/latest").out
    narrowed = read(signals, "--program", "two")
    runs = json.loads(signals.run("history", "list", "--json").out)["runs"]
    assert [(run["id"], run["is_of_record"]) for run in runs] == [
        (result["run"], True),
        (narrowed["run"], False),
    ]
    refused = signals.run("export", "signals/latest", "--format", "csv")
    assert refused.code == 2 and "has no times to export" in refused.err
    refused = signals.run("explain", "--between", "signals/latest~1", "signals/latest")
    assert refused.code == 2 and "nothing in it was measured" in refused.err


def test_what_is_not_built_has_its_reason(signals: Project) -> None:
    signals.write("programs/two.toy", "FAIL\n")
    result = read(signals)
    assert numbers(result, "hellos") == {"one": 1, "two": None, "three": 1, "": 2}
    reason = reasons(result)["hellos", "two"]
    assert reason.startswith('it was not built: it\'s too "hard"')
    notes = [row["notes"] for row in result["rows"] if row["signal"] == "words"]
    assert notes == [["without 1 program, not built"]]
    shown = signals.run("signals")
    assert shown.code == 0 and "not read: toy: two: it was not built" in shown.out
    nothing = signals.run("signals", "--program", "two", "--engine", "toy")
    assert nothing.code == 1
    assert nothing.err.splitlines()[-1].startswith("error: nothing could be read: it was not built")


@pytest.mark.parametrize("way", ["kept out", "pruned", "no store"])
def test_outputs_that_are_not_in_the_store_are_had_all_the_same(signals: Project, way: str) -> None:
    """An output that lies between is made again where it is wanted and not there."""
    env = {"MOLT_BUILD_CACHE": "off"} if way == "no store" else {}
    if way == "kept out":
        cache_manifest(signals, 'blob_size_limit = "1 B"')
    assert signals.build("one", env=env)["executed"] == 2
    if way == "pruned":
        assert signals.run("cache", "prune", "--to", "0").code == 0
    assert numbers(read(signals, "--signal", "hellos", **env), "hellos")["one"] == 1


def test_one_number_per_another(signals: Project) -> None:
    declare(signals, "bytes_per_hello", PER)
    signals.write("programs/three.toy", "nothing\n")
    result = read(signals, "--signal", "bytes_per_hello")
    found = numbers(result, "bytes_per_hello")
    sizes = {name: len(f"{name} says hello\n") for name in ("one", "two")}
    script = {name: len(f'#!/bin/sh\necho "{name} says hello"\n') for name in sizes}
    assert found["one"] == sizes["one"] + script["one"]
    assert found[""] == (sum(sizes.values()) + sum(script.values())) / 2
    assert reasons(result) == {("bytes_per_hello", "three"): "hellos is 0"}
    assert {row["signal"] for row in result["rows"]} == {"bytes_per_hello"}


def test_what_a_command_prints_is_read(signals: Project) -> None:
    text = '[text]\npattern = "^echo"\n'
    command = (
        'scope = "program"\noutputs = ["results"]\ncommand = ["grep", "-n", "echo", "{file}"]\n'
    )
    declare(signals, "numbered", command + '[text]\npattern = "^\\\\d+:echo"\n')
    whole = '{{"answers": {{"n": [7]}}}}'
    declare(
        signals,
        "answer",
        f'scope = "project"\ncommand = ["echo", \'{whole}\']\n[json]\npointer = "/answers/n/0"\n',
    )
    absent = command.replace('"grep"', '"molt-build-test-absent"')
    declare(signals, "absent", absent + text)
    declare(signals, "failing", command.replace('"-n", "echo"', '"--no-such-option"') + text)
    result = read(signals)
    assert numbers(result, "numbered")[""] == 3
    assert numbers(result, "answer") == {"": 7}
    said = reasons(result)
    assert said["absent", "one"].startswith("molt-build-test-absent could not be started")
    assert said["failing", "one"].startswith("grep failed with exit status 2: ")


def test_what_builds_cost(signals: Project) -> None:
    build = 'scope = "SCOPE"\n[build]\ntake = "TAKE"\n'

    def of(scope: str, take: str, more: str = "") -> str:
        return build.replace("SCOPE", scope).replace("TAKE", take) + more

    declare(signals, "took", of("program", "seconds"))
    declare(signals, "rebuilt", of("program", "rebuilds", 'stage = "translate"\n'))
    declare(signals, "hits", of("engine", "hit-ratio"))
    declare(signals, "wasted", of("project", "wasted-seconds"))
    nothing = read(signals, "--signal", "took", "hits")
    assert reasons(nothing)["hits", ""] == "no build is recorded yet that did anything"
    took = numbers(nothing, "took")
    assert all(value is not None and value > 0 for value in took.values())
    for text in ("one more\n", "one # said twice\n", "one # said once more\n"):
        signals.write("programs/one.toy", text)
        signals.build("one")
    result = read(signals)
    assert numbers(result, "rebuilt") == {"one": 4, "two": 1, "three": 1, "": 6}
    assert numbers(result, "took")["two"] == took["two"], "of when it was executed"
    [hits] = [row for row in result["rows"] if row["signal"] == "hits"]
    assert 0 <= hits["value"] < 1 and hits["notes"][0].startswith("of ")
    [wasted] = [row for row in result["rows"] if row["signal"] == "wasted"]
    assert [part["name"] for part in wasted["parts"]] == ["translate"] and wasted["value"] > 0
    assert result["signals"]["took"]["is_measured"] is True


def test_a_lane_that_was_not_measured_or_counted(signals: Project) -> None:
    signals.write("manifests/lanes/toys.toml", LANE)
    declare(signals, "speed", 'scope = "engine"\n[lane]\nlane = "toys_lane"\n')
    declare(signals, "instructions", 'scope = "program"\n[count]\nlane = "toys_lane"\n')
    said = reasons(read(signals))
    none = "no complete run of toys_lane on this class of machine is recorded with the column"
    assert said["speed", ""] == f"{none} wall_s"
    assert said["instructions", "one"] == f"{none} instructions"


LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "toys_lane"
description = "Toys against themselves."
workloads = ["programs"]
reference = "toy"
subject = "toy"
engines = ["toy"]
"""


def test_what_would_be_read(signals: Project) -> None:
    listed = signals.run("signals", "--list")
    assert listed.code == 0 and signals.log() == []
    assert listed.out.splitlines()[:2] == [
        "hellos: Of toys. (text times, lower is better)",
        "  of toy, 3 programs",
    ]
    assert "  of the project\n" in listed.out
    document = json.loads(signals.run("signals", "--list", "--program", "t*", "--json").out)
    assert_published("signals --list", document)
    assert document["signals"][0]["engines"] == [{"engine": "toy", "programs": 2}]
    assert "hellos" in signals.run("list", "signals").out


def test_what_there_is_not_is_said(signals: Project) -> None:
    for words, said in (
        (("--signal", "helos"), "there is no signal helos\n  did you mean hellos, loops?"),
        (("--lane", "toys"), "there is no lane toys\n"),
        (("--program", "for"), "no lane has a program for\n"),
        (("--engine", "toys"), "there is no toolchain toys\n  did you mean toy?"),
        (("--engine", "toy@wasm"), "toolchain toy has no target wasm\n"),
        (("--engine", "toy@rev:HEAD"), "--against HEAD reads them as they were, too"),
        (("--engine", "gcc"), "no signal of these is about gcc"),
        (("--fail-on-worse",), "--fail-on-worse needs --against REV"),
        (("--against", "nowhere"), "is in no git repository"),
    ):
        done = signals.run("signals", *words)
        assert (done.code, done.out) == (2, ""), words
        assert said in done.err, words
    assert not (signals.root / "bench").exists(), "none of them left a run"


def test_an_engine_that_is_not_there_is_skipped(signals: Project) -> None:
    toolchain = (signals.root / "manifests/toolchains/toy.toml").read_text()
    absent = toolchain.replace('name = "toy"', 'name = "absent"').replace("tools/toyc", "tools/no")
    signals.write("manifests/toolchains/absent.toml", absent)
    result = read(signals, "--engine", "toy", "absent")
    assert [one["engine"] for one in result["skipped"]] == ["absent"]
    assert numbers(result, "hellos")[""] == 3
    gone = signals.run("signals", "--engine", "absent")
    assert (gone.code, gone.out) == (3, "")


def test_programs_and_engines_that_there_were_not_then(signals: Project) -> None:
    workload = (signals.root / "manifests/workloads/programs.toml").read_text()
    without = workload.partition('\n[[programs]]\nname = "three"')[0]
    signals.write("manifests/workloads/programs.toml", without)
    commit(signals, ".", ":!programs/three.toy")
    signals.write("manifests/workloads/programs.toml", workload)
    result = read(signals, "--against", "HEAD", "--signal", "hellos")
    new = [one for one in result["against"]["changes"] if one["verdict"] == "new"]
    assert [(one["program"], one["reason"]) for one in new] == [
        ("three", "before: there was no such program at HEAD")
    ]


def test_engines_that_were_there_then_and_are_gone(signals: Project) -> None:
    """Each has rows of its own in the history."""
    toolchain = (signals.root / "manifests/toolchains/toy.toml").read_text()
    for name in ("gone", "lost"):
        own = toolchain.replace('name = "toy"', f'name = "{name}"')
        signals.write(f"manifests/toolchains/{name}.toml", own.replace("toyc", f"{name}c"))
        compiler = (signals.root / "tools/toyc").read_text()
        signals.write(f"tools/{name}c", compiler, executable=True)
    commit(signals, ".")
    for name in ("gone", "lost"):
        (signals.root / f"tools/{name}c").unlink()
    words = ("--engine", "toy", "gone", "lost", "--signal", "hellos", "--against", "HEAD")
    result = read(signals, *words)
    assert [one["engine"] for one in result["skipped"]] == ["gone", "lost"]
    shown = json.loads(signals.run("history", "show", "signals/latest", "--json").out)
    then = [f"{name}@rev:HEAD" for name in ("toy", "gone", "lost")]
    assert [one["engine"] for one in shown["engines"]] == ["toy", *then]
    found = {c["engine"]: c["median"] for c in shown["cells"] if c["program"] == ""}
    assert found == dict.fromkeys(("toy", *then), 3)


def test_the_manifests_are_those_of_now_and_the_files_those_of_then(signals: Project) -> None:
    """A signal that was declared after the commit is read of it."""
    commit(signals, ".", ":!manifests/signals")
    signals.write("programs/one.toy", "one\nline more\n")
    result = read(signals, "--against", "HEAD")
    assert numbers(result["against"], "lines") == {"": 2}
    assert numbers(result, "lines") == {"": 3}


def test_a_damaged_result_is_told(signals: Project, tmp_path: Path) -> None:
    result = read(signals)
    result["rows"][0]["signal"] = "another"
    result["rows"][1]["reason"] = "none"
    file = tmp_path / "edited.json"
    file.write_text(json.dumps(result))
    done = signals.run("compare", str(file), "signals/latest")
    assert done.code == 2
    assert "$.rows[0].signal: another is not in $.signals" in done.err
    assert "$.rows[1]: has neither a number nor a reason, or both" in done.err
